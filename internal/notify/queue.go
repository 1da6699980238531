package notify

import (
	"cmp"
	"slices"

	"converge/internal/resource"
)

// Queue holds the open debts, merged into one entry per owner. The zero value is empty. It is not safe for concurrent
// use.
//
// At any time it equals a plain list of all added debts without the resolved and the removed ones. Adding, stamping,
// removing and resolving one debt each take constant time.
type Queue struct {
	seq    int
	items  map[key]*item
	causes map[cause]*list
	owners map[Owner]*list
}

type key struct {
	owner Owner
	verb  string
	cause cause
}

type cause struct {
	addr resource.Addr
	run  string
}

type item struct {
	debt      Debt
	rank, seq int
	removed   bool // its lists may still hold it
}

func (it *item) cause() cause { return cause{it.debt.Cause, it.debt.Run} }

// Add adds a debt. rank is the place of its verb among those of the target's kind (Kind.Rank): the highest decides
// which action runs. A verb unknown to this binary has rank -1; it is kept, below all others.
//
// When the same owner, verb, cause and run are added again, the debt keeps its place and gets the later of the two
// moments.
func (q *Queue) Add(d Debt, rank int) {
	k := key{d.Owner(), d.Verb, cause{d.Cause, d.Run}}
	if it := q.items[k]; it != nil {
		it.debt.Since = laterInstant(it.debt.Since, d.Since)
		it.rank = max(it.rank, rank)
		return
	}
	if q.items == nil {
		q.items = map[key]*item{}
		q.causes = map[cause]*list{}
		q.owners = map[Owner]*list{}
	}
	q.seq++
	it := &item{debt: d, rank: rank, seq: q.seq}
	q.items[k] = it
	appendItem(q.causes, k.cause, it)
	appendItem(q.owners, k.owner, it)
}

// Stamp records when the change of a cause in a run took effect.
func (q *Queue) Stamp(of resource.Addr, run string, since resource.Instant) {
	for _, it := range q.causes[cause{of, run}].remaining() {
		if isUnknown(it.debt.Since) {
			it.debt.Since = since
		} else {
			it.debt.Since = laterInstant(it.debt.Since, since)
		}
	}
}

// Remove removes the debts of a cause in a run, because the cause did not change after all.
func (q *Queue) Remove(of resource.Addr, run string) {
	for _, it := range q.causes[cause{of, run}].remaining() {
		q.removeItem(it)
	}
}

// Resolve removes all debts to the owner so far, because they were delivered.
// Debts added afterwards are owed anew.
func (q *Queue) Resolve(o Owner) {
	for _, it := range q.owners[o].remaining() {
		q.removeItem(it)
	}
}

func (q *Queue) removeItem(it *item) {
	it.removed = true
	delete(q.items, key{it.debt.Owner(), it.debt.Verb, it.cause()})
	countRemoved(q.causes, it.cause())
	countRemoved(q.owners, it.debt.Owner())
}

// Len is the number of owners with debts.
func (q *Queue) Len() int { return len(q.owners) }

// Get returns the debts to an owner; ok is false if there are none.
func (q *Queue) Get(o Owner) (e Entry, ok bool) {
	items := q.owners[o].remaining()
	if len(items) == 0 {
		return Entry{}, false
	}
	return mergeItems(items), true
}

// Entries returns all debts, by the first open debt of each owner, in the order
// added.
func (q *Queue) Entries() []Entry {
	lists := make([][]*item, 0, len(q.owners))
	for _, l := range q.owners {
		lists = append(lists, l.remaining())
	}
	slices.SortFunc(lists, func(a, b []*item) int { return cmp.Compare(a[0].seq, b[0].seq) })
	out := make([]Entry, len(lists))
	for i, items := range lists {
		out[i] = mergeItems(items)
	}
	return out
}

func mergeItems(items []*item) Entry {
	top := items[0]
	e := Entry{Owner: top.debt.Owner(), Target: items[len(items)-1].debt.Target, Debts: make([]Debt, len(items))}
	for i, it := range items {
		e.Debts[i] = it.debt
		// Several verbs of one rank are unknown ones. The name decides, so that the result does not depend on the
		// order in which debts were added.
		if cmp.Or(cmp.Compare(it.rank, top.rank), cmp.Compare(top.debt.Verb, it.debt.Verb)) > 0 {
			top = it
		}
	}
	e.Verb = top.debt.Verb
	return e
}

// isUnknown reports whether only the boot of a moment is known, or not even that.
func isUnknown(t resource.Instant) bool { return t.Boot == "" || t.Mono == 0 }

// laterInstant returns the moment of two that voids fewer debts. An unknown moment may be the last one, so it wins:
// one restart too many is harmless, one too few is not. Only the wall clock compares moments of different boots.
func laterInstant(a, b resource.Instant) resource.Instant {
	if a.Boot == "" {
		return a
	}
	if b.Boot == "" {
		return b
	}
	later := a.Mono != 0 && (b.Mono == 0 || b.Mono > a.Mono)
	if a.Boot != b.Boot {
		later = b.Wall.After(a.Wall)
	}
	if later {
		return b
	}
	return a
}
