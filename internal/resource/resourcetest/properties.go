package resourcetest

import (
	"context"
	"maps"
	"slices"
	"testing"

	"converge/internal/resource"
)

func (s Suite) created(t *testing.T, c Case) {
	w, r := s.begin(t, c)
	ch := Plan(t, r)
	if ch.Empty() {
		t.Fatal("nothing is planned although the thing is absent")
	}
	action := resource.Create
	if c.Standing != "" {
		action = resource.Update
	}
	if !r.Kind.Opaque && ch.Action != action {
		t.Fatalf("planned to %s (%s), want %s: set the case's Standing if the thing is never absent, and only then", ch.Action, Names(ch), action)
	}
	Converge(t, r)
	if c.Check != nil {
		c.Check(t, w)
	}
	untouched(t, w, r)
	if ch.Action != resource.Run {
		again(t, c, w, r, ch)
	}
}

// again makes the same change once more, as after a crash between the effect
// and the record of it: it is right already, and stays so.
func again(t testing.TB, c Case, w *World, r *resource.Resource, ch resource.Change) {
	t.Helper()
	if err := r.Provider().Apply(context.Background(), ch); err != nil {
		t.Fatalf("applying what is there already: %v", err)
	}
	if left := Plan(t, r); !left.Empty() {
		t.Fatalf("applied twice, and yet the plan would %s: %s", left.Action, Names(left))
	}
	if c.Check != nil {
		c.Check(t, w)
	}
}

// untouched proves that a second apply finds nothing to do, and that finding
// out writes nothing.
func untouched(t testing.TB, w *World, r *resource.Resource) {
	t.Helper()
	before := fingerprint(t, w)
	ch := Plan(t, r)
	if !ch.Empty() {
		t.Fatalf("a second apply would %s: %s", ch.Action, Names(ch))
	}
	same(t, w, before, "observing what is right")
}

func (s Suite) observed(t *testing.T, c Case) {
	w, r := s.begin(t, c)
	before := fingerprint(t, w)
	Plan(t, r)
	same(t, w, before, "observing what is absent")
	Converge(t, r)
	for _, d := range c.Drifts {
		d.Do(t, w)
		before := fingerprint(t, w)
		Plan(t, r)
		same(t, w, before, "observing after "+d.Name)
		Converge(t, r)
	}
}

func (s Suite) repaired(t *testing.T, c Case, d Drift) {
	w, r := s.begin(t, c)
	if _, ok := r.Kind.Attr(d.Attr); d.Attr != "" && !ok {
		t.Fatalf("%s has no attribute %q, by which the drift is to be seen", r.Kind.Name, d.Attr)
	}
	Converge(t, r)
	d.Do(t, w)
	ch := Plan(t, r)
	if ch.Empty() {
		t.Fatal("the drift is not seen: Want does not manage it, or the provider keeps what it has read, and the drift's Do does not call Invalidate")
	}
	if d.Attr != "" && !changes(ch, d.Attr) {
		t.Fatalf("the plan changes %s, want %s among it", Names(ch), d.Attr)
	}
	Converge(t, r)
	if c.Check != nil {
		c.Check(t, w)
	}
	untouched(t, w, r)
}

// unmanaged drifts an attribute that the resource does not set: it is neither
// seen nor reset.
func (s Suite) unmanaged(t *testing.T, c Case, d Drift) {
	attrs := maps.Clone(c.Want)
	delete(attrs, d.Attr)
	w := s.World(t)
	if c.Given != nil {
		c.Given(t, w)
	}
	full := s.resource(t, w, c.Name, c.Want)
	less := s.resource(t, w, c.Name, attrs)
	Converge(t, full)
	d.Do(t, w)
	before := fingerprint(t, w)
	if ch := Plan(t, less); !ch.Empty() {
		t.Fatalf("%s is not set, and yet the plan would %s: %s", d.Attr, ch.Action, Names(ch))
	}
	same(t, w, before, "planning without "+d.Attr)
}

func (s Suite) removed(t *testing.T, c Case) {
	w, r := s.begin(t, c)
	gone := s.resource(t, w, c.Name, c.Gone)
	if ch := Plan(t, gone); !ch.Empty() {
		t.Fatalf("it is not there yet, and removing it would %s: %s", ch.Action, Names(ch))
	}
	Converge(t, r)
	if ch := Plan(t, gone); ch.Action != resource.Delete {
		t.Fatalf("planned to %s (%s), want delete", ch.Action, Names(ch))
	}
	Converge(t, gone)
	if c.Removed != nil {
		c.Removed(t, w)
	}
	untouched(t, w, gone)
	if Plan(t, r).Empty() {
		t.Fatal("it was removed, and yet nothing is planned to create it")
	}
}

// maxSteps bounds how often a change may ask whether it is cancelled.
const maxSteps = 10_000

// cancelled cancels the creation of the thing at every moment at which the
// provider checks its context, each time on a fresh machine.
func (s Suite) cancelled(t *testing.T, c Case) {
	for n := 0; n < maxSteps; n += max(1, c.Stride) {
		w, r := s.begin(t, c)
		before := ""
		if c.Torn == "" {
			before = dump(t, w)
		}
		ctx := cancelAfter(n)
		err := r.Provider().Apply(ctx, Plan(t, r))
		if !ctx.fired() {
			if err != nil {
				t.Fatalf("apply: %v", err)
			}
			return
		}
		if c.Torn == "" && !Plan(t, r).Empty() {
			if after := dump(t, w); after != before {
				t.Fatalf("cancelled at look %d, apply left something between old and new (the case's Torn explains why that may be):\n%s", n, firstDifference(before, after))
			}
		}
		Converge(t, r) // nothing that is left over stands in the way
		if c.Check != nil {
			c.Check(t, w)
		}
	}
	t.Fatalf("still not through after its context was looked at %d times", maxSteps)
}

// batch makes all cases at once on one machine and one by one on another.
func (s Suite) batch(t *testing.T) {
	single, many := s.World(t), s.World(t)
	tr, ok := many.Provider.(resource.Transactor)
	if !ok {
		return // one by one is all there is, and was proved above
	}
	var rs []*resource.Resource
	var cs []resource.Change
	for _, c := range s.Cases {
		if c.Alone {
			continue
		}
		for _, w := range []*World{single, many} {
			if c.Given != nil {
				c.Given(t, w)
			}
		}
		Converge(t, s.resource(t, single, c.Name, c.Want))
		rs = append(rs, s.resource(t, many, c.Name, c.Want))
	}
	for _, r := range rs {
		cs = append(cs, Plan(t, r))
	}
	applyAll(t, tr, cs)
	for _, r := range rs {
		if ch := Plan(t, r); !ch.Empty() {
			t.Errorf("%s: the batch went well, and yet the plan would %s: %s", r.Addr, ch.Action, Names(ch))
		}
	}
	if many.Dump != nil {
		if a, b := single.Dump(t), many.Dump(t); a != b {
			t.Errorf("at once is not the same as one by one:\n%s", firstDifference(a, b))
		}
	}
}

func applyAll(t testing.TB, tr resource.Transactor, cs []resource.Change) {
	t.Helper()
	planned, err := tr.Solve(context.Background(), cs, slices.Values([]resource.Change(nil)))
	if err != nil {
		t.Fatalf("solve: %v", err)
	}
	if planned.Changes == nil {
		planned.Changes = cs
	}
	for i, err := range tr.ApplyAll(context.Background(), cs, planned).Errs {
		if err != nil {
			t.Errorf("%s: %v", cs[i].Addr, err)
		}
	}
}
