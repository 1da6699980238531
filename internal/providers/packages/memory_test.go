package packages_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"converge/internal/providers/packages"
)

// A run may end before its transaction: it is killed, or a script restarts the service
// that it is part of. The next run knows which scripts have failed, and only these run again.
func TestScriptThatFailsAfterTheRunIsKnownToTheNext(t *testing.T) {
	o := packages.Options{Memory: t.TempDir()}
	s := newSite(t, o)
	next := func() { s.Provider = packages.New(s.fake.Parts(), o) }
	kept := func() int {
		t.Helper()
		entries, err := os.ReadDir(o.Memory)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	s.fake.Scripts, s.fake.Left = map[string]string{"lib": "no space"}, true
	if s.apply(s.want("b"), s.want("server")); kept() != 1 {
		t.Fatal("kept:", kept())
	}
	s.fake.Scripts, s.fake.Left = nil, false

	next()
	if cs := s.changes(s.want("b"), s.want("server")); len(cs) > 0 {
		t.Error("would be installed again:", cs)
	}
	cs := s.changes(s.want("lib"))
	if len(cs) != 1 {
		t.Fatal(cs)
	}
	f, err := s.Solve(t.Context(), cs, nil)
	if err != nil || len(f.Changes[0].Notes) != 1 || f.Changes[0].Notes[0] != "its script has failed: no space; it will be installed again" {
		t.Error(f.Changes, err)
	}

	// A transaction that did not come so far as to have the lock leaves the record.
	s.fake.Refuse = []error{errors.New("the lock is still held")}
	if out := s.ApplyAll(t.Context(), cs, f); out.Err(0) == nil || kept() == 0 {
		t.Error(out.Errs, kept())
	}
	next()
	if cs = s.changes(s.want("lib")); len(cs) != 1 {
		t.Fatal(cs)
	}
	if out := s.ApplyAll(t.Context(), cs, f); out.Err(0) != nil || kept() != 0 {
		t.Error(out.Errs, kept())
	}
	next()
	if cs := s.changes(s.want("lib")); len(cs) > 0 {
		t.Error(cs)
	}
}

// What fails in another package's transaction later does not take the memory along.
func TestRecordIsSettledByTheNextTransaction(t *testing.T) {
	o := packages.Options{Memory: t.TempDir()}
	s := newSite(t, o)
	s.fake.Scripts, s.fake.Left = map[string]string{"a": "no space"}, true
	s.apply(s.want("a"))
	s.fake.Scripts, s.fake.Left = nil, false
	s.Provider = packages.New(s.fake.Parts(), o)
	s.fake.Offered = s.fake.Offered[2:] // "a" is not to be had any more, and cannot be repaired along
	if _, out := s.apply(s.want("server")); out.Err(0) != nil {
		t.Fatal(out.Errs)
	}
	if left, err := filepath.Glob(filepath.Join(o.Memory, "printed-by-*")); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
	s.Provider = packages.New(s.fake.Parts(), o)
	if cs := s.changes(s.want("a")); len(cs) != 1 {
		t.Error("it is forgotten")
	}
}
