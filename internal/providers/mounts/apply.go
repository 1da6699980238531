package mounts

import (
	"context"
	"fmt"
	"slices"

	"converge/internal/edit"
	"converge/internal/resource"
)

// work is a change of a mount or of swap space, right before it is made.
type work interface {
	// free unmounts or disables everything that is removed or remade, and makes the file of swap space.
	free(ctx context.Context) error

	// lines returns the changes of the lines in fstab.
	lines() lineChange

	// found returns the lines as they are.
	found() []edit.FstabEntry

	// use mounts or uses the wanted, once the lines are written.
	use(ctx context.Context) error

	// takeBack undoes free, because the change has failed: it removes what free made, and mounts or uses again what
	// free unmounted or took out of use.
	takeBack(ctx context.Context) error

	// made returns the change with its result, if that is more than was wanted.
	made(ctx context.Context, c resource.Change) resource.Change
}

// lineChange is a change of lines in fstab; its zero value means none.
type lineChange struct {
	parts []edit.Part
	hunks []edit.Hunk // that a rollback takes back, byte by byte
	ends  bool        // the file was made for the lines, and is removed with the last of them

	// point is the mount point of the line, which identifies it for the check; "": it is not checked.
	point string
}

func (l lineChange) isNone() bool { return len(l.parts) == 0 && len(l.hunks) == 0 }

// task is the work of one change, and how it ended.
type task struct {
	work
	line lineChange
	err  error
}

// Apply implements [resource.Provider].
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]. It first unmounts and takes out of use what is to be removed, so that its
// line stays if that fails. Then it writes all lines at once, and last it makes or remounts the mounts and uses swap
// space; if that fails, it restores the line. What was freed for a failed change is mounted or used again, the last
// first: it may be on top of the one before.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	p.forget()
	defer p.forget()
	all := make([]*task, len(cs))
	for i, c := range cs {
		w, err := p.prepare(ctx, c)
		if all[i] = (&task{err: err}); err == nil {
			all[i].work, all[i].line = w, w.lines()
		}
	}
	each(all, func(t *task) error { return t.free(ctx) })
	written := p.writeLines(ctx, all)
	each(all, func(t *task) error { return t.use(ctx) })
	p.forgetMounts()
	each(all, func(t *task) error {
		if m, ok := t.work.(*mountChange); ok && m.mounts() {
			return m.checkMounted(context.WithoutCancel(ctx))
		}
		return nil
	})
	written.putBack(context.WithoutCancel(ctx))
	for _, t := range slices.Backward(all) {
		if t.err != nil && t.work != nil {
			t.err = alsoFailed(t.err, t.takeBack(context.WithoutCancel(ctx)))
		}
	}
	p.forget()
	out := resource.Outcome{Errs: make([]error, len(cs)), Made: make([]resource.Change, len(cs))}
	for i, t := range all {
		if out.Errs[i] = t.err; t.err == nil {
			out.Made[i] = t.made(context.WithoutCancel(ctx), cs[i])
		}
	}
	return out
}

// alsoFailed adds the error of taking back to an error.
func alsoFailed(err, back error) error {
	if back == nil {
		return err
	}
	return fmt.Errorf("%w; %w", err, back)
}

// each does something with every task that has not failed.
func each(all []*task, do func(t *task) error) {
	for _, t := range all {
		if t.err == nil {
			t.err = do(t)
		}
	}
}

// prepare observes the subject of a change right before it is made.
func (p *Provider) prepare(ctx context.Context, c resource.Change) (work, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if isSwap(c.Want) {
		return p.prepareSwap(ctx, c)
	}
	return p.prepareMount(ctx, c)
}
