package packages

import (
	"context"
	"errors"
	"fmt"
	"time"

	"converge/internal/resource"
	"converge/resources"
)

// ApplyAll implements [resource.Transactor]: all changes in one transaction. It is solved again right before; it omits
// and reports what cannot be made, and what would exceed the plan. An interrupt (ctx cancelled) only counts between
// steps: a running manager is completed. A deadline of ctx stops it.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, planned resource.Forecast) resource.Outcome {
	p.transaction.Lock()
	defer p.transaction.Unlock()
	defer p.newest.forget()
	started := time.Now()
	before, beforeErr := p.currentDatabase(ctx) // the transaction reports the error
	b := &batch{sources: p.sources, cs: cs, planned: planned, out: map[int]error{}}
	j, err := b.run(ctx)
	o := resource.Outcome{Errs: make([]error, len(cs))}
	failed := false
	for i := range cs {
		o.Errs[i] = err
		if j != nil {
			o.Errs[i] = transaction{j}.outcomeOf(ctx, j.items[i], err)
		}
		failed = failed || o.Errs[i] != nil
	}
	if err != nil && !failed { // it concerns a package that no resource declares
		p.notice("all that was asked for is done, but: " + firstLine(err.Error()))
	}
	left := errors.Is(err, resource.ErrLeft) // files are still to come then
	if after, err := p.currentDatabase(context.WithoutCancel(ctx)); err == nil && beforeErr == nil {
		o.Also = b.sideEffects(before, after, j)
		o.Made = resources.PackagesMade(planned, cs, func(i int) string {
			if j == nil || o.Err(i) != nil {
				return ""
			}
			now, _ := after.find(j.items[i].packageName())
			return now.Version
		})
		if !left {
			o.At = b.momentsOf(context.WithoutCancel(ctx), started, before, after, j)
		}
	}
	return o
}

// batch is a set of changes on the way through as many transactions as it
// takes: one, unless packages fail that their neighbours do not need, or the
// repositories have moved on since their index was fetched.
type batch struct {
	*sources
	cs      []resource.Change
	planned resource.Forecast
	lacking error         // why the index could not be fetched
	out     map[int]error // changes that have failed, and no longer take part
	fetched bool          // the index was fetched for it: it is as new as possible
}

// maxRounds is how often the rest is tried without the failed changes.
const maxRounds = 3

// run makes the changes, and returns the last transaction and its error.
func (b *batch) run(ctx context.Context) (*job, error) {
	j, err := b.attempt(ctx)
	for round := 0; ; {
		again, fetchErr := b.refetch(ctx, err)
		if fetchErr != nil {
			return j, errors.Join(err, fetchErr)
		}
		if !again {
			var failure *PackagesError
			if round == maxRounds || !errors.As(err, &failure) || ctx.Err() != nil || !b.setAside(ctx, j, failure) {
				return j, err
			}
			round++
		}
		next, nextErr := b.attempt(ctx)
		if next == nil {
			return j, errors.Join(err, nextErr)
		}
		j, err = next, nextErr
	}
}

// refetch fetches the index anew, once, after a transaction that has failed because packages are not where the index
// has them. It reports whether there is a new index to use.
func (b *batch) refetch(ctx context.Context, failure error) (bool, error) {
	var gone *FetchError
	if b.fetched || ctx.Err() != nil || !errors.As(failure, &gone) {
		return false, nil
	}
	return b.refresh(ctx, "packages are not to be had as it says")
}

// refresh fetches the machine's own index, and reports whether that has succeeded. Its error is one that forbids using
// the earlier index (refuseOldIndex).
func (b *batch) refresh(ctx context.Context, why string) (bool, error) {
	b.privately.Store(false)
	b.fetched = true // as new as possible
	b.progress("fetching the package index: " + why)
	err := b.Index.Refresh(ctx, false)
	if err == nil {
		return true, nil
	}
	if err := b.refuseOldIndex(ctx, err); err != nil {
		return false, err
	}
	b.lacking = err
	b.notice(err.Error()) // the solver reports what is missing because of it
	return false, nil
}

