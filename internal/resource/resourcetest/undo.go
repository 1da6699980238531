package resourcetest

import (
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// undone makes each of a case's changes, takes it back as a rollback does, and
// compares the machine with what it was before: the creation, the repair of
// each drift, the removal.
func (s Suite) undone(t *testing.T, c Case) {
	if c.Irreversible != "" {
		return
	}
	t.Run("creation", func(t *testing.T) {
		w, r := s.begin(t, c)
		s.undo(t, w, r)
	})
	for _, d := range c.Drifts {
		if d.Irreversible != "" {
			continue
		}
		t.Run("repair/"+d.Name, func(t *testing.T) {
			w, r := s.begin(t, c)
			Converge(t, r)
			d.Do(t, w)
			s.undo(t, w, r)
		})
	}
	if c.Gone != nil {
		t.Run("removal", func(t *testing.T) {
			w, r := s.begin(t, c)
			Converge(t, r)
			s.undo(t, w, s.resource(t, w, c.Name, c.Gone))
		})
	}
}

// undo applies r, takes that back, and compares.
func (s Suite) undo(t testing.TB, w *World, r *resource.Resource) {
	t.Helper()
	before := w.State(t)
	j := journal{contents: map[string][]byte{}, provider: w.Content}
	j.apply(t, r)
	for _, e := range slices.Backward(j.entries) {
		for _, back := range s.revert(t, w, e, j.content) {
			Converge(t, back)
		}
	}
	if after := w.State(t); after != before {
		t.Fatalf("undone, and yet it is not as it was:\n%s", firstDifference(before, after))
	}
}

// revert returns the resources that take one change back.
func (s Suite) revert(t testing.TB, w *World, e entry, content func(string) (*resource.Blob, error)) []*resource.Resource {
	t.Helper()
	k := s.kind(t, w, e.addr.Kind)
	targets, err := k.Undo(resource.Past{Name: e.addr.Name, Before: e.before, After: e.after, Also: e.also, Purge: true, Content: content})
	if err != nil {
		t.Fatalf("%s: undo: %v", e.addr, err)
	}
	var out []*resource.Resource
	for _, u := range targets {
		of := k
		if u.Kind != "" {
			of = s.kind(t, w, u.Kind)
		}
		if made := (&resource.Resource{Kind: of, Want: cty.ObjectVal(u.Made)}); u.Made != nil {
			if c := Plan(t, made); !c.Empty() {
				t.Fatalf("%s: undo takes what the run made for changed since: it would %s: %s", e.addr, c.Action, Names(c))
			}
		}
		want := cty.ObjectVal(u.Want)
		out = append(out, &resource.Resource{Addr: resource.Addr{Kind: of.Name, Name: e.addr.Name}, Kind: of, Want: want, Secret: of.Secrets(want, nil)})
	}
	return out
}

// kind returns the suite's kind, or the one beside it that an undo names.
func (s Suite) kind(t testing.TB, w *World, name string) *resource.Kind {
	t.Helper()
	for _, k := range append([]*resource.Kind{s.Kind(w.Provider)}, w.Beside...) {
		if k.Name == name {
			return k
		}
	}
	t.Fatalf("undo names the kind %q, which the world does not have beside its own", name)
	return nil
}
