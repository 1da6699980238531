package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// errCutShort is the error of a change that an interrupt ended early.
var errCutShort = errors.New("it was asked to end before it was done, because the run was interrupted")

// concludeChunk is how many ended changes the journal records with one write: enough that a write costs nothing, few
// enough that a kill loses little and that few events wait.
const concludeChunk = 128

// concludeTogether records how changes ended. It reports them once they are recorded, or once the journal has failed:
// the changes were made even then, and the run ends.
func concludeTogether(ctx context.Context, r *applier, tasks []task, took time.Duration) {
	j, batches := r.o.Journal.(batchWriter)
	if !batches || len(tasks) == 1 {
		for k := range tasks {
			r.conclude(ctx, &tasks[k], took)
		}
		return
	}
	release := r.hold()
	r.recorded(j.Batch(func() {
		for k := range tasks {
			r.conclude(ctx, &tasks[k], took)
		}
	}))
	release()
}

// batchWriter is a Journal that writes the records of do together.
type batchWriter interface{ Batch(do func()) error }

// conclude records how one change ended.
func (r *applier) conclude(ctx context.Context, t *task, took time.Duration) {
	ctx = context.WithoutCancel(ctx)
	s := &r.steps[t.i]
	s.seen = r.generation
	at := r.tookEffectAt(t)
	record := t.now
	record.Key = cmp.Or(t.full.Key, record.Key) // the provider may have learned the physical place of the thing
	if errors.Is(t.err, resource.ErrLeft) {
		r.result.Left, r.stop = true, t.err // begun and not done, as after a kill
		r.fail(t.i, t.err)
		return
	}
	if t.cameToNothing() {
		concludeUnchanged(ctx, r, t, at)
		return
	}
	r.date(t.i, at)
	r.concludeAlso(ctx, t, true, at)
	if t.made != nil && t.made.Want != cty.NilVal {
		record.Want = t.made.Want // the ledger keeps the change as made
	}
	r.done(ctx, record, at, t.err)
	if t.err != nil {
		if errors.Is(t.err, context.Canceled) { // a command that was asked to end
			t.err = errCutShort
		}
		if !r.leaveUnfinished(t.i, t.err) {
			r.fail(t.i, t.err)
		}
		return
	}
	s.state, s.made = changed, r.effects
	reportMade(r, t, took)
}

// concludeUnchanged records a change that failed without a trace: no target is notified.
func concludeUnchanged(ctx context.Context, r *applier, t *task, at resource.Instant) {
	if !r.steps[t.i].again { // otherwise it owes the debts of its earlier change
		r.cameToNothing(ctx, t.i)
	}
	record := t.now
	record.Action = resource.None
	r.concludeAlso(ctx, t, false, at)
	r.done(ctx, record, at, nil)
	if !r.staysAfter(t.i, t.err) && !r.leaveUnfinished(t.i, t.err) {
		r.fail(t.i, t.err)
	}
}

// reportMade reports a change that was made.
func reportMade(r *applier, t *task, took time.Duration) {
	s, res := &r.steps[t.i], r.Resources[t.i]
	r.counts.Removes += len(s.notable().removes)
	if s.again {
		s.again = false
		r.counts.Restored++
		r.emitChange(res, event.Restored, t.now, s.notable().removes, took)
		return
	}
	made := r.changeMade(t)
	if t.made != nil {
		made.Attrs, made.Notes = t.made.Attrs, t.made.Notes
	}
	r.count(made.Action)
	r.emitChange(res, event.Applied, made, s.notable().removes, took)
}

