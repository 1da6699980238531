package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/graph"
	"converge/internal/resource"
)

// errStopped ends a run early on a resource's own wish.
var errStopped = errors.New(`a resource with on_failure = "stop" has failed`)

// Apply makes what p forecast, and uses p up. The error is about the run itself (the journal
// cannot be written); failed resources are in the Result.
func Apply(ctx context.Context, o Options, p *Planned) (Result, error) {
	r := newRun(o)
	r.takeUp(p)
	lost := r.takeOver(&r.queue)
	r.walk(ctx)
	if !r.interrupted(ctx) && r.revisit(ctx) {
		r.walk(ctx)
	}
	r.deliverBeforePrune(ctx)
	r.restBeforePrune(ctx)
	r.prune(ctx)
	for _, d := range lost {
		r.drop(ctx, d)
	}
	r.deliver(ctx)
	r.finishMachine(ctx)
	r.prove(ctx)
	return r.finish(ctx)
}

// takeUp goes on from what was planned, and uses it up.
func (r *run) takeUp(p *Planned) {
	r.steps, r.order, r.at, r.also, r.orphans = p.steps, p.order, p.at, p.also, p.orphans
	r.Resources, r.Graph, r.postponed, r.forecasts = slices.Clone(p.site), p.graph, p.postponed, p.forecasts
	for k := range r.orphans {
		if s := &r.orphans[k]; s.node >= 0 {
			r.orphanAt[s.node] = s
		}
	}
	for _, i := range r.postponed {
		if r.steps[i].state == waiting && r.steps[i].err == nil { // what fails does so before anything is removed
			r.steps[i].state = postponed
		}
	}
}

// walkOnce visits the graph once. It settles every ready resource that needs
// nothing at once, so that as much as possible becomes ready; then it changes the
// first resource in line, together with all that can share its batch.
func (r *run) walkOnce(ctx context.Context) {
	w := r.Graph.Walk()
	ready := map[resource.Provider][]int{}
	for {
		for i, ok := w.Next(); ok; i, ok = w.Next() {
			if r.settle(ctx, i) {
				r.settled(ctx, i)
				w.Done(i)
				continue
			}
			p := r.Resources[i].Provider()
			at, _ := slices.BinarySearch(ready[p], i)
			ready[p] = slices.Insert(ready[p], at, i)
		}
		batch := r.takeBatch(ready)
		if len(batch) == 0 {
			return
		}
		r.perform(ctx, batch)
		for _, i := range batch {
			r.settled(ctx, i)
			w.Done(i)
		}
	}
}

// takeBatch takes the first resource in line, and with it all of its provider
// if that provider can batch. A rollback goes stage by stage.
func (r *run) takeBatch(ready map[resource.Provider][]int) []int {
	var first resource.Provider
	for p, is := range ready {
		if len(is) > 0 && (first == nil || is[0] < ready[first][0]) {
			first = p
		}
	}
	if first == nil {
		return nil
	}
	n := 1
	if _, ok := first.(resource.Transactor); ok {
		for n < len(ready[first]) && r.sameStage(ready[first][0], ready[first][n]) {
			n++
		}
	}
	batch := ready[first][:n:n]
	ready[first] = ready[first][n:]
	return batch
}

func (r *run) sameStage(i, j int) bool {
	return r.Undo == nil || r.stage(i) == r.stage(j)
}

// stage is that of a rollback's step. What was added to it has none.
func (r *run) stage(i int) int {
	if i < len(r.Undo.steps) {
		return r.Undo.steps[i].stage
	}
	return 0
}

// settle reports whether nothing is to be done about a resource, and if so
// gives it its state.
func (r *run) settle(ctx context.Context, i int) bool {
	s := &r.steps[i]
	if s.state != waiting || r.interrupted(ctx) {
		return true
	}
	moved := r.moved(i)
	switch {
	case r.waitsForUnfinished(i):
		return true
	case r.skipIfDependencyFailed(i):
		return true
	case s.err != nil && !s.foreseen:
		r.fail(i, s.err)
		return true
	case s.err != nil: // what comes before it in line may mend that
		return false
	case !s.plan.Empty() || s.again:
		return false
	case s.seen == r.generation && !moved:
		s.state = untouched
		return true
	}
	err := r.refresh(i)
	var have cty.Value
	if err == nil {
		have, err = observe(ctx, r.Resources[i])
	}
	if err != nil {
		r.fail(i, err)
		return true
	}
	s.seen = r.generation
	now := resource.Diff(r.Resources[i], have)
	if now.Empty() {
		s.state = untouched
		return true
	}
	// A resource behind an unforeseeable effect that asks before it acts, or
	// that is another thing now, has an ordinary change. Any other one was as
	// declared when the plan was made, and is restored.
	if s.tentative && (s.turned || asks(r.Resources[i]) || r.Resources[i].Kind.Opaque) {
		now.Notes = s.plan.Notes
		s.plan = now
		return false
	}
	s.again = true
	return false
}

