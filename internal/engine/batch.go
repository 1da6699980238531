package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// task is one resource of a batch.
type task struct {
	i     int
	now   resource.Change   // what is left to do right before the effect
	full  resource.Change   // now, with all that undoing it needs
	also  []resource.Change // what it makes or replaces on the way
	after resource.Change   // what is left to do right after it
	at    time.Time         // when the effect came about; zero: the provider does not know better than the engine
	err   error
}

// perform makes a batch of resources with one provider as declared: observe,
// journal, effect, observe, journal.
func (r *run) perform(ctx context.Context, batch []int) {
	if r.interrupted(ctx) {
		return
	}
	defer r.takeBackBefore(ctx, batch)
	tasks := r.lookAgain(ctx, batch)
	tasks = r.recordAll(ctx, r.runBefore(ctx, tasks))
	if len(tasks) == 0 || r.interrupted(ctx) {
		return
	}
	if err := r.begin(ctx, tasks); err != nil {
		r.stop = &journalError{err}
		return
	}
	r.announce(tasks)
	started := time.Now()
	also := r.effect(ctx, tasks)
	for _, t := range tasks {
		r.steps[t.i].acted = r.second
	}
	by := r.providerOf(tasks)
	r.noteEffect(by, r.changesOf(tasks))
	r.check(ctx, tasks)
	r.interrupted(ctx) // what that kept from being begun has not failed
	for k := range tasks {
		r.conclude(ctx, &tasks[k], time.Since(started))
	}
	r.concludeSideEffects(ctx, by, also)
	for k := range tasks {
		if tasks[k].err == nil && !r.isQuiet(tasks[k].i, tasks[k].now) {
			r.runImmediate(ctx, tasks[k].i)
		}
	}
}

// lookAgain observes the batch as it is now and keeps what still needs a
// change. What has come right meanwhile (its package did it) is settled.
func (r *run) lookAgain(ctx context.Context, batch []int) []task {
	tasks := make([]task, len(batch))
	place := make(map[int]int, len(batch))
	for k, i := range batch {
		tasks[k].i, place[i] = i, k
		if r.generation > 0 { // else no command has run that may have rewritten it
			tasks[k].err = r.refresh(i)
		}
	}
	observeAll(ctx, r.Resources, batch, func(i int, have cty.Value, err error) {
		t := &tasks[place[i]]
		if t.err != nil {
			return
		}
		if t.err = err; err == nil {
			t.now = resource.Diff(r.Resources[i], have)
		}
	})
	if r.interrupted(ctx) {
		return nil
	}
	left := tasks[:0]
	for _, t := range tasks {
		s := &r.steps[t.i]
		s.seen = r.generation
		switch {
		case t.err != nil:
			r.fail(t.i, t.err)
		case r.editedSince(ctx, t):
		case r.isStale(t):
			r.fail(t.i, fmt.Errorf("it is not as it was when the plan was made: %s", differing(t.now)))
		case t.now.Empty() && s.again:
			s.state = untouched
		case t.now.Empty():
			r.cameRight(ctx, t)
		case s.foreseen && !r.mended(ctx, t.i):
			r.fail(t.i, s.err)
		default:
			left = append(left, t)
		}
	}
	return left
}

// cameRight settles a resource that was forecast to change and is as declared
// at its turn, because an earlier change of this run did it. It counts as
// changed, and its notifications are owed.
func (r *run) cameRight(ctx context.Context, t task) {
	s := &r.steps[t.i]
	c := s.plan
	c.Notes = append(c.Notes, "done by an earlier change of this run")
	unkept := c
	unkept.Key = "" // who did it made it: it is not converge's to remove
	if debts := r.debtsOf(t.i, c); len(debts) > 0 {
		if err := r.Journal.Begin(ctx, []resource.Change{unkept}, debts); err != nil {
			r.stop = &journalError{err}
			return
		}
		r.raise(debts)
		at := r.Now()
		r.date(t.i, at)
		if err := r.Journal.Done(ctx, unkept, at, nil); err != nil {
			r.stop = &journalError{err}
			return
		}
	}
	s.state, s.removes = changed, nil // whatever went, this step did not remove it
	r.effects++
	if o := r.orphanAt[t.i]; o == nil || !o.along {
		r.count(c.Action)
	}
	r.emitChange(t.i, event.Applied, c, 0)
	if !r.isQuiet(t.i, c) {
		r.runImmediate(ctx, t.i)
	}
}

// begin makes the intent, and what it will owe, durable before the effect.
func (r *run) begin(ctx context.Context, tasks []task) error {
	cs := make([]resource.Change, len(tasks))
	var debts []notify.Debt
	var also []resource.Change
	for k, t := range tasks {
		cs[k] = r.withSolvedVersions(t)
		for _, c := range t.also {
			if !slices.ContainsFunc(also, func(o resource.Change) bool { return o.Key == c.Key }) {
				also = append(also, c)
			}
		}
		debts = append(debts, r.debtsOf(t.i, t.now)...)
	}
	cs = append(cs, also...)
	cs = append(cs, r.expected(r.providerOf(tasks))...)
	if err := r.Journal.Begin(ctx, cs, debts); err != nil {
		return err
	}
	r.raise(debts)
	return nil
}

