// Package initd starts, stops, enables and masks services that scripts in /etc/init.d control: those of OpenRC and of
// sysvinit.
//
// Start with [New]. script.go reads a script, condition.go determines whether its service runs, operate.go performs a
// verb. The init system defines "enabled": sysv.go has the links in /etc/rc?.d, openrc.go those in /etc/runlevels.
// Both are read and written as files, so a tree in which nothing runs is served in the same way. A rollback
// restores single links (record.go, exact.go).
//
// A right service costs no process if files can be believed (openrcstate.go), and one run of its script's status
// otherwise. A question that a script cannot answer is an error, never a guess.
//
// It does not write scripts; those are files. Package service handles units of systemd.
package initd

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// System is an init system.
type System string

// The init systems that start services by scripts in /etc/init.d.
const (
	OpenRC System = "openrc"
	SysV   System = "sysv"
)

// Options select the machine.
type Options struct {
	FS     *fsys.FS
	System System

	// Runs means that the init system runs the machine. Otherwise nothing is started or stopped, and whether a service
	// runs is not observed.
	Runs bool
}

// Provider provides services. It implements Provider, Actor, Reviewer, Recorder and
// Transactor of package resource, and finishes the runs of the engine.
type Provider struct {
	resource.AsAsked
	fs      *fsys.FS
	system  System
	runs    bool
	levels  levels
	looker  looker
	starts  startLog
	endings endings
}

// levels are the services that an init system starts at boot.
type levels interface {
	// isEnabled reports whether a service is started at boot. If only a part of its
	// links is there, the answer is the opposite of want.
	isEnabled(s script, want bool) (bool, error)

	enable(ctx context.Context, s script) error
	disable(ctx context.Context, s script) error

	// foresee returns the links of a service in the runlevels before and after one of these. told is false if only the
	// init system's own tool knows which links it will make.
	foresee(s script, on bool) (before, after bootLinks, told bool, err error)
}

// New returns a provider that reads nothing before its first use.
func New(o Options) *Provider {
	p := &Provider{fs: o.FS, system: o.System, runs: o.Runs, looker: looker{fs: o.FS, runner: runner{fs: o.FS}, pids: pidFiles{o.FS}}}
	links := rcLinks{fs: o.FS}
	switch o.System {
	case OpenRC:
		p.levels = &runlevels{fs: o.FS, links: links}
	case SysV:
		p.levels = &sysvLevels{links: links, tool: updateRcd{fs: o.FS, here: o.Runs}}
	}
	return p
}

// Observe implements [resource.Provider].
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	w, s, err := p.prepare(want)
	if err != nil {
		return cty.NilVal, err
	}
	return p.observe(ctx, w, s)
}

// Apply implements [resource.Provider].
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]. Scripts run one after the other, in
// order: none of them expects to run beside another.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	errs := make([]error, len(cs))
	for i, c := range cs {
		if errs[i] = ctx.Err(); errs[i] == nil {
			errs[i] = p.applyOne(ctx, c.Want)
		}
	}
	return resource.Outcome{Errs: errs}
}

// prepare decodes a service and reads its script.
func (p *Provider) prepare(want cty.Value) (wanted, script, error) {
	w, err := decodeWanted(want, p.system)
	if err != nil {
		return wanted{}, script{}, err
	}
	s, err := readScript(p.fs, w.name)
	return w, s, err
}

// Close does nothing: nothing is kept open.
func (p *Provider) Close() {}
