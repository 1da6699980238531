package ownership

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/past"
	"converge/internal/engine"
	"converge/internal/engine/assembly"
	"converge/internal/journal"
	"converge/internal/resource"
)

// MostReviewed is how many orphans a run that does not prune examines one by one. It only counts a larger number.
const MostReviewed = 20

// FindOrphans returns the records of things that converge made for this site and its manifest no longer declares, and
// those older than sites. more are those that a run without pruning only counts. A run of a part of the site has none,
// nor has one without a journal.
func (o *Ledger) FindOrphans(partial, prune bool) (orphans []engine.Orphan, more *engine.Unreviewed) {
	if partial || o.ID.Name == journal.NoSite {
		return nil, nil
	}
	out := o.findForgotten()
	forgotten := make(map[string]bool, len(out))
	for _, orphan := range out {
		forgotten[orphan.Key] = true
	}
	declared := func(key string) bool { return forgotten[key] || o.Site.Identity.Declares(key) }
	if !prune {
		more = countOrphans(o, declared, forgotten)
	}
	if more == nil {
		out = append(out, readOrphans(o, o.State.LedgerOf(o.ID).ListUndeclared(declared))...)
	}
	o.findUndoes(out)
	return out, more
}

// countOrphans counts the orphans; nil: they are few.
func countOrphans(o *Ledger, declared func(key string) bool, forgotten map[string]bool) *engine.Unreviewed {
	t := o.State.LedgerOf(o.ID).CountUndeclared(declared, func(yield func(string) bool) {
		for _, keys := range [...]iter.Seq[string]{maps.Keys(forgotten), assembly.EachDeclared(o.Site.Identity)} {
			for key := range keys {
				if !yield(key) {
					return
				}
			}
		}
	})
	if t.Total() <= MostReviewed {
		return nil
	}
	return &engine.Unreviewed{
		Kinds: t.Kinds, Shared: t.Shared,
		Read: func(wanted func(key string) bool) []engine.Orphan {
			out := readOrphans(o, o.State.LedgerOf(o.ID).ListUndeclared(func(key string) bool { return !wanted(key) || declared(key) }))
			o.findUndoes(out)
			return out
		},
		ReadChosen: func(chosen func(key string, hasContent bool) bool) []engine.Orphan {
			return readOrphans(o, o.State.LedgerOf(o.ID).ListChosen(declared, chosen))
		},
	}
}

// readOrphans reads records of undeclared things.
func readOrphans(o *Ledger, entries []journal.LedgerEntry) (out []engine.Orphan) {
	for _, e := range entries {
		orphan := o.readOrphan(e)
		if orphan.Past == nil && e.Found {
			continue // its old state is not readable, so it stays as it is
		}
		out = append(out, orphan)
	}
	return out
}

// readPast returns the state of a thing before converge first changed it; nil if that is not known.
func (o *Ledger) readPast(e journal.LedgerEntry, k *resource.Kind) *resource.Past {
	if k == nil || !k.Restores || e.Before == nil {
		return nil
	}
	before, secret, err := o.State.Value(e.Before, k)
	if err != nil || before.IsNull() && k.RestoresAttrs {
		return nil
	}
	after, also, err := o.State.Value(e.After, k)
	if err != nil {
		return nil
	}
	return &resource.Past{Name: e.ID(), Key: e.Key, Before: before, After: after, Secret: past.MergeSecrets(secret, also), Hidden: o.State.Hidden(e.After), Content: o.State.Kept}
}

// readOrphan reads the record of a thing that this site no longer declares.
func (o *Ledger) readOrphan(e journal.LedgerEntry) engine.Orphan {
	orphan := engine.Orphan{Key: e.Key, Addr: e.Addr, ID: e.ID(), Digest: e.Digest, Secret: e.IsSecret(), Kind: o.Site.Kind(e.Addr.Kind)}
	orphan.Unknown, orphan.Past = len(e.Holds) == 0, o.readPast(e, orphan.Kind)
	for _, h := range e.Holds {
		if h.Site != o.ID.Name && !slices.Contains(o.ID.Former, h.Site) {
			orphan.Others = append(orphan.Others, describeOther(o.State.Status(), o.ID, h.Site))
			continue
		}
		orphan.Protected, orphan.Within = h.Protected, h.Within
		if r := o.readKept(h.Kept); r != nil {
			orphan.Declared = r.Want
		}
		for _, d := range h.Deps {
			orphan.Deps = append(orphan.Deps, o.Site.Identity.Key(d))
		}
		for _, n := range h.Notifies {
			orphan.Notifies = append(orphan.Notifies, o.readNotify(n))
		}
	}
	return orphan
}

// readNotify reads a notification that the ledger kept.
func (o *Ledger) readNotify(n journal.LedgerNotify) engine.OrphanNotify {
	out := engine.OrphanNotify{Target: n.Target, Key: o.Site.Identity.Key(n.Key), Verb: n.Verb, When: n.When}
	if r := readTarget(o, n.Target, n.Want); r != nil {
		r.Key, out.Resource = n.Key, r
		o.notified = append(o.notified, r)
	}
	return out
}

// readTarget reads the ledger's target of a notification; nil: unknown.
func readTarget(o *Ledger, target resource.Addr, want json.RawMessage) *resource.Resource {
	r := o.State.ReadTarget(target, want, o.Site.Kind(target.Kind))
	if r != nil && r.Kind.Label != "" { // only its options for notifications matter now
		r.Want = keepOptions(r.Kind, r.Want)
	}
	return r
}

// keepOptions returns a wanted value with only its label and its options.
func keepOptions(k *resource.Kind, want cty.Value) cty.Value {
	m := map[string]cty.Value{}
	for name, v := range want.AsValueMap() {
		if a, ok := k.Attr(name); ok && (a.Option || name == k.Label) {
			m[name] = v
		}
	}
	return cty.ObjectVal(m)
}

// FindTargets returns a function that finds resources by address, and undeclared targets of orphans, whether those
// were read or only counted.
func (o *Ledger) FindTargets() func(resource.Addr) *resource.Resource {
	return func(a resource.Addr) *resource.Resource {
		if i, ok := o.Site.Find(a); ok {
			return o.Site.Resources[i]
		}
		for _, r := range o.notified {
			if r.Addr == a {
				return r
			}
		}
		return readTarget(o, a, o.State.LedgerOf(o.ID).TargetOf(a))
	}
}