// isUnchanged reports whether a failed change has left no trace.
func (t *task) isUnchanged() bool {
	if errors.Is(t.err, resource.ErrUntouched) {
		return true
	}
	if t.now.Action == resource.Run || t.after == nil {
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
func (r *applier) tookEffectAt(t *task) resource.Instant {
	now := r.Now()
	if t.at.IsZero() || t.at.After(now.Wall) {
		return now
	}
	return resource.Instant{Boot: now.Boot, Mono: now.Mono - now.Wall.Sub(t.at), Wall: t.at}
}

// changeMade returns the change that a task has made. Its action is the plan's, so that an apply reports what its plan
// has shown. What it replaced or removed was observed right before its effect, because an earlier step of the run may
// have changed that since the plan. The versions are the solver's, and the notes those of the plan.
func (r *applier) changeMade(t *task) resource.Change {
	plan, c := r.steps[t.i].plan(), t.now
	c.Notes = plan.Notes
	if !r.steps[t.i].solved {
		if !r.Resources[t.i].Kind.Inert { // it replaces only what was planned
			return plan
		}
		if plan.Action == resource.Create && c.Action != plan.Action {
			c.Notes = append(slices.Clip(c.Notes), noteWasThere)
		}
		c.Action = plan.Action
		return c
	}
	if c.Action == plan.Action && c.Have.RawEquals(plan.Have) {
		return plan
	}
	c.Attrs = slices.Clone(c.Attrs)
	for k := range c.Attrs {
		a := &c.Attrs[k]
		if i := slices.IndexFunc(plan.Attrs, func(p resource.AttrChange) bool { return p.Name == a.Name }); i >= 0 {
			a.Want = plan.Attrs[i].Want
		}
	}
	return c
}

// concludeAlso records what a change made on the way, if it was made.
func (r *applier) concludeAlso(ctx context.Context, t *task, made bool, at resource.Instant) {
	for _, c := range t.also {
		if !made {
			c.Action = resource.None
		}
		r.done(ctx, c, at, nil)
	}
}

// providerOf is the provider that the tasks of a batch share.
func (r *applier) providerOf(tasks []task) resource.Provider {
	return r.Resources[tasks[0].i].Provider()
}

// expectedSideEffects lists the forecast side effects of a provider's next transaction. It is not known which of
// several transactions will have them, so each lists all that remain.
func (r *applier) expectedSideEffects(p resource.Provider) []resource.Change {
	var cs []resource.Change
	for _, e := range r.also {
		if e.by == p && !e.made {
			cs = append(cs, e.change)
		}
	}
	return cs
}

// concludeSideEffects records the side effects of a transaction: forecast ones that happened, forecast ones that did
// not, and unexpected ones.
func (r *applier) concludeSideEffects(ctx context.Context, p resource.Provider, also []resource.Change) {
	if r.unrecorded != nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	at := r.Now()
	also = slices.Clone(also)
	for k := range r.also {
		e := &r.also[k]
		if e.by != p || e.made {
			continue
		}
		c := e.change
		if i := slices.IndexFunc(also, func(b resource.Change) bool { return sameChange(b, c) }); i >= 0 {
			e.made = true
			also = slices.Delete(also, i, i+1)
		} else {
			c.Action = resource.None
		}
		r.done(ctx, c, at, nil)
	}
	if len(also) == 0 || r.unrecorded != nil || !r.begin(ctx, also, nil) {
		return
	}
	for _, c := range also {
		r.done(ctx, c, at, nil)
	}
}

// sameChange reports whether two changes do the same to the same thing.
func sameChange(a, b resource.Change) bool {
	return a.Addr == b.Addr && a.Action == b.Action && a.Have.RawEquals(b.Have) && a.Want.RawEquals(b.Want)
}

// leaveUnfinished postpones the verdict on a failed resource that may succeed later in the run, and reports whether it
// did.
func (r *applier) leaveUnfinished(i int, err error) bool {
	s := &r.steps[i]
	on := r.Resources[i].OnFailure
	if !errors.Is(err, resource.ErrUnfinished) || s.notable().tried > 0 || on == resource.FailContinue || on == resource.FailStop || on == resource.FailRollback {
		return false
	}
	s.state, s.err = unfinished, err
	s.remark().tried = r.effects
	return true
}

// changesOf are the changes of a batch that invalidate caches, whether they succeeded or failed; nil: the batch may
// have changed anything.
func (r *applier) changesOf(tasks []task) []resource.Change {
	if r.Resources[tasks[0].i].Kind.Opaque {
		return nil
	}
	cs := make([]resource.Change, 0, len(tasks))
	for _, t := range tasks {
		cs = append(append(cs, t.now), t.also...)
	}
	return cs
}
