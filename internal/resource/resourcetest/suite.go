// Package resourcetest is the suite that every kind of resource passes together with its provider: absent is created,
// drifted is repaired, right is left untouched, applied twice does nothing the second time, an attribute that is not
// set is not managed, observing writes nothing, a cancelled change leaves old or new, cancelled reading never answers
// wrongly, a change can be undone, state that nobody declared is kept, one thing is known by each of its names, names
// of any bytes are served or refused, a batch gives the same result as single changes.
//
// Start with [Suite] and its method Run. A case needs a Name and Want; set the fields that apply to the thing. Without
// explains each part that no case of a suite proves. The suite drives a provider as the engine does (observe,
// [resource.Diff], apply, observe) and knows nothing else of it. Tests of one kind's own features do not belong here.
package resourcetest

import (
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Suite is one kind with its provider, and the cases that prove it.
type Suite struct {
	Kind  func(resource.Provider) *resource.Kind
	World func(t testing.TB) *World // a fresh machine for each subtest
	Cases []Case

	// Named returns the simplest thing with the label name, and how it is removed.
	Named Named

	// Without explains each part of the suite that no case and no world serves. A part that is missing without a
	// reason fails, and so does a reason for a part that is there.
	Without map[Part]string
}

// Named returns the simplest thing with a name, and how it is removed.
type Named func(name string) (want, gone map[string]cty.Value)

// Part is a property that a suite proves of a kind in addition to creation.
type Part string

// The parts, each with the field that serves it.
const (
	Repair  Part = "repair"        // Case.Drifts
	Removal Part = "removal"       // Case.Gone
	Undo    Part = "undo"          // a case that is not Irreversible
	Kept    Part = "hidden state"  // Case.Hidden
	Aliases Part = "two names"     // Case.OtherName
	Bytes   Part = "bytes"         // Suite.Named
	Silence Part = "no writes"     // World.Fingerprint: observing writes nothing
	Whole   Part = "whole machine" // World.Dump: cancelled, undone and batched changes leave nothing else
)

// World is one machine that the suite may do anything to.
type World struct {
	Provider resource.Provider

	// Beside are further kinds of the machine, for undos that want things of them: a directory where a file was
	// before.
	Beside []*resource.Kind

	Root string    // where the machine's files are for the test, if it has any
	Dir  string    // the manifest's folder, where sources are looked for
	Node cty.Value // facts, for kinds that use them

	// Fingerprint differs between any two states between which something was written, for files down to inode and
	// time. nil: writes go unnoticed, and only differences are counted.
	Fingerprint func(t testing.TB) string

	// Dump describes the machine without what may differ between two machines that were made alike (inodes, times), or
	// on one machine after something was begun and taken back. nil: batches, undone and cancelled changes are proved
	// by observing alone.
	Dump func(t testing.TB) string

	// State is what undoing a change must restore: Dump and state without attributes (extended attributes, live
	// values). nil: Dump.
	State func(t testing.TB) string

	// Content finds, by its digest, a content that the provider has kept itself. nil: it keeps none.
	Content func(digest string) (*resource.Blob, error)
}

// Case is one declared thing and what can happen to it.
type Case struct {
	Name string

	// Want are the attributes as a manifest gives them. What identifies the
	// thing (the kind's label) must be among them.
	Want map[string]cty.Value

	// Given readies a fresh world: the machine on which the thing is absent.
	Given func(t testing.TB, w *World)

	// Check inspects the world without the provider, after Want was applied.
	Check func(t testing.TB, w *World)

	// Drifts are the ways in which the thing can go wrong.
	Drifts []Drift

	// Gone are the attributes that remove the thing, usually the identity and ensure = "absent". nil: the kind cannot
	// remove, as one without ensure.
	Gone map[string]cty.Value

	// Removed inspects the world without the provider, after Gone was applied.
	Removed func(t testing.TB, w *World)

	// Torn explains why a cancelled change may leave a state between old and
	// new (a package manager's own transaction). Empty: it must not.
	Torn string

	// Standing explains why the thing is never absent (a stopped unit is still a unit), so that repairing it is an
	// update and not a creation.
	Standing string

	// Stride cancels at every Stride-th check only: for a provider that checks its
	// context hundreds of times, at a second each. 0: at each.
	Stride int

	// Hidden are states of the thing that the manifest does not manage.
	Hidden []Hidden

	// OtherName returns attributes that declare the same thing by another of its
	// names: through a link, by number, by an alias. nil: it has one name.
	OtherName func(t testing.TB, w *World) map[string]cty.Value

	// Irreversible explains why undoing the case's changes does not restore the
	// machine (a command did anything). Empty: it must.
	Irreversible string

	// Alone keeps the case out of the batch, because it shares something with
	// another case.
	Alone bool
}

// Drift is one way in which a thing can differ.
type Drift struct {
	Name string
	Attr string // the attribute that shows it (live_value, not value); empty: the thing is gone

	// Do makes the difference without the provider, and calls its Invalidate if
	// it keeps what it has read.
	Do func(t testing.TB, w *World)

	// Managed explains why the attribute cannot be left out of Want, so that it
	// cannot be tested as unmanaged (a link without a target). Required attributes
	// need no explanation.
	Managed string

	// Irreversible explains why undoing the repair does not bring the drift
	// back (a package that was half installed). Empty: it must.
	Irreversible string
}

// Hidden is a state of a thing that no attribute of the case manages.
type Hidden struct {
	Name   string
	Do     func(t testing.TB, w *World)
	LostBy map[string]bool // names of drifts that lose it themselves

	// Irreversible explains why an undone removal does not bring it back. Empty: it
	// must.
	Irreversible string
}

// Run proves all cases.
func (s Suite) Run(t *testing.T) {
	t.Run("kind", func(t *testing.T) { CheckKind(t, s.Kind(nil)) })
	t.Run("parts", s.parts)
	for _, c := range s.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Run("absent is created", func(t *testing.T) { s.created(t, c) })
			t.Run("observing writes nothing", func(t *testing.T) { s.observed(t, c) })
			for _, d := range c.Drifts {
				t.Run("repaired/"+d.Name, func(t *testing.T) { s.repaired(t, c, d) })
				if s.optional(d) {
					t.Run("unmanaged/"+d.Name, func(t *testing.T) { s.unmanaged(t, c, d) })
				}
			}
			t.Run("cancelled", func(t *testing.T) { s.cancelled(t, c) })
			t.Run("cancelled while reading", func(t *testing.T) { s.stoppedReading(t, c) })
			t.Run("undone", func(t *testing.T) { s.undone(t, c) })
			t.Run("stopped and undone", func(t *testing.T) { s.stoppedAndUndone(t, c) })
			for _, h := range c.Hidden {
				t.Run("hidden state/"+h.Name, func(t *testing.T) { s.hidden(t, c, h) })
			}
			if c.OtherName != nil {
				t.Run("two names", func(t *testing.T) { s.twoNames(t, c) })
			}
			if c.Gone != nil {
				t.Run("removed", func(t *testing.T) { s.removed(t, c) })
			}
		})
	}
	if s.Named != nil {
		t.Run("bytes", s.bytes)
	}
	t.Run("batch", s.batch)
}

