package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/event"
	"converge/internal/resource"
)

// runBefore delivers the before(…) notifications of the tasks, and returns the tasks whose notifications all
// succeeded; the others fail before they begin. ran reports whether there were any notifications.
func (r *deliverer) runBefore(ctx context.Context, tasks []task) (left []task, ran bool) {
	type action struct {
		target resource.Addr
		verb   string
	}
	done := map[action]error{}
	left = tasks[:0]
	for _, t := range tasks {
		err := r.verifyBefore(ctx, t)
		for _, n := range r.Resources[t.i].Notifies {
			if n.When != resource.Before || err != nil || r.isQuiet(t.i, t.now) {
				continue
			}
			key := action{n.Target, n.Verb}
			result, seen := done[key]
			if !seen {
				result = r.actBefore(ctx, n, r.Resources[t.i].Addr)
				done[key] = result
			}
			err = result
		}
		if err != nil {
			r.fail(t.i, err)
			continue
		}
		left = append(left, t)
	}
	return left, len(done) > 0
}

func (r *deliverer) actBefore(ctx context.Context, n resource.Notify, cause resource.Addr) error {
	i := r.at.of(n.Target)
	target := r.Resources[i]
	if !takesActions(target) {
		return nil
	}
	void, err := isSatisfied(ctx, target, n.Verb, r.Now())
	if err == nil && !void {
		err = r.act(ctx, i, n.Verb)
	}
	if err != nil {
		return fmt.Errorf("cannot %s %s before the change: %w", n.Verb, n.Target, err)
	}
	if !void {
		r.before[n.Target] = n.Verb
	}
	r.counts.Notified += one(!void)
	r.emit(target, event.Event{
		Type: event.Notified, Verb: n.Verb, When: string(resource.Before), Causes: []string{cause.String()}, Void: void,
	})
	return nil
}

// runImmediate delivers the immediately(…) notifications of a change: now if the target is ready, otherwise right
// after the target's own step.
func (r *deliverer) runImmediate(ctx context.Context, i int) {
	for _, n := range r.Resources[i].Notifies {
		if n.When != resource.Immediately {
			continue
		}
		t := r.at.of(n.Target)
		if !takesActions(r.Resources[t]) || r.isProbe(t) { // a probe waits for its turn, after all that it depends on
			continue
		}
		if !r.isReady(t) {
			r.urgent[t] = true
			continue
		}
		if e, ok := r.queue.Get(ownerOf(r.Resources[t])); ok && !r.interrupted(ctx) {
			r.deliverTo(ctx, e, resource.Immediately)
		}
	}
}

// runAction runs a target's action, after recording what that will owe to the targets that it notifies. tried is false
// if that could not be recorded, so that no action ran.
func (r *deliverer) runAction(ctx context.Context, i int, verb string) (tried bool, err error) {
	res := r.Resources[i]
	c := resource.Change{Addr: res.Addr, Action: resource.Run, Have: resource.Absent, Want: resource.Absent}
	debts := r.debtsOf(i, c)
	if len(debts) > 0 && !r.begin(ctx, []resource.Change{c}, debts) {
		return false, errors.New(r.whyStopped())
	}
	err = r.act(ctx, i, verb)
	if len(debts) > 0 {
		at := r.Now()
		r.date(i, at)
		r.done(ctx, c, at, err)
	}
	return true, err
}

func (r *deliverer) act(ctx context.Context, i int, verb string) error {
	s := &r.steps[i]
	s.seen, s.acted = unseen, r.second
	s.setVerdict(nil)
	return r.actOn(ctx, r.Resources[i], verb)
}

// checkAfterAction observes the target again: a unit may not survive its action.
func (r *deliverer) checkAfterAction(ctx context.Context, i int, verb string) {
	s, res := &r.steps[i], r.Resources[i]
	if s.state == waiting {
		return // its own step will observe it
	}
	have, err := observe(context.WithoutCancel(ctx), res)
	if err == nil {
		if d := resource.Diff(res, have); !d.Empty() {
			err = fmt.Errorf("is not as declared after its %s: %s", verb, describeDifference(ctx, r.Resources[i], d))
		}
	}
	s.seen = r.generation
	if err != nil {
		r.fail(i, err)
	}
}

// verifyBefore runs verify on the new content before any notification goes out: a service that was stopped for a
// refused change would stay stopped.
func (r *deliverer) verifyBefore(ctx context.Context, t task) error {
	if !slices.ContainsFunc(r.Resources[t.i].Notifies, func(n resource.Notify) bool { return n.When == resource.Before }) {
		return nil
	}
	return review(ctx, r.Resources[t.i], t.now, resource.Outlook{Ask: resource.AskCheck, Later: r.changesAfter([]task{t})}).Blocked
}

func (r *deliverer) actOn(ctx context.Context, res *resource.Resource, verb string) error {
	a, ok := res.Provider().(resource.Actor)
	if !ok {
		return fmt.Errorf("%s takes no actions", resource.WithArticle(res.Addr.Kind))
	}
	r.emitProgress(res, verb)
	made := []resource.Change{} // no known change
	if res.Kind.Opaque {
		made = nil // it may have changed anything
	}
	defer r.noteEffect(res.Provider(), made)
	return a.Act(ctx, res.Want, verb)
}

// takeBackBefore reverses notifications that went out ahead of changes that were then not made: a service that was
// stopped for one is started again. An interrupt does not prevent that.
func (r *deliverer) takeBackBefore(ctx context.Context, batch []int) {
	if len(r.before) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for _, i := range batch {
		if r.steps[i].state == changed {
			continue
		}
		for _, n := range r.Resources[i].Notifies {
			verb, out := r.before[n.Target]
			if n.When != resource.Before || !out {
				continue
			}
			delete(r.before, n.Target)
			t := r.at.of(n.Target)
			back := r.Resources[t].Kind.Reverse[verb]
			if back == "" {
				continue
			}
			if err := r.act(ctx, t, back); err != nil {
				r.fail(t, err)
				continue
			}
			r.counts.Notified++
			r.emit(r.Resources[t], event.Event{
				Type: event.Notified, Verb: back, When: string(resource.Immediately), Causes: []string{r.Resources[i].Addr.String()},
				Notes: []string{"it takes back a " + verb + " that went out before a change that was not made"},
			})
		}
	}
	clear(r.before)
}
