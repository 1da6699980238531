package engine

import (
	"context"
	"errors"
	"slices"
	"syscall"

	"converge/internal/graph"
)

// prune removes the orphans, unless something in this run did not come right:
// the new place of what was renamed may be what has failed.
func (r *run) prune(ctx context.Context) {
	for k := range r.orphans {
		switch s := &r.orphans[k]; {
		case s.release:
			r.result.Released = append(r.result.Released, s.Key)
			r.tellReleased(s)
		case s.letGo:
			r.result.LetGo = append(r.result.LetGo, s.Key)
		}
	}
	if len(r.postponed) == 0 {
		return
	}
	if r.interrupted(ctx) || !r.cameOut() {
		r.warn("nothing is removed of what is no longer declared, because not everything in this run came right")
		r.skipPostponed(ctx)
		return
	}
	for _, i := range r.postponed {
		if s := &r.steps[i]; s.state == postponed {
			s.state = waiting
			if i >= r.declared {
				s.plan.Notes = append(s.plan.Notes, "no longer declared")
			}
		}
	}
	r.walk(ctx)
	for k := range r.orphans {
		if s := &r.orphans[k]; s.node >= 0 && (r.steps[s.node].state == changed || r.steps[s.node].state == untouched) {
			r.result.Released = append(r.result.Released, s.Key) // who else removed it, the ledger does not know
		}
	}
}

// restBeforePrune has what was changed come to rest before anything is removed:
// what does not last, or is contradicted, has failed, and then nothing is.
func (r *run) restBeforePrune(ctx context.Context) {
	if len(r.postponed) == 0 || r.effects == 0 || r.interrupted(ctx) || !r.cameOut() {
		return
	}
	r.comeToRest(ctx)
	r.second = false
}

// skipPostponed skips what is declared and comes after something that is not
// removed.
func (r *run) skipPostponed(ctx context.Context) {
	for _, i := range r.postponed {
		if i >= r.declared || r.steps[i].state != postponed || r.interrupted(ctx) {
			continue
		}
		r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
			if before := r.steps[e.From].state; before == postponed || before == skipped {
				r.skip(i, e.From)
			}
			return r.steps[i].state != skipped
		})
	}
}

// postponeIfFailing has a plan in which something is known to fail remove
// nothing: a run would not either.
func (r *run) postponeIfFailing() {
	failing := slices.ContainsFunc(r.steps[:r.declared], func(s step) bool { return !s.state.idle() && s.err != nil })
	for _, i := range r.postponed {
		if s := &r.steps[i]; failing && s.state == waiting && i >= r.declared {
			s.state = postponed
			r.blame[i] = i
		}
	}
}

// tellReleased reports a thing that stays although its removal was planned.
func (r *run) tellReleased(s *orphanStep) {
	if s.note != "" && r.Prune {
		r.warn(thingAddr(s.Orphan).String() + ": " + s.note)
	}
}

// cameOut reports whether everything so far is as it is to be.
func (r *run) cameOut() bool {
	if r.counts.Failed+r.counts.Skipped+r.counts.Tolerated+len(r.held) > 0 {
		return false
	}
	return !slices.ContainsFunc(r.order, func(i int) bool { return r.steps[i].state == waiting })
}

// editedSince releases an orphan that was edited after the plan was made, right
// before its removal.
func (r *run) editedSince(ctx context.Context, t task) bool {
	s := r.orphanAt[t.i]
	if s == nil || s.Digest == "" || t.now.Empty() || !r.wasEdited(ctx, s.res, s.Digest) {
		return false
	}
	r.releaseLate(s, "changed since converge wrote it: released")
	return true
}

// stayedFull reports whether a removal failed because an entry appeared in the
// directory meanwhile. It releases the directory then.
func (r *run) stayedFull(i int, err error) bool {
	s := r.orphanAt[i]
	if s == nil || !errors.Is(err, syscall.ENOTEMPTY) {
		return false
	}
	r.releaseLate(s, "no longer declared; kept and released, for it is not empty")
	return true
}

func (r *run) releaseLate(s *orphanStep, note string) {
	s.release, s.note = true, note
	r.result.Released = append(r.result.Released, s.Key)
	r.steps[s.node].state = off
	r.tellReleased(s)
}
