// Package service starts, stops, enables and masks units of the init system.
//
// Start with [New]. A backend observes and acts: systemd over D-Bus on a machine that systemd runs (systemd.go), or the
// unit files of a tree in which nothing runs (tree.go), as in an image build. Package initd manages services of OpenRC
// and of sysvinit.
//
// How the systemd backend stays fast and honest:
//
//   - One connection, opened by the first query; one listing of units serves a whole round of observations. Files are
//     read unit by unit, because systemd takes 0.6 s to list them all and under 1 ms for one.
//   - Pure functions decide, from systemd's answers alone (judge, chooseOperation, isOvertaken), and tables test them.
//   - Every wait for a job has a limit, and no wait is for a job that itself waits for the unit of this process, such
//     as cloud-init's last stage. That is checked repeatedly (startup.go, blocked.go).
//   - A start counts if the main process still exists a moment later; it is judged again at the end of the run
//     (judgestart.go).
//   - The backend follows changes of other providers (follow.go), so that systemd has read them before it matters
//     (reload.go, scan.go, generators.go).
//
// It does not write unit files: package units does.
package service

import (
	"context"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Options configure [New].
type Options struct {
	Root string // "" or "/": this machine

	// Holds reports whether a site declares a path, or has made it: it is not for enabling and disabling to remove.
	// nil: no site does.
	Holds func(path string) bool

	// Notice is called with notices for people; nil: they are dropped.
	Notice func(string)
}

// Provider manages services. It implements Provider, Actor, Reviewer, Transactor and Invalidator of package resource,
// and finishes the runs of the engine.
type Provider struct {
	resource.AsAsked
	machine *machine
}

// New returns a provider that reads nothing before its first use.
func New(o Options) *Provider {
	if o.Root == "" {
		o.Root = "/"
	}
	return &Provider{machine: &machine{root: o.Root, holds: o.Holds, notice: o.Notice, followed: followed{since: time.Now()}}}
}

// Observe implements resource.Provider.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	w, b, err := p.machine.prepare(want)
	if err != nil {
		return cty.NilVal, err
	}
	return b.observe(ctx, w)
}

// Apply implements resource.Provider.
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]: it enables, masks and so on all unit files, then does at most one
// daemon-reload, then runs all jobs together.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	errs := make([]error, len(cs))
	var b backend
	var ws []wanted
	var of []int // index of the change of ws[k]
	for i, c := range cs {
		w, opened, err := p.machine.prepare(c.Want)
		if errs[i] = err; err == nil {
			b, ws, of = opened, append(ws, w), append(of, i)
		}
	}
	if len(ws) > 0 {
		for k, err := range b.apply(ctx, ws) {
			errs[of[k]] = err
		}
	}
	return resource.Outcome{Errs: errs}
}

// Act implements resource.Actor.
func (p *Provider) Act(ctx context.Context, want cty.Value, verb string) error {
	w, b, err := p.machine.prepare(want)
	if err != nil {
		return err
	}
	return b.act(ctx, w, verb)
}

// Satisfied implements [resource.Actor].
func (p *Provider) Satisfied(ctx context.Context, want cty.Value, verb string, since resource.Instant) (bool, error) {
	w, b, err := p.machine.prepare(want)
	if err != nil {
		return false, err
	}
	return b.satisfied(ctx, w, verb, since)
}

// Close ends the connections, if there are any, and the run: the unit that contains this run now gets its pending
// action. The provider can be used again.
func (p *Provider) Close() { p.machine.close() }
