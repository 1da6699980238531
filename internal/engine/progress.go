package engine

import (
	"context"
	"errors"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/resource"
)

// progress is how far an Apply has come: the states of its steps, their effects on the machine, and whether the run
// continues.
type progress struct {
	*plan
	*reporter
	result Result

	// generation counts the opaque changes made so far. What was observed in an earlier generation may have been
	// altered since.
	generation int
	effects    int                           // made so far, including failed ones
	rootCause  map[int]int                   // skipped or failed step → the failed step at the root of it
	stop       error                         // set: why nothing more is started
	unrecorded error                         // set: the error of the journal
	readers    map[resource.Invalidator]bool // made at first use
	blind      bool                          // the declared paths could not be resolved again before the last observation of everything
}

// isReady reports whether a target no longer needs a step of its own and all its dependencies have had their turn. It
// does not wait for further resources that will notify it: it is notified again then. An edge that only orders delays
// a notification just as it delays the step: only until that step has had its turn, and not for postponed resources.
func (r *progress) isReady(t int) bool {
	s := &r.steps[t]
	hasTurn := s.state == waiting || s.state == postponed
	if hasTurn && (!s.needsNothing() || s.err != nil) {
		return false
	}
	for e := range r.Graph.Before(t) {
		before, guess := r.steps[e.From].state, e.Reason.Guess
		switch {
		case e.Reason.Notice, guess && !hasTurn:
		case before == waiting, before == postponed && !guess:
			return false
		}
	}
	return true
}

// errTakenBack ends a run that is to be taken back.
var errTakenBack = errors.New(`a resource with on_failure = "rollback" has failed`)

// errStopped ends a run early because a resource asked for that.
var errStopped = errors.New(`a resource with on_failure = "stop" has failed`)

// skipIfDependencyFailed skips a resource if a prerequisite failed.
func (r *progress) skipIfDependencyFailed(i int) bool {
	cause, behind := r.failedBefore(i)
	if behind {
		r.skip(i, cause)
	}
	return behind
}

// failedBefore returns the root cause if a prerequisite of a resource failed.
func (r *progress) failedBefore(i int) (cause int, behind bool) {
	from, behind := lostBefore(r.plan, i, func(from int) bool { return r.steps[from].state == failed || r.steps[from].state == skipped })
	if root, ok := r.rootCause[from]; ok && behind {
		return root, true
	}
	return from, behind
}

// skip skips a resource because of a failed one.
func (r *progress) skip(i, cause int) {
	if root, ok := r.rootCause[cause]; ok {
		cause = root
	}
	r.rootCause[i] = cause
	r.steps[i].state = skipped
	r.counts.Skipped++
	r.emit(r.Resources[i], event.Event{Type: event.Skipped, Causes: []string{r.Resources[cause].Addr.String()}})
}

// changesAfter lists the changes that are still to be made after a batch, in order, and the commands that run right
// before or after a change. It omits those that are known not to be made.
func (r *progress) changesAfter(batch []task) (later []resource.Change) {
	of, lost := make(map[int]bool, len(batch)), map[int]bool{}
	for _, t := range batch {
		of[t.i] = true
		later = append(later, r.actionsAround(t.i)...)
	}
	for _, i := range r.order {
		s := &r.steps[i]
		_, behind := lostBefore(r.plan, i, func(from int) bool {
			return lost[from] || r.steps[from].state == failed || r.steps[from].state == skipped
		})
		if lost[i] = behind || s.err != nil; !lost[i] && !of[i] && s.state == waiting && !s.needsNothing() {
			later = append(append(later, s.plan()), r.actionsAround(i)...)
		}
	}
	return later
}

// actionsAround lists the commands that a change of resource i runs right before or after it: their effects are not
// known.
func (r *progress) actionsAround(i int) (cs []resource.Change) {
	for _, n := range r.Resources[i].Notifies {
		if n.When != resource.Before && n.When != resource.Immediately {
			continue
		}
		if target := r.Resources[r.at.of(n.Target)]; target.Kind.Opaque && takesActions(target) {
			cs = append(cs, changeOf(target, resource.Run))
		}
	}
	return cs
}

// noteTolerated is the note of a failure that does not count.
const noteTolerated = `the run goes on as if it had worked (on_failure = "continue")`

