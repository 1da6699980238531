package engine

import (
	"context"
	"fmt"

	"converge/internal/event"
	"converge/internal/graph"
	"converge/internal/notify"
	"converge/internal/resource"
)

// debtsOf is what the change c of resource i will owe once it is made. When it
// takes effect is not known yet: until then only a reboot could overtake it.
func (r *run) debtsOf(i int, c resource.Change) []notify.Debt {
	if r.isQuiet(i, c) {
		return nil
	}
	var debts []notify.Debt
	for _, n := range r.Resources[i].Notifies {
		target := r.Resources[r.at[n.Target]]
		if n.When == resource.Before || target.Off {
			continue // what is switched off owes nothing
		}
		debts = append(debts, notify.Debt{
			Target: n.Target, Thing: target.Key, Verb: n.Verb, Cause: r.Resources[i].Addr, Run: r.Run,
			Since: resource.Instant{Boot: r.Now().Boot, Wall: r.Now().Wall},
		})
	}
	return debts
}

func (r *run) raise(debts []notify.Debt) {
	for _, d := range debts {
		r.queue.Add(d, r.rank(d.Owner(), d.Verb))
		delete(r.held, d.Owner())
	}
}

func (r *run) date(i int, at resource.Instant) {
	r.queue.Stamp(r.Resources[i].Addr, r.Run, at)
}

// runBefore delivers the before(…) notifications of the tasks, and returns the
// tasks whose targets took them: the others fail without having been begun.
func (r *run) runBefore(ctx context.Context, tasks []task) []task {
	type told struct {
		target resource.Addr
		verb   string
	}
	done := map[told]error{}
	left := tasks[:0]
	for _, t := range tasks {
		err := r.verifyBefore(ctx, t)
		for _, n := range r.Resources[t.i].Notifies {
			if n.When != resource.Before || err != nil || r.isQuiet(t.i, t.now) {
				continue
			}
			key := told{n.Target, n.Verb}
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
	return left
}

func (r *run) actBefore(ctx context.Context, n resource.Notify, cause resource.Addr) error {
	target := r.Resources[r.at[n.Target]]
	if target.Off {
		return nil
	}
	void, err := isSatisfied(ctx, target, n.Verb, r.Now())
	if err == nil && !void {
		err = r.act(ctx, target, n.Verb)
	}
	if err != nil {
		return fmt.Errorf("cannot %s %s before the change: %w", n.Verb, n.Target, err)
	}
	if !void {
		r.before[n.Target] = n.Verb
	}
	r.counts.Notified += one(!void)
	r.emit(r.at[n.Target], event.Event{
		Type: event.Notified, Verb: n.Verb, When: string(resource.Before), Causes: []string{cause.String()}, Void: void,
	})
	return nil
}

// runImmediate delivers the immediately(…) notifications of a change: now if the
// target is ready, else right after the target's own step.
func (r *run) runImmediate(ctx context.Context, i int) {
	for _, n := range r.Resources[i].Notifies {
		if n.When != resource.Immediately {
			continue
		}
		t := r.at[n.Target]
		if r.Resources[t].Off {
			continue
		}
		if !r.standsReady(t) {
			r.urgent[t] = true
			continue
		}
		if e, ok := r.queue.Get(ownerOf(r.Resources[t])); ok && !r.interrupted(ctx) {
			r.deliverTo(ctx, e, resource.Immediately)
		}
	}
}

// standsReady reports whether a target needs no step of its own any more and all
// its dependencies have had their turn. It does not wait for further resources
// that will notify it: it is notified again then.
func (r *run) standsReady(t int) bool {
	if s := &r.steps[t]; s.state == waiting && (!s.plan.Empty() || s.err != nil) {
		return false
	}
	ready := true
	r.Graph.Before(t, func(e graph.Edge[Reason]) bool {
		ready = e.Reason.Notice || r.steps[e.From].state != waiting
		return ready
	})
	return ready
}

// runAction runs a target's action, after recording what that will owe to the
// targets that it notifies.
func (r *run) runAction(ctx context.Context, i int, verb string) error {
	res := r.Resources[i]
	c := resource.Change{Addr: res.Addr, Action: resource.Run, Have: resource.Absent, Want: resource.Absent}
	debts := r.debtsOf(i, c)
	if len(debts) > 0 {
		if err := r.Journal.Begin(ctx, []resource.Change{c}, debts); err != nil {
			return &journalError{err}
		}
		r.raise(debts)
	}
	err := r.act(ctx, res, verb)
	if len(debts) > 0 {
		at := r.Now()
		r.date(i, at)
		if jerr := r.Journal.Done(context.WithoutCancel(ctx), c, at, scrubbed(r, err)); jerr != nil {
			r.stop = &journalError{jerr}
		}
	}
	return err
}

func (r *run) act(ctx context.Context, res *resource.Resource, verb string) error {
	a, ok := res.Provider().(resource.Actor)
	if !ok {
		return fmt.Errorf("a %s takes no actions", res.Addr.Kind)
	}
	r.emitProgress(res, verb)
	defer func() {
		r.noteEffect(res.Provider(), changesOfAction(res))
		s := &r.steps[r.at[res.Addr]]
		s.seen, s.acted = unseen, r.second
	}()
	return a.Act(ctx, res.Want, verb)
}

// afterAction observes the target again: a unit may not survive its action.
func (r *run) afterAction(ctx context.Context, i int, verb string) {
	s, res := &r.steps[i], r.Resources[i]
	if s.state == waiting {
		return // its own step will look
	}
	have, err := observe(context.WithoutCancel(ctx), res)
	if err == nil {
		if d := resource.Diff(res, have); !d.Empty() {
			err = fmt.Errorf("is not as declared after its %s: %s", verb, r.different(ctx, i, d))
		}
	}
	s.seen = r.generation
	if err != nil {
		r.fail(i, err)
	}
}
