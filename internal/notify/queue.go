package notify

import (
	"cmp"
	"slices"

	"converge/resources"
)

// Queue holds the debts that stand, merged into one entry per owner. The zero
// value is empty. It is not safe for concurrent use.
//
// At any time it says what one would read off a plain list of all raises from
// which the paid and the dropped have been struck out; raising, dating,
// dropping and paying one debt cost the same however many there are.
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
	addr resources.Addr
	run  string
}

type item struct {
	debt      Debt
	rank, seq int
	gone      bool // struck out, perhaps not yet swept from its lists
}

func (it *item) cause() cause { return cause{it.debt.Cause, it.debt.Run} }

// Raise adds a debt. rank is the place of its verb among those of the target's
// kind (Kind.Rank): the highest decides what the target is told. A verb that
// this binary does not know has rank -1; it is kept, below all others.
//
// Raised again for the same owner, verb, cause and run, a debt keeps its
// place and takes the later of the two moments.
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

// Date says that the change of cause in that run took effect at since.
func (q *Queue) Date(of resources.Addr, run string, since resources.Instant) {
	for _, it := range q.causes[cause{of, run}].all() {
		if unknown(it.debt.Since) {
			it.debt.Since = since
		} else {
			it.debt.Since = later(it.debt.Since, since)
		}
	}
}

// Drop strikes out what cause owed in that run: it turned out not to change.
func (q *Queue) Drop(of resources.Addr, run string) {
	for _, it := range q.causes[cause{of, run}].all() {
		q.strike(it)
	}
}

// Pay settles all that has been raised for the owner so far. What is raised for
// it afterwards is owed anew.
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

// Get returns what is owed to the owner; ok is false if that is nothing.
func (q *Queue) Get(o Owner) (e Entry, ok bool) {
	items := q.owners[o].all()
	if len(items) == 0 {
		return Entry{}, false
	}
	return entry(items), true
}

// Entries returns all that is owed, by the first debt of each owner that
// still stands, in the order raised.
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
