package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// applier makes the changes of a plan, batch by batch.
type applier struct {
	*deliverer
	*planGuard
}

// task is one resource of a batch.
type task struct {
	i     int
	now   resource.Change   // what remains to be done right before the effect
	full  resource.Change   // now, with all that undoing it needs
	also  []resource.Change // what it makes or replaces on the way
	after *resource.Change  // of a failed change: what remains to be done right after it; nil: not known
	at    time.Time         // when the effect happened; zero: the provider does not know better than the engine
	made  *resource.Change  // the change as made; nil: as forecast
	err   error
}

// perform makes a batch of resources with one provider as declared: observe,
// journal, effect, observe, journal.
func (r *applier) perform(ctx context.Context, batch []int) {
	if r.interrupted(ctx) {
		return
	}
	if r.isProbe(batch[0]) {
		for _, i := range batch {
			r.askInTurn(ctx, i)
		}
		return
	}
	defer r.takeBackBefore(ctx, batch)
	tasks, ran := r.runBefore(ctx, r.lookAgain(ctx, batch))
	if ran {
		tasks = lookAfterActions(ctx, r, tasks)
	}
	tasks = r.recordAll(ctx, tasks)
	if len(tasks) == 0 || r.interrupted(ctx) || !r.beginAll(ctx, tasks) {
		return
	}
	r.announce(tasks)
	started := time.Now()
	also := r.makeChanges(ctx, tasks)
	for _, t := range tasks {
		r.steps[t.i].acted = r.second
	}
	by := r.providerOf(tasks)
	r.noteEffect(by, r.changesOf(tasks))
	r.checkAll(ctx, tasks)
	fileAlsoOnce(tasks)
	r.interrupted(ctx) // changes that it prevented have not failed
	for some := range slices.Chunk(tasks, concludeChunk) {
		concludeTogether(ctx, r, some, time.Since(started))
	}
	r.concludeSideEffects(ctx, by, also)
	for k := range tasks {
		if tasks[k].err == nil && !r.isQuiet(tasks[k].i, tasks[k].now) {
			r.runImmediate(ctx, tasks[k].i)
		}
	}
}

// lookAgain observes the batch as it is now and keeps what still needs a change. It settles a resource that an earlier
// step (its package) has meanwhile made as declared.
func (r *applier) lookAgain(ctx context.Context, batch []int) []task {
	tasks := make([]task, len(batch))
	for k, i := range batch {
		tasks[k].i = i
		if r.generation > 0 { // otherwise no command has run that may have rewritten it
			tasks[k].err = r.refresh(i)
		}
	}
	observeTasks(ctx, r, tasks)
	if r.interrupted(ctx) {
		return nil
	}
	left := tasks[:0]
	for _, t := range tasks {
		s := &r.steps[t.i]
		s.seen = r.generation
		if t.err != nil {
			if !r.staysAfter(t.i, t.err) {
				r.fail(t.i, t.err)
			}
			continue
		}
		switch {
		case r.editedSince(ctx, t):
		case r.isStale(t):
			r.fail(t.i, fmt.Errorf("it is not as it was when the plan was made: %s", differing(t.now)))
		case t.now.Empty() && s.again:
			s.state = untouched
		case t.now.Empty():
			r.settleNeedless(ctx, t)
		case s.foreseen && !r.isMended(ctx, t.i):
			r.fail(t.i, s.err)
		default:
			left = append(left, t)
		}
	}
	return left
}

// lookAfterActions observes tasks once more after their before-actions: a service may write its settings when it
// stops. The record, and so an undo, must hold what the service wrote.
func lookAfterActions(ctx context.Context, r *applier, tasks []task) (left []task) {
	observeTasks(ctx, r, tasks)
	for _, t := range tasks {
		switch {
		case t.err != nil:
			r.fail(t.i, t.err)
		case t.now.Empty() && r.steps[t.i].again:
			r.steps[t.i].state = untouched
		case t.now.Empty():
			r.settleNeedless(ctx, t)
		default:
			left = append(left, t)
		}
	}
	return left
}

// observeTasks observes the resources of tasks that have not failed, and finds what is left to do of each.
func observeTasks(ctx context.Context, r *applier, tasks []task) {
	which, place := make([]int, len(tasks)), make(map[int]int, len(tasks))
	for k, t := range tasks {
		which[k], place[t.i] = t.i, k
	}
	observeAll(ctx, r.Resources, which, func(i int, have cty.Value, err error) {
		t := &tasks[place[i]]
		if t.err != nil {
			return
		}
		if t.err = err; err == nil {
			t.now = resource.Diff(r.Resources[i], have)
		}
	})
}

// settleNeedless settles a resource that was forecast to change and needs no change at its turn. Either an earlier
// change of this run made it, or the forecast was wrong.
func (r *applier) settleNeedless(ctx context.Context, t task) {
	s, res := &r.steps[t.i], r.Resources[t.i]
	if !review(ctx, res, s.plan(), resource.Outlook{Ask: resource.AskNeedless}).Unmade {
		r.alreadyConverged(ctx, t)
		return
	}
	s.state = untouched
	s.setRemoves(nil)
	r.warn(fmt.Sprintf("%s: the planned change is no longer needed, and was not made", res.Addr))
}

