package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/notify"
	"converge/internal/resource"
)

// await waits until the things that the run started can be judged.
func (r *applyRun) await(ctx context.Context) {
	for _, f := range r.Machine.Finishers {
		if r.interrupted(ctx) {
			break
		}
		err := f.Await(ctx)
		if _, err = r.takeVerdicts(err); err != nil && !r.interrupted(ctx) {
			r.failRun(err)
		}
	}
	r.oweAgain(ctx)
}

// takeVerdicts records the verdicts of a finisher at their resources. stray is the first verdict on a thing that is
// not declared; other is an error that is no verdict and may be joined to them.
func (r *applyRun) takeVerdicts(err error) (stray, other error) {
	var verdicts resource.Verdicts
	if !errors.As(err, &verdicts) {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(verdicts)) {
		if i, declared := r.resourceOf(notify.Owner{Thing: r.Identity.Key(key)}); declared {
			r.steps[i].setVerdict(verdicts[key])
		} else {
			stray = cmp.Or(stray, verdicts[key])
		}
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			if !errors.As(e, new(resource.Verdicts)) {
				other = cmp.Or(other, e)
			}
		}
	}
	return stray, other
}

// finishMachine makes the machine react to the changes of the run.
func (r *applyRun) finishMachine(ctx context.Context) {
	r.result.Queued = nil
	for _, f := range r.Machine.Finishers {
		// An interrupted run has changed things, too.
		queued, err := f.Finish(context.WithoutCancel(ctx))
		stray, err := r.takeVerdicts(err)
		if err = cmp.Or(err, stray); err != nil {
			r.failRun(err)
		}
		if r.effects > 0 {
			r.result.Queued = append(r.result.Queued, queued...)
		}
	}
}

// prove determines what the run may claim: after its last effect, everything was observed and nothing remains to be
// done. A run without an effect was proved by its plan.
func (r *applyRun) prove(ctx context.Context) {
	if (r.effects > 0 || r.hasVerdict()) && !r.interrupted(ctx) {
		r.comeToRest(ctx)
	}
	if r.interrupted(ctx) || len(r.result.Queued) > 0 {
		return
	}
	left := r.counts.Failed + r.counts.Skipped + r.queue.Len()
	for i := range r.steps {
		left += one(r.steps[i].state == tolerated)
	}
	if left > 0 || r.blind {
		return
	}
	r.result.Recurring = r.listRecurring()
	if r.effects > 0 && r.o.Inputs != nil {
		altered, err := r.o.Inputs(ctx)
		if err != nil {
			r.warn(err.Error())
			return
		}
		r.result.Altered = altered
	}
	r.result.Proved = len(r.result.Recurring)+len(r.result.Altered.Files)+len(r.result.Altered.Facts) == 0 && ctx.Err() == nil
}

// hasVerdict reports whether a finisher found a resource not as declared. That can happen without an effect of this
// run: an earlier run was killed before it had finished.
func (r *applyRun) hasVerdict() bool {
	for i := range r.steps {
		if r.steps[i].notable().verdict != nil {
			return true
		}
	}
	return false
}

// comeToRest observes the whole site. A second pass corrects the deviations and delivers the resulting debts. A
// resource that still deviates afterwards is contradicted by another one, and has failed.
func (r *applyRun) comeToRest(ctx context.Context) {
	drifts := r.lookAtAll(ctx)
	if len(drifts) == 0 || r.interrupted(ctx) {
		return
	}
	r.second = true
	effects := r.effects
	r.reopen(drifts)
	r.walk(ctx)
	r.deliver(ctx, nil)
	r.finishMachine(ctx)
	if r.effects == effects || r.interrupted(ctx) {
		return
	}
	for _, d := range r.lookAtAll(ctx) {
		if d.err == nil {
			d.err = r.explainContradiction(ctx, d)
		}
		r.fail(d.i, d.err)
	}
}

// lookAtAll observes everything that this run left as declared, without any cached observation, and returns, in graph
// order, what no longer is.
func (r *applyRun) lookAtAll(ctx context.Context) []drift {
	r.invalidateCaches(nil, []resource.Change{})
	r.generation++
	r.await(ctx)
	if r.o.Renew != nil {
		err := r.o.Renew(ctx)
		if r.blind = err != nil; r.blind {
			r.warn(err.Error())
		}
	}
	return r.observeStale(ctx, func(int) bool { return true })
}

// revisit observes the dependencies of targets about to be notified again, if an opaque change followed their
// observation: the target must find them as declared. It reports whether any of them must be corrected.
func (r *applyRun) revisit(ctx context.Context) (again bool) {
	if r.generation == 0 || r.queue.Len() == 0 {
		return false
	}
	var targets []int
	for _, e := range r.queue.Entries() {
		if i, ok := r.resourceOf(e.Owner); ok {
			targets = append(targets, i)
		}
	}
	under := r.Graph.Ahead(targets...)
	for _, i := range targets {
		under[i] = true
	}
	drifts := r.observeStale(ctx, func(i int) bool { return under[i] })
	r.reopen(drifts)
	return len(drifts) > 0
}

// reopen gives resources that are no longer as declared another turn.
func (r *applyRun) reopen(drifts []drift) {
	for _, d := range drifts {
		s := &r.steps[d.i]
		s.state, s.err, s.again = waiting, d.err, true
		s.foreseen = s.foreseen && d.err == nil // d.err is an observation, not a forecast
	}
}

// drift is a resource that is no longer as declared.
type drift struct {
	i      int
	change resource.Change
	err    error // why it could not be observed
}

// observeStale observes the resources that were last seen in an earlier generation, and returns, in graph order, those
// that are not as declared.
func (r *applyRun) observeStale(ctx context.Context, of func(i int) bool) []drift {
	var stale []int
	place := map[int]int{}
	for _, i := range r.order {
		if s := &r.steps[i]; (s.state == untouched || s.state == changed) && s.seen != r.generation && of(i) {
			place[i] = len(stale)
			stale = append(stale, i)
		}
	}
	seen := make([]drift, len(stale))
	unread := map[int]error{}
	for _, i := range stale {
		if err := cmp.Or(r.steps[i].notable().verdict, r.refresh(i)); err != nil {
			unread[i] = err
		}
		r.steps[i].setVerdict(nil)
	}
	observeAll(ctx, r.Resources, stale, func(i int, have cty.Value, err error) {
		d := &seen[place[i]]
		if bad := unread[i]; bad != nil {
			err = bad
		}
		d.i, d.err = i, err
		if err == nil {
			d.change = resource.Diff(r.Resources[i], have)
		}
		r.steps[i].seen = r.generation
	})
	return slices.DeleteFunc(seen, func(d drift) bool { return d.err == nil && d.change.Empty() || r.wentAlong(d) || r.isUncovered(d) })
}

// listRecurring lists the resources that every run changes.
func (r *applyRun) listRecurring() []string {
	var out []string
	for _, i := range r.order {
		res := r.Resources[i]
		if !r.steps[i].state.idle() && !r.isProbe(i) && res.Kind.Recurs != nil && res.Kind.Recurs(res.Want) {
			out = append(out, res.Addr.String())
		}
	}
	return out
}
