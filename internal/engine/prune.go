package engine

import (
	"context"
	"strings"

	"converge/internal/event"
)

// failLeft records as failed the orphans that should have been removed and could not be: something undeclared still
// exists. It runs after the other orphans were removed.
func (r *applyRun) failLeft(ctx context.Context) {
	for k := range r.orphans {
		s := &r.orphans[k]
		if s.failure == "" || !r.o.Prune || r.interrupted(ctx) {
			continue
		}
		r.counts.Failed++
		r.emitOf(thingAddr(s.Orphan), event.Event{Type: event.Failed, Action: s.action(), Error: leftAlone + ": " + s.failure})
	}
}

// prune removes the orphans, unless something in this run failed: it may be the new place of a renamed thing that
// failed.
func (r *applyRun) prune(ctx context.Context) {
	for k := range r.orphans {
		switch s := &r.orphans[k]; {
		case s.Forget && !s.letGo:
			r.result.Forgotten = append(r.result.Forgotten, s.Key)
			r.emitOf(thingAddr(s.Orphan), event.Event{Type: event.Forgotten, Message: s.Key, Causes: s.goes})
		case s.release && s.heir > 0 && r.steps[s.heir-1].state != changed: // the orphan may be as it was
		case s.release:
			r.result.Released = append(r.result.Released, s.Key)
			r.reportReleased(s)
		case s.letGo:
			r.result.LetGo = append(r.result.LetGo, s.Key)
		case s.failure != "": // see failLeft
		case r.o.Prune && (strings.HasPrefix(s.note, leftAlone) || s.By != "" && s.note == noteUndoes(&s.Orphan)):
			r.warn(thingAddr(s.Orphan).String() + ": " + s.note) // an apply does not show its plan
		}
	}
	if r.unreviewed != nil {
		r.result.LetGo = append(r.result.LetGo, r.unreviewed.Shared...)
	}
	defer releaseRemoved(r)
	if len(r.postponed) == 0 {
		return
	}
	if r.interrupted(ctx) || !r.isAllRight() {
		r.warn("nothing is removed of what is no longer declared, because not everything in this run came right")
		r.skipPostponed(ctx)
		return
	}
	for _, i := range r.postponed {
		if s := &r.steps[i]; s.state == postponed {
			s.state = waiting
			if i >= r.declared {
				s.note("no longer declared")
				if o := r.orphanAt[i]; o != nil && o.spared != "" {
					s.note(o.spared)
				}
			}
		}
	}
	r.walk(ctx)
}

// releaseRemoved releases orphans that no longer exist, whether pruned or removed with a directory.
func releaseRemoved(r *applyRun) {
	for k := range r.orphans {
		if s := &r.orphans[k]; s.node >= 0 && (r.steps[s.node].state == changed || r.steps[s.node].state == untouched) {
			r.result.Released = append(r.result.Released, s.Key) // the ledger does not know if something else removed it, too
		}
	}
}

// restBeforePrune proves the changes before anything is removed: if something does not last, or is contradicted,
// nothing is removed.
func (r *applyRun) restBeforePrune(ctx context.Context) {
	if len(r.postponed) == 0 || r.effects == 0 || r.interrupted(ctx) || !r.isAllRight() {
		return
	}
	r.comeToRest(ctx)
	r.second = false
}

// skipPostponed skips declared resources that come after something that was not removed. Checks are asked even so,
// about what the run has changed.
func (r *applyRun) skipPostponed(ctx context.Context) {
	for _, i := range r.order {
		s := &r.steps[i]
		if i >= r.declared || s.state != postponed || r.interrupted(ctx) {
			continue
		}
		s.state = waiting
		for e := range r.Graph.Before(i) {
			if before := r.steps[e.From].state; !r.isProbe(i) && (before == postponed || before == skipped) {
				r.skip(i, e.From)
				break
			}
		}
	}
	r.walk(ctx)
}