// attempt prepares and makes the changes.
func (b *batch) attempt(ctx context.Context) (*job, error) {
	j, err := b.prepare(ctx)
	if err == nil {
		err = transaction{j}.carryOut(ctx)
	}
	return j, err
}

// prepare returns a solution by the machine's own, fresh index that the plan covers.
func (b *batch) prepare(ctx context.Context) (*job, error) {
	j, err := b.newJob(ctx, b.cs)
	if err != nil {
		return nil, err
	}
	for i, err := range b.out {
		j.items[i].err, j.items[i].out = err, true
	}
	if len(j.wordItems()) == 0 {
		return j, nil
	}
	refresh := func(why string) error {
		_, err := b.refresh(ctx, why)
		return err
	}
	why, err := b.whyStale(ctx, j)
	if err != nil {
		return nil, err
	}
	if why != "" {
		if err := refresh(why); err != nil {
			return nil, err
		}
	}
	j.fresh = b.fetched
	if err := j.solveAll(ctx, refresh); err != nil {
		return nil, err
	}
	if b.lacking != nil {
		j.refuseUnfetched(b.lacking)
	}
	fresh := j.fresh
	err = j.guardPlan(ctx, b.planned)
	j.fresh = fresh
	return j, err
}

// whyStale returns why the index has to be fetched before a transaction uses it.
func (b *batch) whyStale(ctx context.Context, j *job) (string, error) {
	if b.fetched {
		return "", nil
	}
	why, err := b.Index.WhyStale(ctx, j.wantsLatest())
	if err == nil && why == "" && b.privately.Load() {
		why = "the plan went by a newer one than the machine's"
	}
	return why, err
}

// setAside takes out of the batch the changes that a transaction has failed
// with, and reports whether others were not made only because of these.
func (b *batch) setAside(ctx context.Context, j *job, failure *PackagesError) bool {
	db, err := b.currentDatabase(ctx)
	if err != nil {
		return false
	}
	var bad []int
	rest := false
	for i, it := range j.items {
		now, there := db.find(it.name)
		_, failed := failure.Packages[it.packageName()]
		switch {
		case it.err != nil || it.word == nil || transaction{j}.isMade(it, now, there):
		case failed:
			bad = append(bad, i)
		default:
			rest = true
		}
	}
	for _, i := range bad {
		b.out[i] = transaction{j}.outcomeOf(ctx, j.items[i], failure)
	}
	return rest && len(bad) > 0
}

// transaction makes the changes that a job has solved.
type transaction struct{ *job }

// carryOut makes the changes: the manager's transaction, then what it cannot do itself.
func (j transaction) carryOut(ctx context.Context) error {
	r, _ := j.newRequest(j.wordItems())
	var runErr error
	leftovers := j.findLeftovers(ctx)
	if len(r.Words) > 0 {
		for _, o := range j.ops {
			if o.removes() {
				r.AllowRemovals, r.Removals = true, append(r.Removals, o.Name)
			}
			r.AllowDowngrades = r.AllowDowngrades || j.downgrades(o)
		}
		j.progress(j.countOperations())
		r.Record = j.memory.newRecord()
		runErr = j.Solver.Commit(ctx, r)
		j.forgetDatabase()
	}
	if errors.Is(runErr, resource.ErrLeft) {
		return runErr // the manager has the locks, and is not done
	}
	ctx = context.WithoutCancel(ctx)
	runErr = j.rememberScripts(ctx, r, runErr)
	for _, then := range []func(context.Context) error{leftovers.remove, j.setMarks, j.setHolds} {
		if err := then(ctx); err != nil {
			runErr = errors.Join(runErr, err)
		}
	}
	return runErr
}

func (j transaction) countOperations() string {
	install, change, remove := 0, 0, 0
	for _, o := range j.ops {
		switch {
		case o.removes():
			remove++
		case o.Old == "":
			install++
		default:
			change++
		}
	}
	return fmt.Sprintf("one transaction: %d to install, %d to change, %d to remove", install, change, remove)
}
