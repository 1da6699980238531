package mounts

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// work is one change, and how it ended.
type work struct {
	resource.TypedChange[resources.MountWant]
	view *view
	err  error
}

// isGoing reports whether the line and the mount are to be removed.
func (w *work) isGoing() bool { return w.Action == resource.Delete }

// changesLine reports whether the line is changed.
func (w *work) changesLine() bool { return w.isGoing() && w.view.entry != nil || w.Differs("saved") }

// changesLive reports whether the live mount is changed.
func (w *work) changesLive() bool {
	return w.view.table != nil && (w.isGoing() && w.view.live != nil || w.Differs("live"))
}

// Apply implements [resource.Provider].
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]. A mount to remove is unmounted first, so that
// its line stays if it is in use. Then all lines are written at once, and last the mounts are
// made or remounted; where that fails, the line is put back.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	p.forget()
	defer p.forget()
	all := make([]*work, len(cs))
	for i, c := range cs {
		all[i] = p.prepare(ctx, c)
	}
	for _, w := range all {
		if w.err == nil && w.changesLive() && (w.isGoing() || w.Want.Live.Value == "") {
			w.err = p.unmountAll(ctx, w)
		}
	}
	lines := p.writeLines(ctx, all)
	for _, w := range all {
		if w.err == nil && w.changesLive() && !w.isGoing() && w.Want.Live.Value != "" {
			w.err = p.mount(ctx, w)
		}
	}
	p.putBack(context.WithoutCancel(ctx), lines, all)
	p.forget()
	out := resource.Outcome{Errs: make([]error, len(cs)), Made: make([]resource.Change, len(cs))}
	for i, w := range all {
		if out.Errs[i] = w.err; w.err == nil {
			out.Made[i] = p.made(context.WithoutCancel(ctx), cs[i], w)
		}
	}
	return out
}

// prepare observes a mount point right before it is changed.
func (p *Provider) prepare(ctx context.Context, c resource.Change) *work {
	w := &work{}
	if w.TypedChange, w.err = resource.TypeChange[resources.MountWant](c); w.err != nil {
		return w
	}
	if w.view, w.err = p.look(ctx, w.Want); w.err == nil {
		w.err = ctx.Err()
	}
	return w
}

// made returns a change with what the kernel made of it, which a later run compares
// with what it finds.
func (p *Provider) made(ctx context.Context, c resource.Change, w *work) resource.Change {
	if w.isGoing() || w.Want.Live.Value == "" || w.view.table == nil {
		return resource.Change{}
	}
	v, err := p.look(ctx, w.Want)
	if err != nil || v.live == nil {
		return resource.Change{} // observing will say so
	}
	text := v.table.state(v.live).String()
	p.mu.Lock()
	p.kept[v.point] = text
	p.mu.Unlock()
	c.Want = resource.With(c.Want, "live", cty.StringVal(resource.EncodeText(text)))
	return c
}

// mount makes a missing mount, and changes an existing one.
func (p *Provider) mount(ctx context.Context, w *work) error {
	v := w.view
	if v.live == nil {
		return p.mountAnew(ctx, w)
	}
	same, err := p.devices().isSameThing(v.table, v.live, v.wantedState())
	if err != nil {
		return err
	}
	if same {
		if err = p.remount(ctx, w); err == nil || w.Want.Remount.Value != "replace" {
			return err
		}
	} else if w.Want.Remount.Value != "replace" {
		return errOther(v)
	}
	old := oldState(v)
	if err := p.unmountAll(ctx, w); err != nil {
		return err
	}
	if err = p.mountAnew(ctx, w); err == nil {
		return nil
	}
	if back := mountState(context.WithoutCancel(ctx), p.run, v.point, old); back != nil {
		return fmt.Errorf("%w; nothing is mounted there now, because what was cannot be mounted again: %w", err, back)
	}
	return fmt.Errorf("%w; what was mounted there is mounted again", err)
}

// oldState is the live mount at a point, as it can be mounted again.
func oldState(v *view) resources.MountState {
	s := v.table.state(v.live)
	if v.isRecursive() && v.table.bound(v.live) != "" {
		s.Options = "r" + s.Options // which begins with bind
	}
	return s
}

// errOther is why a mount point is left alone on which something else is mounted.
func errOther(v *view) error {
	now := v.table.state(v.live)
	return fmt.Errorf("cannot mount %s at %q: %s (%s) is mounted there; with remount = \"replace\" it is unmounted first", v.wantedState().Device, v.point, now.Device, now.Type)
}
