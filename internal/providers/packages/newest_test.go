package packages_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

// agingIndex is an index with an age, that may not be fetched.
type agingIndex struct {
	*packagestest.Fake
	why     []string // it is stale, by each answer; the last one again and again
	fails   error
	fetched time.Time
}

func (x *agingIndex) WhyStale(context.Context, bool) (string, error) {
	why := x.why[0]
	if len(x.why) > 1 {
		x.why = x.why[1:]
	}
	return why, nil
}

func (x *agingIndex) Refresh(context.Context, bool) error { return x.fails }

func (x *agingIndex) FetchTime(context.Context) (time.Time, error) { return x.fetched, nil }

func newAgingSite(t *testing.T, x *agingIndex, o packages.Options, of ...packagestest.FakePackage) *site {
	x.Fake = &packagestest.Fake{Offered: of}
	parts := x.Parts()
	parts.Index = x
	x.Put("a", func(p *packages.Package) { p.Version = "1" })
	return &site{packages.New(parts, o), x.Fake, t}
}

// Where an index that was due is missing, a package that nothing offers may have a newer
// version; and what is offered is the best that can be known.
func TestLatestWithoutTheIndex(t *testing.T) {
	const stale, known = "acme.repo has changed since", ""
	offered := []packagestest.FakePackage{{Name: "a", Version: "1"}}
	for name, tt := range map[string]struct {
		why     []string
		fails   error
		offered []packagestest.FakePackage
		want    string // the error
	}{
		"it cannot be fetched":                {[]string{stale}, errors.New("no route"), nil, "cannot tell which version of a is the latest: no route"},
		"it is missing after a fetch":         {[]string{"there is no index of acme"}, nil, nil, "cannot tell which version of a is the latest: there is no index of acme"},
		"it cannot be fetched, and has it":    {[]string{stale}, errors.New("no route"), offered, ""},
		"it is fetched, and has it no more":   {[]string{stale, known}, nil, nil, ""},
		"it is not due, and has it no more":   {[]string{known}, errors.New("no route"), nil, ""},
		"another program is at the index now": {[]string{stale}, &tool.LockedError{}, offered, (&tool.LockedError{}).Error()},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAgingSite(t, &agingIndex{why: tt.why, fails: tt.fails}, packages.Options{}, tt.offered...)
			r := s.want("a", "ensure", "latest")
			have, err := s.Observe(t.Context(), r.Want)
			if err != nil && err.Error() != tt.want {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if err == nil && (tt.want != "" || !resource.Diff(r, have).Empty()) {
				t.Errorf("%#v, want %q", have, tt.want)
			}
			if err != nil && resource.StringAttr(have, "installed") != "1" {
				t.Error("what is there is known")
			}
		})
	}
}

// A transaction by an older index than the plan's does not find the version that the plan
// has shown: the reason is that the index cannot be fetched, or that it is locked.
func TestUpgradeWithoutTheIndex(t *testing.T) {
	for why, want := range map[error]string{
		errors.New("no route"): "cannot install a: the package index that is there does not have its latest version: no route",
		&tool.LockedError{}:    (&tool.LockedError{}).Error(),
	} {
		x := &agingIndex{why: []string{""}, fetched: time.Now()}
		s := newAgingSite(t, x, packages.Options{}, packagestest.FakePackage{Name: "a", Version: "2"}, packagestest.FakePackage{Name: "a", Version: "1"})
		cs := s.changes(s.want("a", "ensure", "latest"))
		f, err := s.Solve(t.Context(), cs, nil)
		if err != nil || !strings.HasPrefix(strings.Join(f.Changes[0].Notes, ""), "by the package index that was fetched ") {
			t.Fatal(f.Changes, err)
		}
		x.why, x.fails, x.Offered = []string{"it is old"}, why, x.Offered[1:]
		if o := s.ApplyAll(t.Context(), cs, f); fmt.Sprint(o.Err(0)) != want {
			t.Errorf("%v, want %s", o.Errs, want)
		}
	}
}

func TestNoteOnTheLatest(t *testing.T) {
	x := &agingIndex{why: []string{""}, fetched: time.Now().Add(-3 * time.Hour)}
	s := newAgingSite(t, x, packages.Options{}, packagestest.FakePackage{Name: "a", Version: "1"})
	r := s.want("a", "ensure", "latest")
	notes := func() string {
		s.Invalidate(nil)
		c := resource.Diff(r, r.Want)
		return strings.Join(s.Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast}).Notes, "; ")
	}
	if got := notes(); !strings.HasPrefix(got, "it is the latest by the package index that was fetched ") || !strings.HasSuffix(got, ", 3 h ago") {
		t.Errorf("%q", got)
	}
	x.Offered = nil
	if got := notes(); got != "" {
		t.Errorf("nothing offers it: %q", got)
	}
}

// A planned upgrade of which nothing is left in its turn was made by an earlier change, or
// is not needed any more.
func TestNeedlessUpgrade(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Put("a", func(p *packages.Package) { p.Version = "1" })
	c := s.changes(s.want("a", "ensure", "latest"))[0]
	unmade := func() bool {
		return s.Review(t.Context(), c, resource.Outlook{Ask: resource.AskNeedless}).Unmade
	}
	if !unmade() {
		t.Error("it is as it was")
	}
	s.fake.Put("a", func(p *packages.Package) { p.Version = "2" })
	s.Invalidate(nil)
	if unmade() {
		t.Error("something has upgraded it")
	}
}