// skipIfDependencyFailed skips a resource whose prerequisite did not come right.
func (r *run) skipIfDependencyFailed(i int) bool {
	cause := -1
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		if st := r.steps[e.From].state; !e.Reason.Guess && (st == failed || st == skipped) {
			cause = e.From
		}
		return cause < 0
	})
	if cause < 0 {
		return false
	}
	r.skip(i, cause)
	return true
}

// skip skips a resource because of one that it comes after.
func (r *run) skip(i, cause int) {
	if root, ok := r.blame[cause]; ok {
		cause = root
	}
	r.blame[i] = cause
	r.steps[i].state = skipped
	r.counts.Skipped++
	r.emit(i, event.Event{Type: event.Skipped, Causes: []string{r.Resources[cause].Addr.String()}})
}

// settled delivers what was to go out right after the resource's own step.
func (r *run) settled(ctx context.Context, i int) {
	if r.urgent[i] && !r.interrupted(ctx) {
		delete(r.urgent, i)
		if e, ok := r.queue.Get(ownerOf(r.Resources[i])); ok {
			r.deliverTo(ctx, e, resource.Immediately)
		}
	}
}

// noteTolerated is the note of a failure that does not count.
const noteTolerated = `the run goes on as if it had worked (on_failure = "continue")`

// fail files an error under a resource, and decides what becomes of the run.
func (r *run) fail(i int, err error) {
	s, res := &r.steps[i], r.Resources[i]
	if errors.Is(err, context.Canceled) && r.stop != nil {
		return // it was not begun; the next run will
	}
	e := event.Event{Type: event.Failed, Action: string(s.plan.Action), Error: r.scrub(err.Error())}
	switch res.OnFailure {
	case resource.FailContinue:
		s.state = tolerated
		r.counts.Tolerated++
		e.Notes = []string{noteTolerated}
	case resource.FailStop:
		r.stop = errStopped
		fallthrough
	default:
		s.state = failed
		r.counts.Failed++
	}
	r.emit(i, e)
}

// differing names the attributes in which a change is not empty.
func differing(c resource.Change) string {
	if len(c.Attrs) == 0 {
		return string(c.Action)
	}
	names := make([]string, len(c.Attrs))
	for i, a := range c.Attrs {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

func (r *run) finish(ctx context.Context) (Result, error) {
	r.renameOwed(ctx)
	r.counts.Held = r.queue.Len() - r.owedToQueued()
	r.counts.Queued = len(r.result.Queued)
	r.counts.Also, r.counts.Off = len(r.also), r.countOff()
	for i := range r.steps {
		if i < r.declared && !r.steps[i].state.idle() {
			r.counts.Resources++
			r.counts.Left += one(r.steps[i].alone && r.steps[i].state == untouched)
		}
	}
	r.result.Counts = r.counts
	switch {
	case r.cannotRecord() && r.counts.Changed()+r.counts.Notified+r.counts.Failed == 0:
		r.result.Exit = 1
	case ctx.Err() != nil:
		r.result.Exit = 130
	case r.counts.Failed > 0 || r.counts.Held > 0 || r.stop != nil:
		r.result.Exit = 3
	}
	r.reportQueued()
	r.Events.Emit(event.Event{
		Type: event.RunFinished, Time: r.Now().Wall, Run: r.Run, Mode: "apply",
		Counts: &r.counts, Proved: r.result.Proved, Exit: r.result.Exit,
		Recurring: r.result.Recurring, Partial: r.Targets != nil, Altered: r.result.Altered,
	})
	if r.cannotRecord() {
		return r.result, r.stop
	}
	return r.result, nil
}

// journalError ends a run: without a journal nothing may be changed.
type journalError struct{ err error }

func (e *journalError) Error() string { return e.err.Error() }
func (e *journalError) Unwrap() error { return e.err }

// cannotRecord reports whether the journal has failed.
func (r *run) cannotRecord() bool {
	var broken *journalError
	return errors.As(r.stop, &broken)
}
