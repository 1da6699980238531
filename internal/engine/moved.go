package engine

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/graph"
	"converge/internal/resource"
)

// moves reports whether a change alters what Observe sees of later resources.
func moves(res *resource.Resource, c resource.Change) bool {
	if res.Kind.Moves != nil {
		return !c.Empty() && res.Kind.Moves(c)
	}
	return !c.Empty() && res.Kind.Opaque
}

// asks reports whether Observe of a resource may answer differently after any
// earlier change.
func asks(res *resource.Resource) bool { return res.Kind.Asks != nil && res.Kind.Asks(res.Want) }

// moved reports whether an earlier change of this run requires a resource to be
// observed again at its turn. It also notes whether that change replaced the
// thing to observe (a turned link) rather than altered it.
func (r *run) moved(i int) bool {
	s, res := &r.steps[i], r.Resources[i]
	if r.effects == 0 || s.moved {
		return s.moved
	}
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		before := &r.steps[e.From]
		switch {
		case before.moved:
			s.moved, s.turned = true, s.turned || before.turned
		case before.state == changed || before.state == failed || before.state == tolerated:
			mover := r.Resources[e.From]
			moves := moves(mover, before.plan)
			s.moved = s.moved || asks(res) || moves
			s.turned = s.turned || moves && mover.Kind.Moves != nil
		}
		return !s.turned
	})
	return s.moved
}

// mended reports whether a foreseen failure is unlikely by now, because a step
// of this run removed its cause although no edge leads to it.
func (r *run) mended(ctx context.Context, i int) bool {
	s := &r.steps[i]
	if r.effects == 0 {
		return false
	}
	s.err = r.reviewStep(ctx, i, s.plan).Blocked
	return s.err == nil
}

// refresh has a resource want what its source holds by now: a command of the
// run may have rewritten it, and an immediate plan would read it.
func (r *run) refresh(i int) error {
	res := r.Resources[i]
	want, differs, err := resource.Refresh(res.Want)
	if err == nil && differs && r.Expect != nil {
		err = errors.New("its source was changed since the plan was made")
	}
	if err == nil && want != cty.NilVal {
		fresh := *res
		fresh.Want = want
		r.Resources[i] = &fresh
	}
	return err
}
