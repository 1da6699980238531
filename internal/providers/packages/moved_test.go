package packages_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
)

// The repository offers other packages than the index that the machine has fetched.
func TestRepositoryHasMovedOn(t *testing.T) {
	gone := func() error {
		return &packages.PackagesError{
			Err:      &packages.FetchError{Err: errors.New("it failed")},
			Packages: map[string]string{"a": "a-2 is not there"},
		}
	}
	other := &packages.PackagesError{Err: errors.New("it failed"), Packages: map[string]string{"a": "file /x is of c"}}
	moved := []packagestest.FakePackage{{Name: "a", Version: "3"}, {Name: "server", Version: "3"}, {Name: "old", Version: "1"}}
	rival := []packagestest.FakePackage{{Name: "a", Version: "3", Conflicts: []string{"old"}}, {Name: "server", Version: "3"}}
	for name, c := range map[string]struct {
		refuse       []error
		moved        []packagestest.FakePackage
		a, server    string // the errors of these
		version      string // of a
		fetched, ran int
	}{
		"it is fetched again": {refuse: []error{gone()}, moved: moved, version: "3", fetched: 1, ran: 2},
		"a package is not there even then": {
			refuse: []error{gone(), gone()}, moved: moved, a: "cannot change a: a-2 is not there", fetched: 1, ran: 3,
		},
		"nothing is there": {
			refuse: []error{&packages.FetchError{Err: errors.New("no route")}, &packages.FetchError{Err: errors.New("no route")}},
			a:      "no route", server: "no route", fetched: 1, ran: 2,
		},
		"the new one does what the plan does not show": {
			refuse: []error{gone()}, moved: rival, a: "it would remove old, which the plan did not show; plan again", fetched: 1, ran: 2,
		},
		"another failure":  {refuse: []error{other}, moved: moved, a: "cannot change a: file /x is of c", ran: 2},
		"a script's error": {refuse: []error{&packages.ScriptError{Packages: map[string]string{"a": "x"}}}, moved: moved, a: "scripts of packages have failed: a: x", server: "scripts of packages have failed: a: x", ran: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, packages.Options{})
			s.fake.Put("old", func(p *packages.Package) { p.Version = "1" })
			s.fake.Refuse, s.fake.Moved = c.refuse, c.moved
			_, o := s.apply(s.want("a"), s.want("server"))
			for i, want := range []string{c.a, c.server} {
				if err := o.Err(i); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("change %d: %v, want %q", i, err, want)
				}
			}
			if f := s.fake; f.Refreshes != c.fetched || len(f.Asked) != c.ran || f.Installed("a").Version != c.version || f.Installed("old").Name == "" {
				t.Errorf("fetched %d times, %d transactions, a is %q", f.Refreshes, len(f.Asked), f.Installed("a").Version)
			}
		})
	}
}

// unfetchable is a manager that has no network.
type unfetchable struct{ packages.Index }

func (unfetchable) Refresh(context.Context, bool) error { return errors.New("no route") }

func TestNoNewIndexNoSecondTransaction(t *testing.T) {
	var said []string
	s := newSite(t, packages.Options{})
	parts := s.fake.Parts()
	parts.Index = unfetchable{parts.Index}
	s.Provider = packages.New(parts, packages.Options{Notice: func(m string) { said = append(said, m) }})
	s.fake.Refuse = []error{&packages.FetchError{Err: errors.New("a-2 is not there")}}
	_, o := s.apply(s.want("a"))
	if o.Err(0) == nil || o.Err(0).Error() != "a-2 is not there" || len(s.fake.Asked) != 1 || fmt.Sprint(said) != "[no route]" {
		t.Error(o.Errs, s.fake.Asked, said)
	}
}

// What is reported is the version that is there now, not the one that the plan showed.
func TestMovedVersionIsReported(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Refuse = []error{&packages.FetchError{Err: errors.New("a-2 is not there")}}
	s.fake.Moved = []packagestest.FakePackage{{Name: "a", Version: "3"}, {Name: "server", Version: "3"}}
	_, o := s.apply(s.want("a"), s.want("server"))
	for i, want := range []string{"3", ""} {
		got := ""
		for _, a := range o.MadeAs(i).Attrs {
			if a.Name == "version" {
				got = a.Want.AsString()
			}
		}
		if got != want || o.Err(i) != nil {
			t.Errorf("change %d is reported with version %q, %v, want %q", i, got, o.Err(i), want)
		}
	}
}