// fail records the error of a resource, and decides how the run continues.
func (r *progress) fail(i int, err error) {
	s, res := &r.steps[i], r.Resources[i]
	if errors.Is(err, context.Canceled) && r.stop != nil {
		return // it was not begun; the next run will do it
	}
	e := event.Event{Type: event.Failed, Action: string(s.action()), Error: r.Scrub(adviserOf(r.plan).advise(i, err).Error()), Root: r.Machine.needsRoot(err)}
	switch res.OnFailure {
	case resource.FailContinue:
		s.state = tolerated
		r.counts.Tolerated++
		e.Notes = []string{noteTolerated}
	case resource.FailStop:
		r.stop = errStopped
		fallthrough
	default:
		if res.OnFailure == resource.FailRollback {
			r.stop, r.result.TakeBack = errTakenBack, res.Addr
		}
		s.state = failed
		r.counts.Failed++
	}
	r.emit(r.Resources[i], e)
}

// recorded reports whether the journal accepted an entry. Without a journal nothing may be changed, so the run ends.
// An interrupted journal has not failed.
func (r *progress) recorded(err error) bool {
	if err != nil {
		r.stop = err
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		r.unrecorded = err
	}
	return err == nil
}

func (r *progress) whyStopped() string {
	if errors.Is(r.stop, context.Canceled) {
		return "the run was interrupted"
	}
	return "the run was stopped: " + r.stop.Error()
}

// partChanged reports whether this run has changed something that the thing depends on and a package may provide, or
// the file that contains it: the present state could not be observed before that.
func (r *progress) partChanged(i int) bool {
	file, _, isPart := resource.CutPartKey(r.Resources[i].Key)
	isLate := len(lateNeeds(r.Resources[i])) > 0
	if r.effects == 0 || !isLate && !isPart {
		return false
	}
	for e := range r.Graph.Before(i) {
		if r.steps[e.From].state == changed && (isLate || r.Resources[e.From].Key == assembly.PathKey+file) {
			return true
		}
	}
	return false
}

// hasMoved reports whether an earlier change of this run requires a resource to be observed again at its turn. It also
// notes whether that change replaced the thing to observe (a turned link) rather than altered it.
func (r *progress) hasMoved(i int) bool {
	s, res := &r.steps[i], r.Resources[i]
	if r.effects == 0 || s.moved {
		return s.moved
	}
	for e := range r.Graph.Before(i) {
		before := &r.steps[e.From]
		if before.moved {
			s.moved, s.turned = true, s.turned || before.turned
		} else if before.state == changed || before.state == failed || before.state == tolerated {
			mover := r.Resources[e.From]
			moves := moves(mover, before.plan())
			s.moved = s.moved || asks(res) || moves
			s.turned = s.turned || moves && mover.Kind.Moves != nil
		}
	}
	return s.moved
}

// isMended reports whether a foreseen failure is unlikely by now, because a step of this run removed its cause
// although no edge connects the two.
func (r *progress) isMended(ctx context.Context, i int) bool {
	s := &r.steps[i]
	if r.effects == 0 {
		return false
	}
	s.err = r.reviewStep(ctx, i, s.plan()).Blocked
	return s.err == nil
}

// noteEffect notes an effect of a provider and invalidates the caches of all others. because are the changes that were
// made; nil: anything may have changed, so nothing observed so far is certain.
func (r *progress) noteEffect(by resource.Provider, because []resource.Change) {
	r.effects++
	if because == nil {
		r.generation++
	}
	r.invalidateCaches(by, because)
}

// invalidateCaches makes all providers but one read the machine again.
func (r *progress) invalidateCaches(but resource.Provider, because []resource.Change) {
	if r.readers == nil {
		r.readers = map[resource.Invalidator]bool{}
		for _, res := range r.Resources {
			if p, ok := res.Provider().(resource.Invalidator); ok {
				r.readers[p] = true
			}
		}
		for _, p := range r.Machine.Followers {
			r.readers[p] = true
		}
	}
	for p := range r.readers {
		if any(p) != any(but) {
			p.Invalidate(because)
		}
	}
}

// interrupted notes that ctx has ended and reports whether nothing more may
// be started.
func (r *progress) interrupted(ctx context.Context) bool {
	if r.stop == nil && ctx.Err() != nil {
		r.stop = ctx.Err()
	}
	return r.stop != nil
}
