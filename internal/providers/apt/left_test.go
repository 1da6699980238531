package apt

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

const dpkgItself = "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"

func stateOf(name, status, version string) string {
	return "Package: " + name + "\nStatus: " + status + "\nArchitecture: all\nVersion: " + version + "\n\n"
}

// rewriteStatus replaces dpkg's database as dpkg does, which takes at least as
// long as it takes to start a program.
func rewriteStatus(t *testing.T, root, status string) {
	t.Helper()
	time.Sleep(2 * lookAgain)
	if err := os.WriteFile(root+statusFile+"-new", []byte(status), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(root+statusFile+"-new", root+statusFile); err != nil {
		t.Fatal(err)
	}
}

// apt calls a package installed of which triggers have not been run, and does
// nothing: dpkg has to be told.
func TestTriggersThatWereLeftAreRun(t *testing.T) {
	for _, state := range []string{"triggers-pending", "triggers-awaited"} {
		t.Run(state, func(t *testing.T) {
			root := fakeRoot(t, dpkgItself+stateOf("a", "install ok "+state, "1"))
			s := &script{t: t, steps: []step{{starts: "dpkg --force-confdef --force-confold --configure -a", effect: func() {
				rewriteStatus(t, root, dpkgItself+stateOf("a", "install ok installed", "1"))
			}}}}
			p := fakeProvider(t, root, s)
			m := &machine{Provider: p, kind: resources.Package(p)}
			if err := p.Apply(t.Context(), m.diff(t, m.resource(t, "a", nil))[0]); err != nil || len(s.steps) > 0 {
				t.Error(err, s.steps)
			}
		})
	}
}

// Whatever kept a package from being removed would only keep it again if it were
// installed again first.
func TestHalfRemovedPackageIsNotInstalledAgainToBeRemoved(t *testing.T) {
	root := fakeRoot(t, dpkgItself+stateOf("a", "deinstall ok half-installed", "1"))
	s := &script{t: t, steps: []step{
		{starts: "apt-get -s", res: tool.Result{Stdout: "Remv a [1]\n"}},
		{starts: "apt-get -s", res: tool.Result{Stdout: "Remv a [1]\n"}},
		{starts: "apt-get -y -q", effect: func() { rewriteStatus(t, root, dpkgItself+stateOf("a", "deinstall ok config-files", "1")) }},
	}}
	p := fakeProvider(t, root, s)
	m := &machine{Provider: p, kind: resources.Package(p)}
	c := m.diff(t, m.resource(t, "a", attrs{"ensure": "absent"}))[0]
	f, err := p.Solve(t.Context(), []resource.Change{c}, nil)
	if err != nil || !slices.Equal(f.Changes[0].Notes, []string{"dpkg left it half-installed; its removal will be finished"}) {
		t.Error(f, err)
	}
	if err := p.Apply(t.Context(), c); err != nil || len(s.steps) > 0 {
		t.Error(err, s.steps)
	}
}

// What came along with a package that goes stays, and a plan says so. What an earlier
// removal has left behind did not come along with it.
func TestPlanSaysWhatStaysBehind(t *testing.T) {
	root := fakeRoot(t, dpkgItself+stateOf("a", "install ok installed", "1")+stateOf("b", "install ok installed", "1"))
	out := `Reading package lists...
The following packages were automatically installed and are no longer required:
  lib0 lib1 lib2
  lib3 lib4
Use 'apt autoremove' to remove them.
The following packages will be REMOVED:
  a b
Remv a [1]
Remv b [1]
`
	before := `Reading package lists...
The following packages were automatically installed and are no longer required:
  lib0 lib4
Use 'apt autoremove' to remove them.
`
	p := fakeProvider(t, root, &script{t: t, steps: []step{
		{starts: "apt-get -s", res: tool.Result{Stdout: out}}, {starts: "apt-get -s", res: tool.Result{Stdout: before}},
	}})
	m := &machine{Provider: p, kind: resources.Package(p)}
	gone := attrs{"ensure": "absent"}
	f, err := p.Solve(t.Context(), m.diff(t, m.resource(t, "a", gone), m.resource(t, "b", gone)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.Changes[0].Notes; n != nil {
		t.Error("said twice:", n)
	}
	if n := strings.Join(f.Changes[1].Notes, "; "); !strings.Contains(n, "nothing needs it then: lib1, lib2, lib3; apt-get autoremove") {
		t.Errorf("%q", n)
	}
}

// A pin or a source that comes in the run makes no older version a newer one.
func TestCertainRefusals(t *testing.T) {
	for _, c := range []struct {
		summary, status, version string
		attr                     attrs
		certain                  bool
	}{
		{"exactly an older version", "install ok installed", "2", attrs{"version": "1"}, true},
		{"only older versions", "install ok installed", "2", attrs{"version": "< 2"}, true},
		{"the latest, which is held", "hold ok installed", "0", attrs{"ensure": "latest"}, false},
		{"to go, but held", "hold ok installed", "2", attrs{"ensure": "absent"}, true},
	} {
		t.Run(c.summary, func(t *testing.T) {
			op := "Inst a [" + c.version + "] (1 x [all])\n"
			if c.attr["ensure"] == "absent" {
				op = "Remv a [2]\n"
			}
			policy := "a:\n  Candidate: 1\n  Version table:\n     1 500\n"
			s := &script{t: t, steps: []step{{starts: "apt-cache", res: tool.Result{Stdout: policy}}, {starts: "apt-get -s", res: tool.Result{Stdout: op}, both: true}}}
			if c.attr["version"] != "< 2" && c.attr["ensure"] != "latest" {
				s.steps = s.steps[1:]
			}
			p := fakeProvider(t, fakeRoot(t, dpkgItself+stateOf("a", c.status, c.version)), s)
			m := &machine{Provider: p, kind: resources.Package(p)}
			_, err := p.Solve(t.Context(), m.diff(t, m.resource(t, "a", c.attr)), nil)
			var bad resource.Unsolvable
			if !errors.As(err, &bad) || len(bad) != 1 {
				t.Fatal(err)
			}
			for _, why := range bad {
				if errors.Is(why, resource.ErrCertain) != c.certain {
					t.Error(why)
				}
			}
		})
	}
}

// What apt-get update complained of stands in every error that it may be the
// cause of.
func TestWhatAptSaidOfSourcesStandsInTheError(t *testing.T) {
	said := "EXPKEYSIG 298C9289DA2C49F3"
	policy := "a:\n  Candidate: 1\n  Version table:\n     1 500\n"
	unmet := "The following packages have unmet dependencies:\n a : Depends: b but it is not installable\n"
	for summary, c := range map[string]struct {
		attr attrs
		step step
	}{
		"only in other versions": {attrs{"version": ">= 2"}, step{starts: "apt-cache", res: tool.Result{Stdout: policy}}},
		"without a dependency":   {nil, step{starts: "apt-get -s", res: tool.Result{Status: 100, Stdout: unmet, Stderr: "E: Unable to correct problems\n"}}},
	} {
		t.Run(summary, func(t *testing.T) {
			root := fakeRoot(t, dpkgItself)
			if err := os.WriteFile(root+sourcesDir+"/a.list", []byte("deb x y z\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			p := fakeProvider(t, root, &script{t: t, steps: []step{
				{starts: "apt-get -q", res: tool.Result{Status: 100, Stderr: "E: The following signatures were invalid: " + said + "\n"}}, c.step,
			}})
			m := &machine{Provider: p, kind: resources.Package(p)}
			_, err := p.Solve(t.Context(), m.diff(t, m.resource(t, "a", c.attr)), nil)
			if err == nil || !strings.Contains(err.Error(), said) {
				t.Error(err)
			}
		})
	}
}
