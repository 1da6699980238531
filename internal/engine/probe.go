package engine

import (
	"context"
	"fmt"
	"slices"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// isProbe reports whether a resource only asks, see [resource.Kind.Probe].
func (r *site) isProbe(i int) bool { return r.Resources[i].Kind.Probe != nil }

// findProbed notes for each resource the probes that come after it.
func (r *plan) findProbed() {
	r.probedBy = FindProbed(r.Resources, r.Graph)
	r.probes = nil
	named := countNotifiers(r)
	for i, res := range r.Resources {
		if n := named[res.Addr]; r.isProbe(i) && takesActions(res) && (n == 0 || n >= maxCarriers) {
			r.probes = append(r.probes, i)
		}
	}
}

// countNotifiers counts the changes of a rollback that name each target. Only a few causes of a probe are recorded (see
// [probeDebts]), so one with that many may have more.
func countNotifiers(r *plan) map[resource.Addr]int {
	out := map[resource.Addr]int{}
	if r.Undo == nil {
		return out
	}
	for _, res := range r.Resources {
		for _, n := range res.Notifies {
			out[n.Target]++
		}
	}
	return out
}

// FindProbed returns for each resource the probes that come after it, directly or through others, and so ask about it.
// An edge that only orders does not count.
func FindProbed(rs []*resource.Resource, g *assembly.Graph) map[int][]int {
	by := map[int][]int{}
	seenBy := make([]int, len(rs)) // 1 + the probe that last reached a resource
	for i, res := range rs {
		if res.Kind.Probe == nil || !takesActions(res) {
			continue
		}
		seenBy[i] = i + 1
		for todo := []int{i}; len(todo) > 0; {
			n := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for e := range g.Before(n) {
				if e.Reason.Guess || seenBy[e.From] == i+1 {
					continue
				}
				seenBy[e.From] = i + 1
				todo = append(todo, e.From)
				if rs[e.From].Kind.Probe == nil {
					by[e.From] = append(by[e.From], i)
				}
			}
		}
	}
	return by
}

// requestsOf calls visit with the notifications of a resource: the declared ones, and those of the probes that come
// after it. The order of a rollback does not have these probes; there, the notifications are all that the run has
// sent.
func (r *plan) requestsOf(i int, visit func(n resource.Notify)) {
	declared := r.Resources[i].Notifies
	for _, n := range declared {
		visit(n)
	}
	for _, p := range r.probesAfter(i) {
		probe := r.Resources[p]
		if !slices.ContainsFunc(declared, func(n resource.Notify) bool { return probe.Is(n.Target) && n.When != resource.Before }) {
			visit(resource.Notify{Target: probe.Addr, Verb: probe.Kind.Verbs[0], When: resource.Delayed})
		}
	}
}

func (r *plan) probesAfter(i int) []int {
	if r.Undo != nil && !r.isProbe(i) {
		return r.probes
	}
	return r.probedBy[i]
}

// recurs reports whether a probe is asked in every run.
func (r *site) recurs(i int) bool {
	res := r.Resources[i]
	return res.Kind.Recurs != nil && res.Kind.Recurs(res.Want)
}

// isToAsk reports whether a probe is to be asked in its turn.
func (r *deliverer) isToAsk(i int) bool {
	if !r.isProbe(i) {
		return false
	}
	_, owed := r.queue.Get(ownerOf(r.Resources[i]))
	return owed || r.recurs(i)
}

// askInTurn asks a probe when everything that it depends on had its turn. It delivers debts to those first: a service
// that still has its old configuration proves nothing.
func (r *deliverer) askInTurn(ctx context.Context, i int) {
	under := r.Graph.Ahead(i)
	ahead := func(o notify.Owner) bool {
		t, declared := r.resourceOf(o)
		return declared && under[t] && !r.isProbe(t)
	}
	r.deliverEach(ctx, ahead)
	if r.interrupted(ctx) || r.failGuard(ctx, i) || r.skipIfDependencyFailed(i) {
		return
	}
	for _, e := range r.queue.Entries() {
		if ahead(e.Owner) && r.held[e.Owner] && !r.queued[e.Owner] {
			r.failProbe(ctx, i, fmt.Errorf("it was not asked, because the %s of %s failed and is still owed", e.Verb, e.Target))
			return
		}
	}
	r.ask(ctx, i)
}

// noteFirstAsked is the note of a probe that fails in the state before the run that was the first to ask it.
const noteFirstAsked = "it fails now as well, and no run before that one asked it"

// ask asks a probe, and records its answer.
func (r *deliverer) ask(ctx context.Context, i int) {
	s, res := &r.steps[i], r.Resources[i]
	e, owed := r.queue.Get(ownerOf(res))
	ev := event.Event{Type: event.Checked, Message: res.Kind.Probe(res.Want), Causes: causes(e)}
	r.emitProgress(res, res.Kind.Verbs[0])
	got := askOne(ctx, res)
	if r.interrupted(ctx) {
		return
	}
	if got.err != nil && r.Undo != nil && r.Undo.First[res.Addr] { // what it asks about may not have been there
		got.err, got.void, got.notes = nil, true, []string{noteFirstAsked}
	}
	if got.err != nil {
		r.failProbe(ctx, i, got.err)
		return
	}
	ev.Void, ev.Notes, ev.Elapsed = got.void, got.notes, got.took
	r.counts.Checked += one(!got.void)
	if s.state == waiting {
		s.state = untouched
	}
	r.payProbe(ctx, i, owed, ev.Void)
	r.emit(res, ev)
}

// failProbe records a bad answer. The probe stays owed, so that the next run asks again.
func (r *deliverer) failProbe(ctx context.Context, i int, err error) {
	res := r.Resources[i]
	r.held[ownerOf(res)] = true
	r.fail(i, err)
	if r.steps[i].state == tolerated {
		_, owed := r.queue.Get(ownerOf(res))
		r.payProbe(ctx, i, owed, false)
	}
}

// payProbe records that a probe is no longer owed.
func (r *deliverer) payProbe(ctx context.Context, i int, owed, void bool) {
	res := r.Resources[i]
	if owed {
		r.payOff(ctx, notify.Settled{Owners: r.namesFor(ownerOf(res)), Target: res.Addr, Verb: res.Kind.Verbs[0], Void: void})
	}
}

// deliverProbe asks a probe that is owed after its turn: a second pass changed a thing before it, or the run is a
// rollback.
func (r *deliverer) deliverProbe(ctx context.Context, i int, e notify.Entry) {
	switch s := &r.steps[i]; {
	case s.state == failed, s.state == skipped: // that was already reported
		r.held[e.Owner] = true
	case r.interrupted(ctx):
		r.keepOwed(e, r.whyStopped(), false)
	case s.state == off:
		r.keepOwed(e, notOfThisRun, false)
	default:
		r.ask(ctx, i)
	}
}

// failGuard fails a probe that takes the run back, if something that it depends on failed, and reports whether it did.
// Any other probe is skipped then. But the changes that this one judges were made in part, and nothing else would take
// them back.
func (r *deliverer) failGuard(ctx context.Context, i int) bool {
	res := r.Resources[i]
	if _, owed := r.queue.Get(ownerOf(res)); !owed || !r.isProbe(i) || res.OnFailure != resource.FailRollback {
		return false
	}
	cause, behind := r.failedBefore(i)
	if behind {
		r.failProbe(ctx, i, fmt.Errorf("it was not asked, because it depends on %s, which failed", r.Resources[cause].Addr))
	}
	return behind
}

// isAction reports whether an entry of the queue is for a target that acts.
func (r *debtTargets) isAction(e notify.Entry) bool {
	i, declared := r.resourceOf(e.Owner)
	return !declared || !r.site.isProbe(i)
}

// isReported reports whether an owner is counted already: it is a probe, or ends everything that runs, and has failed
// or was skipped.
func (r *deliverer) isReported(o notify.Owner) bool {
	i, declared := r.resourceOf(o)
	return declared && (r.isProbe(i) || r.isEnding(o)) && (r.steps[i].state == failed || r.steps[i].state == skipped)
}
