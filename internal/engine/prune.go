package engine

import (
	"context"
	"strings"

	"converge/internal/event"
)

// failLeft files the orphans as failed that were to go and could not: what the manifest does not
// declare is still there. That comes after the others have gone.
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

// prune removes the orphans, unless something in this run did not come right:
// the new place of what was renamed may be what has failed.
func (r *applyRun) prune(ctx context.Context) {
	for k := range r.orphans {
		switch s := &r.orphans[k]; {
		case s.Forget && !s.letGo:
			r.result.Forgotten = append(r.result.Forgotten, s.Key)
			r.emitOf(thingAddr(s.Orphan), event.Event{Type: event.Forgotten, Message: s.Key, Causes: s.goes})
		case s.release && s.heir > 0 && r.steps[s.heir-1].state != changed: // it may be as it was
		case s.release:
			r.result.Released = append(r.result.Released, s.Key)
			r.reportReleased(s)
		case s.letGo:
			r.result.LetGo = append(r.result.LetGo, s.Key)
		case s.failure != "": // see failLeft
		case r.o.Prune && (strings.HasPrefix(s.note, leftAlone) || s.By != "" && s.note == noteUndoes(&s.Orphan)):
			r.warn(thingAddr(s.Orphan).String() + ": " + s.note) // the plan of an apply is not shown
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

// releaseRemoved releases what is there no more, be it pruned or gone along with a directory.
func releaseRemoved(r *applyRun) {
	for k := range r.orphans {
		if s := &r.orphans[k]; s.node >= 0 && (r.steps[s.node].state == changed || r.steps[s.node].state == untouched) {
			r.result.Released = append(r.result.Released, s.Key) // who else removed it, the ledger does not know
		}
	}
}

// restBeforePrune has what was changed come to rest before anything is removed:
// what does not last, or is contradicted, has failed, and then nothing is.
func (r *applyRun) restBeforePrune(ctx context.Context) {
	if len(r.postponed) == 0 || r.effects == 0 || r.interrupted(ctx) || !r.isAllRight() {
		return
	}
	r.comeToRest(ctx)
	r.second = false
}

// skipPostponed skips what is declared and comes after something that is not
// removed. Checks are asked all the same, about what the run has changed.
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
