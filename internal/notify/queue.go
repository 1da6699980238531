package notify

import (
	"cmp"
	"slices"

	"converge/internal/resource"
)

// Queue holds the open debts, merged into one entry per target. The zero value
// is empty. It is not safe for concurrent use.
//
// At any time it equals a plain list of all raised debts from which the paid and
// the dropped ones were removed; raising, dating, dropping and paying one debt
// cost the same however many there are.
type Queue struct {
	seq    int
	raised map[key]*item
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
	gone      bool // struck out, perhaps not yet swept from its lists
}

func (it *item) cause() cause { return cause{it.debt.Cause, it.debt.Run} }

// Raise adds a debt. rank is the place of its verb among those of the target's
// kind (Kind.Rank): the highest decides which action runs. A verb unknown to this
// binary has rank -1; it is kept, below all others.
//
// Raised again for the same target, verb, cause and run, a debt keeps its place
// and takes the later of the two moments.
func (q *Queue) Raise(d Debt, rank int) {
	k := key{d.Owner(), d.Verb, cause{d.Cause, d.Run}}
	if it := q.raised[k]; it != nil {
		it.debt.Since = later(it.debt.Since, d.Since)
		it.rank = max(it.rank, rank)
		return
	}
	if q.raised == nil {
		q.raised = map[key]*item{}
		q.causes = map[cause]*list{}
		q.owners = map[Owner]*list{}
	}
	q.seq++
	it := &item{debt: d, rank: rank, seq: q.seq}
	q.raised[k] = it
	add(q.causes, k.cause, it)
	add(q.owners, k.owner, it)
}

// Date records that the change of cause in that run took effect at since.
func (q *Queue) Date(of resource.Addr, run string, since resource.Instant) {
	for _, it := range q.causes[cause{of, run}].all() {
		if unknown(it.debt.Since) {
			it.debt.Since = since
		} else {
			it.debt.Since = later(it.debt.Since, since)
		}
	}
}

// Drop strikes out what cause owed in that run: it turned out not to change.
func (q *Queue) Drop(of resource.Addr, run string) {
	for _, it := range q.causes[cause{of, run}].all() {
		q.strike(it)
	}
}

// Pay settles all debts to the target so far. Debts raised afterwards are owed
// anew.
func (q *Queue) Pay(o Owner) {
	for _, it := range q.owners[o].all() {
		q.strike(it)
	}
}

func (q *Queue) strike(it *item) {
	it.gone = true
	delete(q.raised, key{it.debt.Owner(), it.debt.Verb, it.cause()})
	lose(q.causes, it.cause())
	lose(q.owners, it.debt.Owner())
}

// Len is the number of owners that are owed something.
func (q *Queue) Len() int { return len(q.owners) }

// Get returns the debts to a target; ok is false if there are none.
func (q *Queue) Get(o Owner) (e Entry, ok bool) {
	items := q.owners[o].all()
	if len(items) == 0 {
		return Entry{}, false
	}
	return entry(items), true
}

// Entries returns all debts, by the first open debt of each target, in the order
// raised.
func (q *Queue) Entries() []Entry {
	lists := make([][]*item, 0, len(q.owners))
	for _, l := range q.owners {
		lists = append(lists, l.all())
	}
	slices.SortFunc(lists, func(a, b []*item) int { return cmp.Compare(a[0].seq, b[0].seq) })
	out := make([]Entry, len(lists))
	for i, items := range lists {
		out[i] = entry(items)
	}
	return out
}

func entry(items []*item) Entry {
	top := items[0]
	e := Entry{Owner: top.debt.Owner(), Target: items[len(items)-1].debt.Target, Debts: make([]Debt, len(items))}
	for i, it := range items {
		e.Debts[i] = it.debt
		// Verbs of one rank are all unknown ones; the name decides, so that
		// the answer does not hang on the order of raises.
		if cmp.Or(cmp.Compare(it.rank, top.rank), cmp.Compare(top.debt.Verb, it.debt.Verb)) > 0 {
			top = it
		}
	}
	e.Verb = top.debt.Verb
	return e
}
