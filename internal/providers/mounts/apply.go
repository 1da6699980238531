package mounts

import (
	"context"
	"fmt"
	"slices"

	"converge/internal/edit"
	"converge/internal/resource"
)

// work is a change of a mount or of swap space, as it is right before it is made.
type work interface {
	// free unmounts or takes out of use what is to go or to be made anew, and makes the file
	// of swap space.
	free(ctx context.Context) error

	// lines returns what becomes of the lines in fstab.
	lines() lineChange

	// found returns the lines as they are.
	found() []edit.FstabEntry

	// use mounts or uses what is wanted, now that the lines are written.
	use(ctx context.Context) error

	// takeBack takes back what free did, because the change has failed: what it made goes, and
	// what it unmounted or took out of use is mounted or used again.
	takeBack(ctx context.Context) error

	// made returns the change with what came of it, where that is more than was wanted.
	made(ctx context.Context, c resource.Change) resource.Change
}

// lineChange is a change of lines in fstab; its zero value is none.
type lineChange struct {
	parts []edit.Part
	hunks []edit.Hunk // that a rollback takes back, byte by byte
	ends  bool        // the file was made for the lines, and goes with the last of them

	// point is where the line mounts something, by which its check knows it; "": it is not
	// checked.
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

// ApplyAll implements [resource.Transactor]. What is to go is unmounted and taken out of use
// first, so that its line stays if that fails. Then all lines are written at once, and last
// the mounts are made or remounted and swap space is used; where that fails, the line is put
// back. What was freed for a change that fails is mounted or used again, the last first: it
// may be on the one before.
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

// alsoFailed adds to an error what came of taking back.
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

// prepare observes what a change is about right before it is made.
func (p *Provider) prepare(ctx context.Context, c resource.Change) (work, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if isSwap(c.Want) {
		return p.prepareSwap(ctx, c)
	}
	return p.prepareMount(ctx, c)
}
