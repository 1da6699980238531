package packagestest

import (
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// conform runs the suite of all kinds on the host, with the real program. A fresh machine is one without packages of
// the suite; comparisons ignore the manager's log and cache.
func (s *suite) conform(t *testing.T) {
	if s.Dump == nil {
		return
	}
	clean := func(t testing.TB) *resourcetest.World {
		s.Clean(t)
		clearMarks(t)
		w := &resourcetest.World{Provider: s.New(t, packages.Options{}), Dir: "/", Dump: s.Dump}
		if len(s.Watched) > 0 {
			w.Fingerprint = s.fingerprint
		}
		return w
	}
	without := map[resourcetest.Part]string{
		resourcetest.Kept:    "a manager knows nothing of a package besides what the cases manage",
		resourcetest.Aliases: "a package has one name, but for its architecture, which the tests of the managers have",
		resourcetest.Bytes:   "a package is named by a word",
	}
	if len(s.Watched) == 0 {
		without[resourcetest.Silence] = "reading the database writes to files beside it"
	}
	resourcetest.Suite{
		Kind:    func(p resource.Provider) *resource.Kind { return resources.Package(p) },
		World:   clean,
		Without: without,
		Cases:   s.conformCases(),
	}.Run(t)
}

func (s *suite) conformCases() []resourcetest.Case {
	do := func(verb, name string) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			s.Do(t, verb, Prefix+name)
			w.Provider.(resource.Invalidator).Invalidate(nil)
		}
	}
	is := func(name, version string, held bool) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, _ *resourcetest.World) {
			t.Helper()
			if got := s.Installed(t, Prefix+name); got != version {
				t.Errorf("%s is %q, want %q", name, got, version)
			}
			if version != "" && s.Held(t, Prefix+name) != held {
				t.Errorf("%s: held is %v", name, !held)
			}
		}
	}
	a := resourcetest.Attrs
	// A transaction checks its context often, and takes a second: the cases try the
	// first moment, and one in the middle.
	const stride = 60
	cases := []resourcetest.Case{
		{
			Name: "held", Want: a("name", Prefix+"many", "hold", true), Check: is("many", s.Full("2.0"), true),
			Gone: a("name", Prefix+"many", "ensure", "absent", "hold", false), Removed: is("many", "", false), Stride: stride,
			Drifts: []resourcetest.Drift{{Name: "released", Attr: "hold", Do: do("release", "many")}},
		},
		{
			Name: "present", Want: a("name", Prefix+"lib"), Check: is("lib", s.Full("1.0"), false),
			Gone: a("name", Prefix+"lib", "ensure", "absent"), Removed: is("lib", "", false), Stride: stride,
			Drifts: []resourcetest.Drift{{Name: "removed", Do: do("remove", "lib")}},
		},
	}
	if s.Slow {
		return cases[:1]
	}
	return cases
}

// fingerprint changes when one of the watched files is written.
func (s *suite) fingerprint(t testing.TB) string {
	return shell(t, "find "+strings.Join(s.Watched, " ")+` -printf '%p %i %s %T@ %C@\n' 2>/dev/null | sort`)
}
