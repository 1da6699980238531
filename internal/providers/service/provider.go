package service

import (
	"context"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Options select the machine.
type Options struct {
	Root string // "" or "/": this machine
}

// Provider provides services. It implements Provider, Actor, Reviewer, Transactor
// and Invalidator of package resource, and finishes the runs of the engine.
type Provider struct {
	resource.AsAsked
	root     string
	followed followed
	expected map[string]bool // units that an earlier run queued

	mu   sync.Mutex
	used backend // nil until first needed
}

// backend is one way of looking at units and of changing them.
type backend interface {
	observe(ctx context.Context, w wanted) (cty.Value, error)
	apply(ctx context.Context, ws []wanted) []error // one error per element
	act(ctx context.Context, w wanted, verb string) error
	satisfied(ctx context.Context, w wanted, verb string, since resource.Instant) (bool, error)
	notes(ctx context.Context, w wanted, c resource.Change) []string
}

// New returns a provider that touches nothing before it is asked something.
func New(o Options) *Provider {
	if o.Root == "" {
		o.Root = "/"
	}
	return &Provider{root: o.Root, followed: followed{since: time.Now()}}
}

func (p *Provider) backend() (backend, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used != nil {
		return p.used, nil
	}
	t, err := openTree(p.root)
	if err != nil {
		return nil, err
	}
	if p.root == "/" && booted() {
		p.used = &systemd{followed: &p.followed, disk: t, expected: p.expected}
	} else {
		p.used = t
	}
	return p.used, nil
}

// Finish has systemd read what the run has changed and systemd has not read. It
// returns the jobs that this run has left in systemd's queue.
func (p *Provider) Finish(ctx context.Context) ([]resource.Queued, error) {
	err := p.catchUpAtEnd(ctx)
	return p.queued(), err
}

func (p *Provider) catchUpAtEnd(ctx context.Context) error {
	if p.root != "/" || !p.followed.changed() || !booted() {
		return nil
	}
	b, err := p.backend()
	if err != nil {
		return err
	}
	if s, ok := b.(*systemd); ok {
		return s.finish(ctx)
	}
	return nil
}

// Observe implements resource.Provider.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	w, err := read(want)
	if err != nil {
		return cty.NilVal, err
	}
	b, err := p.backend()
	if err != nil {
		return cty.NilVal, err
	}
	return b.observe(ctx, w)
}

// Apply implements resource.Provider.
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]: all unit files are enabled, masked
// and so on, then comes at most one daemon-reload, then all jobs run side by
// side.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	errs := make([]error, len(cs))
	b, err := p.backend()
	var ws []wanted
	var of []int // index of the change that ws[k] is from
	for i, c := range cs {
		w, werr := read(c.Want)
		switch {
		case err != nil:
			errs[i] = err
		case werr != nil:
			errs[i] = werr
		default:
			ws, of = append(ws, w), append(of, i)
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
	w, err := read(want)
	if err != nil {
		return err
	}
	b, err := p.backend()
	if err != nil {
		return err
	}
	return b.act(ctx, w, verb)
}

// Satisfied implements [resource.Actor].
func (p *Provider) Satisfied(ctx context.Context, want cty.Value, verb string, since resource.Instant) (bool, error) {
	w, err := read(want)
	if err != nil {
		return false, err
	}
	b, err := p.backend()
	if err != nil {
		return false, err
	}
	return b.satisfied(ctx, w, verb, since)
}

// Close ends the connections, if there are any, and is the end of the run: the
// unit that contains this run now gets its pending action. The provider can be
// used again.
func (p *Provider) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.used.(*systemd); ok {
		s.endOwn(context.Background())
		s.close()
	}
	p.used = nil
}
