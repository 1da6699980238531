package engine

import (
	"context"
	"slices"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// debtBook holds what a run owes to the targets of its notifications, in memory
// and in the journal.
type debtBook struct {
	*progress
	*debtTargets
	queue  notify.Queue
	held   map[notify.Owner]bool
	queued map[notify.Owner]bool // owners whose action the init system will carry out after this run
	asks   probeDebts
}

// debtsOf returns what the change c of resource i will owe once it is made, which the caller records next. The time of
// the effect is not known yet: until then, only a reboot could satisfy the debt.
func (r *debtBook) debtsOf(i int, c resource.Change) (debts []notify.Debt) {
	if r.isQuiet(i, c) {
		return nil
	}
	r.requestsOf(i, func(n resource.Notify) {
		at := r.at.of(n.Target)
		switch {
		case n.When == resource.Before || !takesActions(r.Resources[at]):
		case r.isProbe(at) && n.When == resource.Delayed && !r.carry(at, i):
		default:
			debts = append(debts, r.debtOf(n.Target, n.Verb, i))
		}
	})
	return debts
}

func (r *debtBook) debtOf(target resource.Addr, verb string, cause int) notify.Debt {
	return notify.Debt{
		Target: target, Thing: r.Resources[r.at.of(target)].Key, Verb: verb, Cause: r.Resources[cause].Addr, Run: r.Run,
		Since: resource.Instant{Boot: r.Now().Boot, Wall: r.Now().Wall},
	}
}

func (r *debtBook) date(i int, at resource.Instant) {
	r.queue.Stamp(r.Resources[i].Addr, r.Run, at)
}

// payOff records that the debts to one owner are settled.
func (r *debtBook) payOff(ctx context.Context, s notify.Settled) {
	r.queue.Resolve(s.Owners[len(s.Owners)-1])
	if i, declared := r.resourceOf(s.Owners[len(s.Owners)-1]); declared {
		delete(r.asks.carriers, i)
	}
	r.recorded(r.o.Journal.Settled(context.WithoutCancel(ctx), s))
}

// keepOwed keeps an entry owed, and reports why: it was not sent, or it was tried and failed.
func (r *debtBook) keepOwed(e notify.Entry, why string, tried bool) {
	r.held[e.Owner] = true
	ev := event.Event{Type: event.Held, Verb: e.Verb, Causes: causes(e), Error: r.Scrub(why), Run: e.Debts[0].Run, Tried: tried}
	if r.result.TakeBack != (resource.Addr{}) {
		ev.Notes = []string{noteTakenBack}
	}
	r.emitOf(e.Target, ev)
}

// noteTakenBack explains why an action is held in a run that is taken back.
const noteTakenBack = "the run is taken back: what that leaves of the causes decides whether it is still owed"

// causes are the addresses of the resources that request an action. An action that the target itself requires has
// none.
func causes(e notify.Entry) []string {
	var out []string
	for _, d := range e.Debts {
		if c := d.Cause.String(); d.Cause != d.Target && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// drop removes and reports a debt that cannot be delivered.
func (r *debtBook) drop(ctx context.Context, d dropped) {
	r.payOff(ctx, notify.Settled{Owners: r.namesFor(d.Owner), Target: d.Target, Verb: d.Verb, Dropped: d.why})
	r.emitDropped(d)
}

// renameOwed makes the journal hold what stays owed under its current names: a renamed command is recognised by what
// it does, which may change, too. The debts of other sites, and the debts that a rollback meets, keep their names,
// because those names are not of this site.
func (r *debtBook) renameOwed(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for _, e := range r.queue.Entries() {
		old := r.names[e.Owner]
		foreign := func(d notify.Debt) bool { return r.o.Claim != nil && r.o.Claim(d) != Owned }
		if len(old) == 0 || r.Undo != nil || r.unrecorded != nil || slices.ContainsFunc(e.Debts, foreign) {
			continue
		}
		if r.recorded(r.o.Journal.Begin(ctx, nil, e.Debts)) { // a run killed in between leaves the debt under both names
			r.recorded(r.o.Journal.Settled(ctx, notify.Settled{Owners: old, Target: e.Target, Verb: e.Verb, Renamed: true}))
		}
	}
}

// isAllRight reports whether everything so far is as declared.
func (r *debtBook) isAllRight() bool {
	if r.counts.Failed+r.counts.Skipped+r.counts.Tolerated+len(r.held) > 0 {
		return false
	}
	return !slices.ContainsFunc(r.order, func(i int) bool { return r.steps[i].state == waiting })
}

// begin records changes and their debts before the effect, and reports whether it could.
func (r *debtBook) begin(ctx context.Context, cs []resource.Change, debts []notify.Debt) bool {
	if !r.recorded(r.o.Journal.Begin(ctx, cs, debts)) {
		return false
	}
	for _, d := range debts {
		r.queue.Add(d, r.rank(d.Owner(), d.Verb))
		delete(r.held, d.Owner())
	}
	return true
}

// done records how a change ended, and reports whether it could.
func (r *debtBook) done(ctx context.Context, c resource.Change, at resource.Instant, err error) bool {
	return r.recorded(r.o.Journal.Done(context.WithoutCancel(ctx), c, at, r.scrubError(err)))
}