// optional reports whether the drifted attribute can be left out of Want.
func (s Suite) optional(d Drift) bool {
	a, ok := s.Kind(nil).Attr(d.Attr)
	return ok && !a.Required && !a.Computed && d.Managed == ""
}

// parts proves that no part of the suite is left out without a reason.
func (s Suite) parts(t *testing.T) {
	w := s.World(t)
	some := func(is func(c Case) bool) bool { return slices.ContainsFunc(s.Cases, is) }
	for part, there := range map[Part]bool{
		Repair: some(func(c Case) bool { return c.Drifts != nil }), Removal: some(func(c Case) bool { return c.Gone != nil }),
		Undo: some(func(c Case) bool { return c.Irreversible == "" }), Kept: some(func(c Case) bool { return c.Hidden != nil }),
		Aliases: some(func(c Case) bool { return c.OtherName != nil }), Bytes: s.Named != nil,
		Silence: w.Fingerprint != nil, Whole: w.Dump != nil,
	} {
		why := s.Without[part]
		switch {
		case there && why != "":
			t.Errorf("%q is proved, and Without explains why not: %s", part, why)
		case !there && why == "":
			t.Errorf("%q is not proved: add what it takes, or a reason to Without", part)
		case !there:
			t.Logf("%q is not proved: %s", part, why)
		}
	}
}

// world makes a fresh world. Functions that it lacks return "".
func (s Suite) world(t testing.TB) *World {
	t.Helper()
	w := s.World(t)
	unknown := func(testing.TB) string { return "" }
	if w.Fingerprint == nil {
		w.Fingerprint = unknown
	}
	if w.Dump == nil {
		w.Dump = unknown
	}
	if w.State == nil {
		w.State = w.Dump
	}
	return w
}

// begin makes a fresh world and the case's resource in it.
func (s Suite) begin(t testing.TB, c Case) (*World, *resource.Resource) {
	t.Helper()
	w := s.world(t)
	return w, s.given(t, w, c)
}

// given readies a world for a case, and makes its resource.
func (s Suite) given(t testing.TB, w *World, c Case) *resource.Resource {
	t.Helper()
	if c.Given != nil {
		c.Given(t, w)
	}
	return s.resource(t, w, c.Name, c.Want)
}

func (c Case) check(t testing.TB, w *World) {
	t.Helper()
	if c.Check != nil {
		c.Check(t, w)
	}
}

func (s Suite) resource(t testing.TB, w *World, name string, attrs map[string]cty.Value) *resource.Resource {
	t.Helper()
	r, err := Build(s.Kind(w.Provider), w, name, attrs)
	if err != nil {
		t.Fatalf("cannot build the resource: %v", err)
	}
	return r
}
