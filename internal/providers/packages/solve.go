package packages

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/resource"
)

// job solves a batch of changes: it finds the largest part of them that the manager
// can do together without any unwanted operation.
type job struct {
	*sources
	db     *database
	items  []*item
	repair []Word // packages that a killed manager left broken and that no item is about
	fresh  bool   // the index is as new as possible
	ops    []Operation
}

func (s *sources) newJob(ctx context.Context, cs []resource.Change) (*job, error) {
	db, err := s.currentDatabase(ctx)
	if err != nil {
		return nil, err
	}
	j := &job{sources: s, db: db}
	for _, c := range cs {
		j.items = append(j.items, s.newItem(ctx, db, c))
	}
	checkReleases(j)
	j.addRepairs()
	return j, nil
}

// addRepairs also reinstalls broken packages that no change concerns, if there is any request to the manager.
func (j *job) addRepairs() {
	if len(j.wordItems()) == 0 {
		return
	}
	about := map[string]bool{}
	for _, it := range j.items {
		about[it.packageName()] = true
	}
	for i := range j.db.list {
		p := &j.db.list[i]
		if p.Broken != "" && !about[p.Name] {
			j.repair = append(j.repair, Word{Name: p.Name, Version: p.Version, Reinstall: true})
		}
	}
}

// wordItems returns the items that ask something of the manager.
func (j *job) wordItems() []*item {
	var out []*item
	for _, it := range j.items {
		if it.err == nil && it.word != nil {
			out = append(out, it)
		}
	}
	return out
}

// newRequest is the request to the manager, with the item of each word; nil for words without one.
func (j *job) newRequest(items []*item) (r Request, of []*item) {
	for _, it := range items {
		if i := slices.IndexFunc(r.Words, func(w Word) bool { return w.isSame(it.word) }); i >= 0 {
			continue // two names for one package
		}
		r.Words, of = append(r.Words, *it.word), append(of, it)
	}
	for _, w := range j.repair {
		r.Words, of = append(r.Words, w), append(of, nil)
	}
	return r, of
}

func (w *Word) isSame(o *Word) bool {
	return w.Name == o.Name && w.Arch == o.Arch && w.Version == o.Version && w.Remove == o.Remove && w.File == o.File
}

func (j *job) wantsLatest() bool {
	return slices.ContainsFunc(j.items, func(it *item) bool { return it.ensure == "latest" })
}

// solveAll asks the manager what the whole transaction would do. It marks and removes a change that cannot be made,
// and asks for the rest again. refresh fetches the index; it is called at most once, when the present one lacks
// something.
func (j *job) solveAll(ctx context.Context, refresh func(why string) error) error {
	for {
		err := j.trySolve(ctx)
		if !errors.Is(err, errStale) {
			return err
		}
		if err := refresh(errStale.Error()); err != nil {
			return err
		}
		j.fresh = true // as fresh as possible
	}
}

// trySolve is one attempt of solveAll, on the present index.
func (j *job) trySolve(ctx context.Context) error {
	if err := j.pickOffers(ctx); err != nil {
		return err
	}
	checkReleases(j) // an entry may name the version that was picked
	for {
		j.ops = nil
		items := j.wordItems()
		if len(items) == 0 {
			return nil
		}
		solution, of, err := j.simulate(ctx, items)
		switch {
		case err != nil:
			return err
		case len(solution.Failed) > 0:
			if err := j.markFailed(solution, of); err != nil {
				return err
			}
			continue
		}
		j.ops = solution.Operations
		if !j.checkDeclared() {
			continue
		}
		if again, err := j.refuseContradictions(ctx); err != nil || !again {
			return err
		}
	}
}

// simulate asks the manager about some of the items, everything allowed: the guards check what it would do beyond
// them. If it refuses without naming the responsible one, each is asked about alone.
func (j *job) simulate(ctx context.Context, items []*item) (Solution, []*item, error) {
	r, of := j.newRequest(items)
	r.AllowRemovals, r.AllowDowngrades = true, true
	solution, err := j.Solver.Simulate(ctx, r)
	if err == nil || ctx.Err() != nil {
		return solution, of, err
	}
	solution.Failed = map[int]error{}
	for i := range r.Words {
		alone := Request{Words: r.Words[i : i+1], AllowRemovals: true, AllowDowngrades: true}
		one, fail := Solution{}, err
		if len(r.Words) > 1 {
			one, fail = j.Solver.Simulate(ctx, alone)
		}
		if len(one.Failed) > 0 {
			fail = one.Failed[0]
		}
		if fail != nil {
			solution.Failed[i] = fail
		}
	}
	if len(solution.Failed) == 0 || len(solution.Failed) == len(r.Words) && len(r.Words) > 1 {
		return solution, of, fmt.Errorf("%s finds no solution: %w", j.Name, err)
	}
	return solution, of, nil
}

// markFailed marks the items with impossible words. It omits an impossible repair.
func (j *job) markFailed(s Solution, of []*item) error {
	marked := false
	for i, err := range s.Failed {
		switch {
		case i < 0 || i >= len(of):
		case of[i] == nil:
			j.repair = slices.DeleteFunc(j.repair, func(w Word) bool { return w.Name == j.repairAt(i, of) })
			marked = true
		case of[i].word.Reinstall && of[i].source == "" && of[i].f.have.Broken != "":
			of[i].word.Reinstall, of[i].word.Version = false, "" // that version is no longer available
			marked = true
		case of[i].err == nil:
			of[i].err = err
			marked = true
		}
	}
	if !marked {
		return fmt.Errorf("%s finds no solution: %v", j.Name, s.Failed)
	}
	return nil
}

// repairAt is the package of a word without an item: these are the last ones.
func (j *job) repairAt(i int, of []*item) string {
	at := i - (len(of) - len(j.repair))
	if at < 0 || at >= len(j.repair) {
		return ""
	}
	return j.repair[at].Name
}

// itemOf finds the change about an operation's package that still takes part.
func (j *job) itemOf(o Operation) *item {
	for _, it := range j.items {
		if it.err == nil && it.isAbout(o) {
			return it
		}
	}
	return nil
}

// checkDeclared marks the declared changes that the manager must not make in its way; it is false if there are any.
func (j *job) checkDeclared() bool {
	ok := true
	for _, o := range j.ops {
		it := j.itemOf(o)
		if it == nil {
			continue
		}
		if err := j.checkOperation(it, o); err != nil {
			it.err, ok = err, false
		}
	}
	return ok
}