func (r *run) announce(tasks []task) {
	e := event.Event{Type: event.Started, Time: r.Now().Wall, Total: len(tasks), Action: string(tasks[0].now.Action)}
	res := r.Resources[tasks[0].i]
	e.Kind = res.Addr.Kind
	if len(tasks) == 1 {
		e.Resource = res.Addr.String()
	}
	r.Events.Emit(e)
}

// effect makes the changes, and returns what that did to other things.
func (r *run) effect(ctx context.Context, tasks []task) (also []resource.Change) {
	p := r.providerOf(tasks)
	t, ok := p.(resource.Transactor)
	if !ok {
		tasks[0].err = p.Apply(ctx, tasks[0].now)
		return nil
	}
	cs := make([]resource.Change, len(tasks))
	for k, t := range tasks {
		cs[k] = t.now
	}
	out := t.ApplyAll(ctx, cs, r.allowed())
	for k := range tasks {
		tasks[k].err, tasks[k].at = out.Err(k), out.TookEffectAt(k)
	}
	return out.Also
}

// allowed is what the plan has shown: a provider must not go beyond it.
func (r *run) allowed() resource.Forecast {
	var f resource.Forecast
	for _, e := range r.also {
		f.Also = append(f.Also, e.change)
	}
	for _, i := range r.order {
		if s := &r.steps[i]; (!s.state.idle() || s.state == postponed) && !s.plan.Empty() {
			f.Changes = append(f.Changes, s.plan)
		}
	}
	return f
}

// check observes the batch after its effect.
func (r *run) check(ctx context.Context, tasks []task) {
	// An interrupt comes too late here: the effect is there and has to be
	// seen, or the journal would not know how the step ended.
	ctx = context.WithoutCancel(ctx)
	which := make([]int, len(tasks))
	place := make(map[int]int, len(tasks))
	for k, t := range tasks {
		which[k], place[t.i] = t.i, k
	}
	observeAll(ctx, r.Resources, which, func(i int, have cty.Value, err error) {
		t := &tasks[place[i]]
		if err == nil {
			t.after = resource.Diff(r.Resources[i], have)
		}
		switch {
		case t.err != nil: // the first error says more
		case err != nil:
			t.err = fmt.Errorf("cannot be observed after the change: %w", err)
		case !t.after.Empty():
			t.err = fmt.Errorf("is still not as declared after the change: %s", r.different(ctx, i, t.after))
		}
	})
}

// errCutShort is about a change that an interrupt has ended before it was done.
var errCutShort = errors.New("it was asked to end before it was done, because the run was interrupted")

// conclude files how one change ended.
func (r *run) conclude(ctx context.Context, t *task, took time.Duration) {
	ctx = context.WithoutCancel(ctx)
	s, res := &r.steps[t.i], r.Resources[t.i]
	s.seen = r.generation
	at := r.tookEffectAt(t)
	record := t.now
	if errors.Is(t.err, resource.ErrLeft) {
		r.result.Left, r.stop = true, t.err // begun and not done, as after a kill
		r.fail(t.i, t.err)
		return
	}
	if t.err != nil && t.isUnchanged() {
		// Nothing was changed after all, so no target is notified.
		if !s.again { // else it owes what its earlier change raised
			r.queue.Remove(res.Addr, r.Run)
		}
		record.Action = resource.None
		r.concludeAlso(ctx, t, false, at)
		if err := r.Journal.Done(ctx, record, at, nil); err != nil {
			r.stop = &journalError{err}
		}
		if !r.stayedFull(t.i, t.err) && !r.leaveUnfinished(t.i, t.err) {
			r.fail(t.i, t.err)
		}
		return
	}
	r.date(t.i, at)
	r.concludeAlso(ctx, t, true, at)
	if err := r.Journal.Done(ctx, record, at, scrubbed(r, t.err)); err != nil {
		r.stop = &journalError{err}
	}
	if t.err != nil {
		if errors.Is(t.err, context.Canceled) { // a command, asked to end
			t.err = errCutShort
		}
		if !r.leaveUnfinished(t.i, t.err) {
			r.fail(t.i, t.err)
		}
		return
	}
	s.state = changed
	r.counts.Removes += len(s.removes)
	if s.again {
		s.again = false
		r.counts.Restored++
		r.emitChange(t.i, event.Restored, t.now, took)
		return
	}
	made := r.made(t)
	r.count(made.Action)
	r.emitChange(t.i, event.Applied, made, took)
}

// isUnchanged reports whether a failed change has left no trace.
func (t *task) isUnchanged() bool {
	if t.now.Action == resource.Run || t.after.Addr.IsZero() {
		return false // a command may have done anything before it failed
	}
	before, err := Fingerprint(t.now.Have)
	if err != nil {
		return false
	}
	after, err := Fingerprint(t.after.Have)
	return err == nil && before == after
}

// tookEffectAt is when a change took effect: the moment that the provider
// returned, or now.
func (r *run) tookEffectAt(t *task) resource.Instant {
	now := r.Now()
	if t.at.IsZero() || t.at.After(now.Wall) {
		return now
	}
	return resource.Instant{Boot: now.Boot, Mono: now.Mono - now.Wall.Sub(t.at), Wall: t.at}
}
