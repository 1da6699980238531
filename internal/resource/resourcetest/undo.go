package resourcetest

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// undone makes each of a case's changes, takes it back as a rollback does, and compares the machine with its state
// before: the creation, the repair of each drift, the removal.
func (s Suite) undone(t *testing.T, c Case) {
	if c.Irreversible != "" {
		return
	}
	for _, secret := range []bool{false, true} {
		name := ""
		if secret { // everything that may be sensitive is
			name = " of secrets"
		}
		s.undoneOf(t, c, secret, name)
	}
}

func (s Suite) undoneOf(t *testing.T, c Case, secret bool, name string) {
	t.Run("creation"+name, func(t *testing.T) {
		w, r := s.beginHidden(t, c, secret)
		s.undo(t, w, r, secret)
	})
	for _, d := range c.Drifts {
		if d.Irreversible != "" {
			continue
		}
		t.Run("repair"+name+"/"+d.Name, func(t *testing.T) {
			w, r := s.beginHidden(t, c, secret)
			Converge(t, r)
			d.Do(t, w)
			s.undo(t, w, r, secret)
		})
	}
	if c.Gone != nil {
		t.Run("removal"+name, func(t *testing.T) {
			w, r := s.beginHidden(t, c, secret)
			Converge(t, r)
			s.undo(t, w, s.resource(t, w, c.Name, c.Gone), secret)
		})
	}
}

// stoppedAndUndone stops each of a case's changes at each of the provider's checks of its context, and takes it back
// as a rollback of a killed run does: a part that was not made yet is as before, and does not count as an edit of
// somebody else.
func (s Suite) stoppedAndUndone(t *testing.T, c Case) {
	if c.Irreversible != "" {
		return
	}
	try := func(name string, prepare func(t *testing.T) (*World, *resource.Resource)) {
		t.Run(name, func(t *testing.T) {
			c.cancelAtEachLook(t, func(n int, ctx *countdown) {
				w, r := prepare(t)
				s.stopAndUndo(t, w, r, ctx)
			})
		})
	}
	try("creation", func(t *testing.T) (*World, *resource.Resource) { return s.begin(t, c) })
	for _, d := range c.Drifts {
		if d.Irreversible == "" {
			try("repair/"+d.Name, func(t *testing.T) (*World, *resource.Resource) {
				w, r := s.begin(t, c)
				Converge(t, r)
				d.Do(t, w)
				return w, r
			})
		}
	}
	if c.Gone != nil {
		try("removal", func(t *testing.T) (*World, *resource.Resource) {
			w, r := s.begin(t, c)
			Converge(t, r)
			return w, s.resource(t, w, c.Name, c.Gone)
		})
	}
}

// stopAndUndo applies r until ctx ends, takes that back, and compares.
func (s Suite) stopAndUndo(t testing.TB, w *World, r *resource.Resource, ctx context.Context) {
	t.Helper()
	before := w.State(t)
	j := journal{contents: map[string][]byte{}, provider: w.Content}
	change := j.record(t, r)
	_ = r.Provider().Apply(ctx, change) // it may have completed
	if i, ok := r.Provider().(resource.Invalidator); ok {
		i.Invalidate(nil)
	}
	for _, e := range slices.Backward(j.entries) {
		e.unfinished = true
		for _, back := range s.revert(t, w, e, j.content) {
			Converge(t, back)
		}
	}
	if after := w.State(t); after != before {
		t.Fatalf("stopped and undone, and yet it is not as it was:\n%s", firstDifference(before, after))
	}
}

// beginHidden is begin for a resource in which every attribute is sensitive that may be.
func (s Suite) beginHidden(t *testing.T, c Case, secret bool) (*World, *resource.Resource) {
	t.Helper()
	w, r := s.begin(t, c)
	if secret {
		r.Secret = allSecrets(r)
	}
	return w, r
}

// undo applies r, takes that back, and compares.
func (s Suite) undo(t testing.TB, w *World, r *resource.Resource, secret bool) {
	t.Helper()
	if secret {
		r.Secret = allSecrets(r)
	}
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
	targets, err := k.Undo(resource.Past{Name: e.addr.Name, Key: e.key, Before: e.before, After: e.after, Secret: e.secret, Also: e.also, Purge: true, Content: content, Unfinished: e.unfinished})
	if err != nil {
		t.Fatalf("%s: undo: %v", e.addr, err)
	}
	var out []*resource.Resource
	for _, u := range targets {
		of := k
		if u.Kind != "" {
			of = s.kind(t, w, u.Kind)
		}
		want := cty.ObjectVal(u.Want)
		back := &resource.Resource{Addr: resource.Addr{Kind: of.Name, Name: e.addr.Name}, Kind: of, Want: want, Secret: of.Secrets(want, e.secret)}
		if of.Links != nil {
			of.Links(want)
		}
		if u.Made != nil {
			s.checkMade(t, e, &resource.Resource{Addr: e.addr, Kind: of, Want: cty.ObjectVal(u.Made)}, back)
		}
		out = append(out, back)
	}
	return out
}

// checkMade fails if an undo mistakes what the run made for a later change.
func (s Suite) checkMade(t testing.TB, e entry, made, back *resource.Resource) {
	t.Helper()
	if Plan(t, back).Empty() {
		return
	}
	if made.Kind.Links != nil {
		made.Kind.Links(made.Want)
	}
	probe := resource.ProbeMade(made, Plan(t, back))
	have, err := probe.Provider().Observe(t.Context(), probe.Want)
	if err != nil {
		t.Fatalf("%s: undo cannot look at what the run made: %v", made.Addr, err)
	}
	diff := resource.DiffMade
	if e.unfinished {
		diff = resource.DiffUnfinished
	}
	if c := diff(made, have, Plan(t, back)); !c.Empty() {
		t.Fatalf("%s: undo takes what the run made for changed since: it would %s: %s", made.Addr, c.Action, Names(c))
	}
}

// allSecrets are the attributes of a resource that must not surface when every attribute is sensitive that may be.
// Those that identify the thing cannot be.
func allSecrets(r *resource.Resource) map[string]bool {
	key := keyOf(r)
	marked := map[string]bool{}
	for i := range r.Kind.Attrs {
		a := &r.Kind.Attrs[i]
		expanded := r.Kind.Expand != nil && a.Name == "type" // set by the kind itself, which a test of a single one does not
		if a.Name != r.Kind.Label && a.Name != "ensure" && !expanded && !a.Computed && !a.Shown && !r.Kind.IsInKey(key, a.Name, resource.GetAttr(r.Want, a.Name)) {
			marked[a.Name] = true
		}
	}
	out := r.Kind.Secrets(r.Want, marked)
	maps.DeleteFunc(out, func(name string, _ bool) bool { return r.Kind.IsInKey(key, name, resource.GetAttr(r.Want, name)) })
	return out
}

// keyOf is the ledger key of a resource; "" if its kind has no links.
func keyOf(r *resource.Resource) string {
	if r.Kind.Links == nil {
		return ""
	}
	return r.Kind.Links(r.Want).Provides[0]
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
