package undo

import (
	"context"
	"encoding/json"
	"slices"

	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
)

// findNotified returns the targets that the run notified, as declared then. A probe asks what it
// did before the run, also if that run was the first that did not declare it.
func (b *builder) findNotified(run *journal.RunDetail, wanted map[resource.Addr]bool) []*resource.Resource {
	for addr, a := range run.Asked {
		if journal.IsAsked(a.Was) && !journal.IsAsked(a.Now) {
			wanted[addr] = true
		}
	}
	var out []*resource.Resource
	for addr := range wanted {
		want := run.Notified[addr]
		if a, known := run.Asked[addr]; known {
			want = a.Was
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

func appendKnown(rs []*resource.Resource, r *resource.Resource) []*resource.Resource {
	if r == nil {
		return rs
	}
	return append(rs, r)
}

// readProbe returns a probe with its secrets, which the journal does not keep, from the
// manifest, as far as it still has them. nil: without them it cannot be asked.
func (b *builder) readProbe(r *resource.Resource, want json.RawMessage) *resource.Resource {
	for _, d := range b.o.Declared {
		if !d.Is(r.Addr) || d.Kind.Probe == nil {
			continue
		}
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

// isUnasked reports whether a target is a probe that was not asked before the run.
func isUnasked(run *journal.RunDetail, target resource.Addr) bool {
	a, known := run.Asked[target]
	return known && !journal.IsAsked(a.Was)
}

// listUnasked lists the probes that were not asked before the run.
func listUnasked(run *journal.RunDetail) map[resource.Addr]bool {
	out := map[resource.Addr]bool{}
	for addr := range run.Asked {
		if isUnasked(run, addr) {
			out[addr] = true
		}
	}
	return out
}

// RecordAsked records which questions hold again.
func (u *Reversal) RecordAsked(ctx context.Context, run *journal.Run) error {
	return journal.AskAgain(ctx, run, u.asked)
}

// SelectDebts selects the earlier debts to the targets that the reversal notifies, because
// what it delivers is settled, and those to probes that have nothing to ask any more. key
// resolves a name on this machine.
func (u *Reversal) SelectDebts(owed []notify.Debt, key func(string) string) []notify.Debt {
	notified := map[resource.Addr]bool{}
	for _, r := range u.Resources {
		for _, n := range r.Notifies {
			notified[n.Target] = true
		}
	}
	owners := map[notify.Owner]bool{}
	for _, r := range u.Resources {
		if notified[r.Addr] || r.Kind.Probe != nil {
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
