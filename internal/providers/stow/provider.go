package stow

import (
	"context"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/stow/control"
	"converge/resources"
)

// Options configure a [Provider].
type Options struct {
	FS *fsys.FS

	// Actor is the program file that identifies converge as the holder of packages; people find converge by its
	// directory. "" is this program.
	Actor string

	// LockTimeout bounds the wait for another program that changes the same packages; 0 means 10 minutes.
	LockTimeout time.Duration

	// Notice receives messages for people about problems that do not stop the work; nil drops them.
	Notice func(msg string)
}

// Provider shows locally built software in its target, by symbolic links. It serves the kind "package" with the
// provider "stow2", and is safe for concurrent use.
type Provider struct {
	fs       *fsys.FS
	actor    string
	patience time.Duration
	notice   func(string)

	mu    sync.Mutex // guards everything below, and the contents of the views
	views map[location]*farmView
	rules control.Mapping // nil: not read yet
}

// New returns a provider. It reads nothing yet.
func New(o Options) *Provider {
	p := &Provider{fs: o.FS, actor: o.Actor, patience: o.LockTimeout, notice: o.Notice, views: map[location]*farmView{}}
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
	p.closeViews()
}

func (p *Provider) closeViews() {
	for _, view := range p.views {
		view.close()
	}
	p.views, p.rules = map[location]*farmView{}, nil
}

// Observe implements [resource.Provider]. It reads the links of the target and the names of the protocol, and no record
// of earlier work. For a package that is converged, or has another holder, it returns the wanted value itself.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	req, view, now, err := p.readStatus(ctx, want)
	if err != nil {
		return cty.NilVal, err
	}
	return describeStatus(view, req, now, want), nil
}

// readStatus reads the state of a wanted package, once for all queries about it.
func (p *Provider) readStatus(ctx context.Context, want cty.Value) (req request, view *farmView, now *status, err error) {
	if req, err = parseRequest(want); err == nil {
		view, err = p.openView(ctx, req)
	}
	if err == nil {
		now, err = view.readStatus(ctx, req)
	}
	return req, view, now, err
}

// describeStatus encodes a status as a value.
func describeStatus(view *farmView, req request, now *status, want cty.Value) cty.Value {
	switch {
	case now.left != "" || now.isReached(req):
		if req.isGone() {
			return resource.Absent
		}
		return want
	case now.state.Installed == "" && !now.state.Interrupted && (!req.isGone() || now.plan.Empty()):
		return resource.Absent
	}
	have := resources.PackageWant{
		Name: req.name, Provider: resource.Some(resources.Stow2), Ensure: resource.Some(now.describeState()), Installed: now.installedVersion(),
		Version: resource.NonEmpty(now.installedVersion()),
		StowDir: resource.NonEmpty(resource.Text(view.at.stow)), Target: resource.NonEmpty(resource.Text(view.at.target)),
	}
	if req.isGone() {
		return resource.Encode(have)
	}
	have.Links = resource.Some(now.describeLinks())
	if have.Ensure.Value == "present" && (req.ensure != "latest" || now.goal == now.state.Installed) {
		have.Ensure.Value = req.ensure
	}
	if req.version != "" && req.isAllowed(now.installedVersion()) {
		have.Version = resource.Some(req.version)
	}
	return resource.Encode(have)
}
