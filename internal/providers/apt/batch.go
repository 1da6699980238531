package apt

import (
	"context"
	"errors"
	"path"
	"strings"

	"converge/internal/resource"
)

// batch is a set of changes on the way through as many transactions as it
// takes: one, unless packages fail that their neighbours do not need.
type batch struct {
	p        *Provider
	cs       []resource.Change
	planned  resource.Forecast
	out      map[int]error // changes that have failed, and no longer take part
	unpacked unpacking     // by all its transactions
}

// maxRounds is how often the rest is tried without the failed changes.
const maxRounds = 3

// runBatch makes the changes, and returns the last transaction and its error.
func (b *batch) runBatch(ctx context.Context) (*job, error) {
	j, err := b.attemptOnce(ctx, "")
	for round := 0; ; round++ {
		var failure *transactionError
		if !errors.As(err, &failure) || failure.err != nil || ctx.Err() != nil {
			return j, err
		}
		stale := ""
		switch {
		case failure.failedToFetch() && !j.lists.fresh:
			stale = "a package could not be fetched" // the archive has moved on since the lists were fetched
		case round == maxRounds || !b.setAside(ctx, j, failure):
			b.p.askUnits(context.WithoutCancel(ctx), failure.reasons)
			return j, err
		}
		next, nextErr := b.attemptOnce(ctx, stale)
		if next == nil {
			return j, errors.Join(err, nextErr)
		}
		j, err = next, nextErr
	}
}

// attemptOnce prepares and makes the changes; a non-empty stale is why the package lists must be fetched first.
func (b *batch) attemptOnce(ctx context.Context, stale string) (*job, error) {
	j, err := b.prepareJob(ctx, stale)
	if err != nil {
		return nil, err
	}
	if b.isForGate(j) {
		passed, err := b.passGate(ctx, j)
		if passed {
			return j, err
		}
		if j, err = b.newJob(ctx, j.lists); err != nil {
			return nil, err
		}
	}
	defer j.removePrivate()
	if j, err = b.solveJob(ctx, j); err != nil {
		return j, err
	}
	return j, transaction{job: j}.carryOut(ctx, &b.unpacked)
}

// setAside takes out of the batch the changes that a transaction has failed
// with, and reports whether others were not made only because of these.
func (b *batch) setAside(ctx context.Context, j *job, failure *transactionError) bool {
	db, err := b.p.currentDatabase()
	if err != nil {
		return false
	}
	var bad []int
	rest := false
	for i, it := range j.items {
		now, _ := db.findByName(it.name)
		switch {
		case it.err != nil || it.isSatisfiedBy(now) && transaction{job: j}.isUpToDate(it, now):
		case failure.isCause(it.name):
			bad = append(bad, i)
		case !failure.isConsequence(it.name):
			rest = true
		}
	}
	if !rest || len(bad) == 0 {
		return false
	}
	b.p.askUnits(context.WithoutCancel(ctx), failure.reasons)
	for _, i := range bad {
		b.out[i] = transaction{job: j}.outcomeOf(j.items[i], failure)
	}
	return true
}

// isCause reports whether the package itself made the transaction fail: its script, its files, or the fetching of it.
func (e *transactionError) isCause(name string) bool {
	if f, ok := e.reasons[name]; ok {
		return !f.isDependency()
	}
	for line := range strings.Lines(e.res.Stdout) {
		url, ok := strings.CutPrefix(strings.TrimSpace(line), "E: Failed to fetch ")
		if !ok {
			continue
		}
		url, _, _ = strings.Cut(url, " ")
		if strings.HasPrefix(path.Base(url), baseName(name)+"_") {
			return true
		}
	}
	return false
}

// isConsequence reports whether dpkg left a package only because of one that it depends on.
func (e *transactionError) isConsequence(name string) bool {
	f, ok := e.reasons[name]
	return ok && f.isDependency()
}

// isDependency reports whether a package failed because of another.
func (f dpkgFailure) isDependency() bool { return strings.HasPrefix(f.why, "dependency problems") }
