package undo

import (
	"context"
	"encoding/json"
	"slices"

	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
)

// addNotifies makes the reversal of a change notify the targets that the change has notified.
func (b *builder) addNotifies(u *Reversal, run *journal.RunDetail, n *journal.NetChange, t *engine.RevertSource, wanted map[resource.Addr]bool) {
	for _, d := range n.Owes {
		if b.isUnasked(run, d.Target) {
			continue
		}
		wanted[d.Target] = true
		t.Notifies = append(t.Notifies, resource.Notify{Target: d.Target, Verb: d.Verb, When: resource.Delayed})
		if b.actions.isUnseen(d, len(n.Steps)) {
			u.unseen[d.Target] = true
			d.Since = n.Steps[len(n.Steps)-1].At // it was raised before that
			t.Unseen = append(t.Unseen, d)
		}
	}
}

// findNotified returns the targets that the run notified, as declared then. A probe asks what it did before the run,
// even if that run was the first that did not declare it.
func (b *builder) findNotified(run *journal.RunDetail, wanted map[resource.Addr]bool) []*resource.Resource {
	for addr, a := range run.Asked {
		if journal.IsAsked(a.Was) && !journal.IsAsked(a.Now) || b.isCause(addr) {
			wanted[addr] = true
		}
	}
	var out []*resource.Resource
	for addr := range wanted {
		want := run.Notified[addr]
		if a, known := run.Asked[addr]; known && journal.IsAsked(a.Was) {
			want = a.Was
		} else if declared := b.findDeclared(addr); known && declared != nil { // it is new
			out = append(out, &resource.Resource{Addr: addr, Kind: b.kind(addr.Kind), Want: declared.Want, Secret: declared.Secret, Range: declared.Range})
			continue
		}
		k := b.kind(addr.Kind)
		if r := b.state.ReadTarget(addr, want, k); r == nil || k.Probe == nil {
			out = appendKnown(out, r)
		} else {
			out = appendKnown(out, b.readProbe(r, want))
		}
	}
	return out
}

// isCause reports whether a resource is the one whose failure causes the rollback.
func (b *builder) isCause(addr resource.Addr) bool { return b.o.For != "" && addr.String() == b.o.For }

// findDeclared finds a probe in the manifest; nil: it has none with that name.
func (b *builder) findDeclared(addr resource.Addr) *resource.Resource {
	for _, d := range b.o.Declared {
		if d.Is(addr) && d.Kind.Probe != nil {
			return d
		}
	}
	return nil
}

func appendKnown(rs []*resource.Resource, r *resource.Resource) []*resource.Resource {
	if r == nil {
		return rs
	}
	return append(rs, r)
}

// readProbe returns a probe with its secrets, which the journal does not keep, from the manifest, if that still has
// them. nil: without them it cannot be asked.
func (b *builder) readProbe(r *resource.Resource, want json.RawMessage) *resource.Resource {
	if d := b.findDeclared(r.Addr); d != nil {
		if err := journal.FillSecrets(b.state, r, d, want, b.o.Scrub); err != nil {
			b.hidden[r.Addr] = true
			return nil
		}
	}
	if r.LacksSecret() {
		b.hidden[r.Addr] = true
		return nil
	}
	return r
}

// isUnasked reports whether a target is a probe that was not asked before the run. The one whose failure causes the
// rollback is asked nevertheless: if it passes in the restored state, the run is the cause. If it does not, that is no
// failure of the rollback: what it asks about may not have been there (see [engine.Rollback]).
func (b *builder) isUnasked(run *journal.RunDetail, target resource.Addr) bool {
	a, known := run.Asked[target]
	return known && !journal.IsAsked(a.Was) && !b.isCause(target)
}

// listUnasked lists the probes that were not asked before the run.
func (b *builder) listUnasked(run *journal.RunDetail) map[resource.Addr]bool {
	out := map[resource.Addr]bool{}
	for addr := range run.Asked {
		if b.isUnasked(run, addr) {
			out[addr] = true
		}
	}
	return out
}

// listFirst lists the probes that are asked though they were not before the run.
func (b *builder) listFirst(run *journal.RunDetail) map[resource.Addr]bool {
	out := map[resource.Addr]bool{}
	for addr, a := range run.Asked {
		if !journal.IsAsked(a.Was) && b.isCause(addr) {
			out[addr] = true
		}
	}
	return out
}

// RecordAsked records which questions are current again.
func (u *Reversal) RecordAsked(ctx context.Context, run *journal.Run) error {
	return journal.AskAgain(ctx, run, u.asked)
}

// SelectDebts selects the earlier debts to the targets that the reversal notifies, because its deliveries settle them,
// and those to probes that have nothing to ask any more. key resolves a name on this machine.
func (u *Reversal) SelectDebts(owed []notify.Debt, key func(string) string) []notify.Debt {
	notified := map[resource.Addr]bool{}
	for _, r := range u.Resources {
		for _, n := range r.Notifies {
			notified[n.Target] = true
		}
	}
	owners := map[notify.Owner]bool{}
	for _, r := range u.Resources {
		if notified[r.Addr] || u.unseen[r.Addr] || r.Kind.Probe != nil {
			owners[notify.Debt{Target: r.Addr, Thing: r.Key}.Owner()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(owed), func(d notify.Debt) bool {
		if d.Thing != "" {
			d.Thing = key(d.Thing)
		}
		return !owners[d.Owner()] && !u.Unasked[d.Target]
	})
}
