package stow

import (
	"context"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Options are what a [Provider] works on, and with.
type Options struct {
	FS *fsys.FS

	// Actor is the file by whose directory people find converge, whose packages
	// they are; "" is this program.
	Actor string

	// LockTimeout bounds the wait for another program that changes the same
	// packages; 0 means 10 minutes.
	LockTimeout time.Duration

	// Notice receives messages for a person about problems that do not stop the
	// work; nil: they are dropped.
	Notice func(msg string)
}

// Provider shows locally built software in its target, by symbolic links. It
// serves the kind "package" where provider is "stow2", and is safe for
// concurrent use.
type Provider struct {
	fs       *fsys.FS
	actor    string
	patience time.Duration
	notice   func(string)

	mu    sync.Mutex // of all below, and of what the yards hold
	yards map[place]*yard
	rules *mapping
}

// New returns a provider. It reads nothing yet.
func New(o Options) *Provider {
	p := &Provider{fs: o.FS, actor: o.Actor, patience: o.LockTimeout, notice: o.Notice, yards: map[place]*yard{}}
	if p.patience == 0 {
		p.patience = 10 * time.Minute
	}
	if p.notice == nil {
		p.notice = func(string) {}
	}
	return p
}

// Invalidate implements [resource.Invalidator].
func (p *Provider) Invalidate([]resource.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget()
}

func (p *Provider) forget() {
	for _, y := range p.yards {
		y.close()
	}
	p.yards, p.rules = map[place]*yard{}, nil
}

// Observe implements [resource.Provider]. It reads the links of the target and
// the names of the protocol, and no record of earlier work. For a package that is
// as wanted, or has another holder, it returns the wanted value itself.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, err := parseWish(want)
	if err != nil {
		return cty.NilVal, err
	}
	y, f, err := p.look(ctx, w)
	if err != nil {
		return cty.NilVal, err
	}
	return describe(y, w, f, want), nil
}

// look reads the state of a package, once for all questions about it.
func (p *Provider) look(ctx context.Context, w wish) (*yard, *finding, error) {
	y, err := p.yard(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	f, err := y.look(ctx, w)
	return y, f, err
}

// describe is a finding as a value.
func describe(y *yard, w wish, f *finding, want cty.Value) cty.Value {
	switch {
	case f.left != "" || f.right(w):
		if w.gone() {
			return resource.Absent
		}
		return want
	case f.state.Installed == "" && !f.state.Interrupted && (!w.gone() || f.plan.Empty()):
		return resource.Absent
	}
	have := resources.PackageWant{
		Name: w.name, Provider: resource.Some(resources.Stow2), Ensure: resource.Some(f.ensure()), Installed: f.installed(),
		Version: optText(f.installed()), StowDir: optText(resource.Text(y.at.stow)), Target: optText(resource.Text(y.at.target)),
	}
	if w.gone() {
		return resource.Encode(have)
	}
	have.Links = resource.Some(f.links())
	if have.Ensure.Value == "present" && (w.ensure != "latest" || f.goal == f.state.Installed) {
		have.Ensure.Value = w.ensure
	}
	if w.version != "" && w.allows(f.installed()) {
		have.Version = resource.Some(w.version)
	}
	return resource.Encode(have)
}

// optText is a text that is not set if it is empty.
func optText[T ~string](s T) resource.Opt[T] { return resource.Opt[T]{Value: s, Set: s != ""} }
