package apt

import (
	"context"

	"converge/resources"
)

// Whether apt installs recommended packages is one setting of a whole transaction, but a manifest sets it for each
// package. If they differ, the transaction runs with the setting off, and the recommended packages of the others are
// named explicitly, then marked as installed automatically.

// recommendChoice is how the whole transaction is set.
func (q *request) recommendChoice() resources.Recommending {
	how, _ := resources.ChooseRecommends(func(yield func(*bool) bool) {
		for _, it := range q.items {
			if it.err == nil && it.word != "" && !it.removes && !yield(it.recommend) {
				return
			}
		}
	})
	return how
}

// askRecommended finds the recommended packages of the items that accept them,
// if other items do not.
func (j *job) askRecommended(ctx context.Context) error {
	j.extra = nil
	if j.recommendChoice() != resources.RecommendsMixed {
		return nil
	}
	part := &request{sources: j.sources, db: j.db, lists: j.lists}
	for _, it := range j.items {
		if it.recommend == nil || *it.recommend {
			part.items = append(part.items, it)
		}
	}
	ops, bad, err := part.simulateWords(ctx, part.installWords())
	if err != nil || len(bad) > 0 {
		return err // asking for all shows the problem again
	}
	for _, o := range ops {
		if o.old == "" && !o.removes() && j.itemOf(o.name) == nil {
			j.extra = append(j.extra, o.name)
		}
	}
	return nil
}