// alreadyConverged settles a resource that was forecast to change and is as declared at its turn, because an earlier
// change of this run made it so. It counts as changed, and its notifications are owed.
func (r *applier) alreadyConverged(ctx context.Context, t task) {
	s := &r.steps[t.i]
	c := s.plan()
	c.Notes = append(c.Notes, "done by an earlier change of this run")
	unkept := c
	unkept.Key = "" // something else made it, so converge may not remove it
	if debts := r.debtsOf(t.i, c); len(debts) > 0 {
		if !r.begin(ctx, []resource.Change{unkept}, debts) {
			return
		}
		at := r.Now()
		r.date(t.i, at)
		if !r.done(ctx, unkept, at, nil) {
			return
		}
	}
	s.state = changed
	s.setRemoves(nil) // this step removed nothing itself
	r.effects++
	s.made = r.effects
	if o := r.orphanAt[t.i]; o == nil || !o.along {
		r.count(c.Action)
	}
	r.emitChange(r.Resources[t.i], event.Applied, c, nil, 0)
	if !r.isQuiet(t.i, c) {
		r.runImmediate(ctx, t.i)
	}
}

// beginAll makes the intent, and what the changes will owe, durable before the effect. It reports whether that
// succeeded.
func (r *applier) beginAll(ctx context.Context, tasks []task) bool {
	cs := make([]resource.Change, len(tasks))
	var debts []notify.Debt
	for k, t := range tasks {
		cs[k] = r.withSolvedVersions(t)
		debts = append(debts, r.debtsOf(t.i, t.now)...)
	}
	cs = append(cs, joinAlso(tasks)...)
	cs = append(cs, r.expectedSideEffects(r.providerOf(tasks))...)
	return r.begin(ctx, cs, debts)
}

func (r *applier) announce(tasks []task) {
	a := r.Resources[tasks[0].i].Addr
	e := event.Event{Type: event.Started, Time: r.Now().Wall, Kind: a.Kind, Total: len(tasks), Action: string(tasks[0].now.Action)}
	if len(tasks) == 1 {
		e.Resource = a.String()
	}
	r.Events.Emit(e)
}

// makeChanges makes the changes, and returns their effects on other things.
func (r *applier) makeChanges(ctx context.Context, tasks []task) (also []resource.Change) {
	p := r.providerOf(tasks)
	by, ok := p.(resource.Transactor)
	if !ok {
		tasks[0].err = p.Apply(ctx, tasks[0].now)
		return nil
	}
	cs := make([]resource.Change, len(tasks))
	for k, t := range tasks {
		cs[k] = t.now
	}
	planned := resource.Forecast{}
	if mayDoMore(by, r.Resources, tasks) {
		planned = r.allowed()
	}
	planned.Later = func() []resource.Change { return r.changesAfter(tasks) }
	planned.Recorded = func(i int) (resource.Change, []resource.Change) { return tasks[i].full, tasks[i].also }
	out := by.ApplyAll(ctx, cs, planned)
	for k := range tasks {
		tasks[k].err, tasks[k].at = out.Err(k), out.TookEffectAt(k)
		if k < len(out.Made) && !out.Made[k].Addr.IsZero() {
			tasks[k].made = &out.Made[k]
		}
	}
	return out.Also
}

// mayDoMore reports whether a provider may do more than it is asked, as package managers do, and therefore needs the
// list of what the plan has shown. Making that list takes as long as the plan is.
func mayDoMore(by resource.Transactor, all []*resource.Resource, tasks []task) bool {
	return !resource.DoesAsAsked(by) && slices.ContainsFunc(tasks, func(t task) bool { return !all[t.i].Kind.Inert })
}

// checkAll observes the batch after its effect.
func (r *applier) checkAll(ctx context.Context, tasks []task) {
	// An interrupt must not prevent this: the effect has happened and must be observed, or the journal would not know
	// how the step ended.
	ctx = context.WithoutCancel(ctx)
	which := make([]int, len(tasks))
	place := make(map[int]int, len(tasks))
	for k, t := range tasks {
		which[k], place[t.i] = t.i, k
	}
	observeAll(ctx, r.Resources, which, func(i int, have cty.Value, err error) {
		t := &tasks[place[i]]
		var after resource.Change
		if err == nil {
			after = resource.Diff(r.Resources[i], have)
		}
		switch {
		case t.err != nil: // the first error explains more
		case err != nil:
			t.err = fmt.Errorf("cannot be observed after the change: %w", err)
		case !after.Empty():
			t.err = fmt.Errorf("is still not as declared after the change: %s", describeDifference(ctx, r.Resources[i], after))
		}
		if t.err != nil && err == nil {
			seen := after // only of tasks that fail
			t.after = &seen
		}
	})
}
