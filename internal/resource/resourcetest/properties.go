package resourcetest

import (
	"context"
	"errors"
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
	c.check(t, w)
	untouched(t, w, r)
	if ch.Action != resource.Run {
		apply(t, r, ch) // as after a crash between the effect and the record of it
		c.check(t, w)
	}
}

// untouched proves that a second apply finds nothing to do, and that this observation writes nothing.
func untouched(t testing.TB, w *World, r *resource.Resource) {
	t.Helper()
	before := w.Fingerprint(t)
	ch := Plan(t, r)
	if !ch.Empty() {
		t.Fatalf("a second apply would %s: %s", ch.Action, Names(ch))
	}
	same(t, w, before, "observing what is right")
}

func (s Suite) observed(t *testing.T, c Case) {
	w, r := s.begin(t, c)
	before := w.Fingerprint(t)
	Plan(t, r)
	same(t, w, before, "observing what is absent")
	Converge(t, r)
	for _, d := range c.Drifts {
		d.Do(t, w)
		before := w.Fingerprint(t)
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
	// An opaque kind forecasts its run, and not the run's effects.
	if d.Attr != "" && !ch.Differs(d.Attr) && ch.Action != resource.Run && ch.Action != resource.Create {
		t.Fatalf("the plan changes %s, want %s among it", Names(ch), d.Attr)
	}
	Converge(t, r)
	c.check(t, w)
	untouched(t, w, r)
}

// unmanaged drifts an attribute that the resource does not set: it is neither
// seen nor reset.
func (s Suite) unmanaged(t *testing.T, c Case, d Drift) {
	attrs := maps.Clone(c.Want)
	delete(attrs, d.Attr)
	w, full := s.begin(t, c)
	less := s.resource(t, w, c.Name, attrs)
	Converge(t, full)
	d.Do(t, w)
	before := w.Fingerprint(t)
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

// cancelled cancels the creation of the thing at each of the provider's checks of its context, each time on a fresh
// machine.
func (s Suite) cancelled(t *testing.T, c Case) {
	c.cancelAtEachLook(t, func(n int, ctx *countdown) {
		w, r := s.begin(t, c)
		before := ""
		if c.Torn == "" {
			before = w.Dump(t)
		}
		err := r.Provider().Apply(ctx, Plan(t, r))
		if !ctx.fired() {
			if err != nil {
				t.Fatalf("apply: %v", err)
			}
			return
		}
		if c.Torn == "" && !Plan(t, r).Empty() {
			if after := w.Dump(t); after != before {
				t.Fatalf("cancelled at look %d, apply left something between old and new (the case's Torn explains why that may be):\n%s", n, firstDifference(before, after))
			}
		}
		Converge(t, r) // remains must not be in the way
		c.check(t, w)
	})
}

// cancelAtEachLook calls try with contexts that are cancelled later each time, until one of them is not cancelled.
func (c Case) cancelAtEachLook(t *testing.T, try func(n int, ctx *countdown)) {
	for n := 0; n < maxSteps; n += max(1, c.Stride) {
		ctx := cancelAfter(n)
		if try(n, ctx); !ctx.fired() {
			return
		}
	}
	t.Fatalf("still not through after its context was looked at %d times", maxSteps)
}

// stoppedReading cancels the observation of the live thing at each of the provider's checks of its context. It fails
// with the context's error, or returns what a whole observation does: it never claims that something is missing.
func (s Suite) stoppedReading(t *testing.T, c Case) {
	w, r := s.begin(t, c)
	Converge(t, r)
	before := w.Fingerprint(t)
	c.cancelAtEachLook(t, func(n int, ctx *countdown) {
		if i, ok := r.Provider().(resource.Invalidator); ok {
			i.Invalidate(nil)
		}
		have, err := r.Provider().Observe(ctx, r.Want)
		switch {
		case err != nil && !ctx.fired():
			t.Fatalf("observe: %v", err)
		case err != nil && !errors.Is(err, context.Canceled):
			t.Fatalf("cancelled at look %d, observe fails as if it were the thing's fault: %v", n, err)
		case err == nil && !resource.Diff(r, have).Empty():
			t.Fatalf("cancelled at look %d, observe returns a state that is not there: the plan would change %s", n, Names(resource.Diff(r, have)))
		}
		same(t, w, before, "observing that was cancelled")
	})
}

// hidden gives the thing a state that the manifest does not manage. A repair
// must leave it, and an undone removal must restore it.
func (s Suite) hidden(t *testing.T, c Case, h Hidden) {
	for _, d := range c.Drifts {
		if h.LostBy[d.Name] {
			continue
		}
		t.Run("kept/"+d.Name, func(t *testing.T) {
			w, r := s.begin(t, c)
			Converge(t, r)
			h.Do(t, w)
			before := w.State(t)
			d.Do(t, w)
			Converge(t, r)
			if after := w.State(t); after != before {
				t.Fatalf("the repair lost what the manifest does not manage:\n%s", firstDifference(before, after))
			}
		})
	}
	if c.Gone != nil && c.Irreversible == "" && h.Irreversible == "" {
		t.Run("brought back", func(t *testing.T) {
			w, r := s.begin(t, c)
			Converge(t, r)
			h.Do(t, w)
			s.undo(t, w, s.resource(t, w, c.Name, c.Gone), false)
		})
	}
}

// batch makes all cases at once on one machine and one by one on another.
func (s Suite) batch(t *testing.T) {
	single, many := s.world(t), s.world(t)
	tr, ok := many.Provider.(resource.Transactor)
	if !ok {
		return // one by one is the only way, and was proved above
	}
	var rs []*resource.Resource
	var cs []resource.Change
	for _, c := range s.Cases {
		if c.Alone {
			continue
		}
		Converge(t, s.given(t, single, c))
		rs = append(rs, s.given(t, many, c))
	}
	for _, r := range rs {
		cs = append(cs, Plan(t, r))
	}
	planned, err := tr.Solve(context.Background(), cs, slices.Values([]resource.Change(nil)))
	if err != nil {
		t.Fatalf("solve: %v", err)
	}
	if planned.Changes == nil {
		planned.Changes = cs
	}
	made := tr.ApplyAll(context.Background(), cs, planned)
	for i, r := range rs {
		if err := made.Err(i); err != nil {
			t.Errorf("%s: %v", r.Addr, err)
		}
		if ch := Plan(t, r); !ch.Empty() {
			t.Errorf("%s: the batch went well, and yet the plan would %s: %s", r.Addr, ch.Action, Names(ch))
		}
	}
	if a, b := single.Dump(t), many.Dump(t); a != b {
		t.Errorf("at once is not the same as one by one:\n%s", firstDifference(a, b))
	}
}
