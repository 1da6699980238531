package apt

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

const (
	unlisted = "a:\n  Installed: 1\n  Candidate: 1\n  Version table:\n *** 1 100\n        100 /var/lib/dpkg/status\n"
	listed   = "a:\n  Installed: 1\n  Candidate: 1\n  Version table:\n *** 1 500\n        500 http://x stable/main amd64 Packages\n        100 /var/lib/dpkg/status\n"
	newer    = "a:\n  Installed: 1\n  Candidate: 2\n  Version table:\n     2 500\n        500 http://x stable/main amd64 Packages\n *** 1 100\n        100 /var/lib/dpkg/status\n"
)

func latestOf(t *testing.T, s *script) (*Provider, *resource.Resource) {
	root := fakeRoot(t, dpkgItself+stateOf("a", "install ok installed", "1"))
	if err := os.WriteFile(root+sourcesDir+"/a.list", []byte("deb x y z\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.t = t
	p := fakeProvider(t, root, s)
	return p, (&machine{Provider: p, kind: resources.Package(p)}).resource(t, "a", attrs{"ensure": "latest"})
}

// Where package lists that were due are missing, a package that no list has may have a
// newer version; and what is listed is the best that can be known.
func TestLatestWithoutTheLists(t *testing.T) {
	refused := tool.Result{Status: 100, Stderr: "E: Failed to fetch http://x  Connection refused\n"}
	partly := tool.Result{Stderr: "W: Failed to fetch http://x  Connection refused\nW: " + someFailed + ". They have been ignored, or old ones used instead.\n"}
	warned := tool.Result{Stderr: "W: Target Packages is configured multiple times\n"}
	for name, tt := range map[string]struct {
		update tool.Result
		policy string
		want   string // the error
		note   bool
	}{
		"none is fetched":              {refused, unlisted, "cannot tell which version of a is the latest: cannot fetch the package lists: Failed to fetch http://x  Connection refused", false},
		"some are not":                 {partly, unlisted, "cannot tell which version of a is the latest: cannot fetch all package lists: Failed to fetch http://x  Connection refused", false},
		"none is fetched, one has it":  {refused, listed, "<nil>", true},
		"all are fetched, one has it":  {tool.Result{}, listed, "<nil>", true},
		"all are fetched, none has it": {tool.Result{}, unlisted, "<nil>", false},
		"a warning of another thing":   {warned, unlisted, "<nil>", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{steps: []step{{starts: "apt-get -q", res: tt.update}, {starts: "apt-cache", res: tool.Result{Stdout: tt.policy}}}}
			p, r := latestOf(t, s)
			have, err := p.Observe(t.Context(), r.Want)
			if fmt.Sprint(err) != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
			c := resource.Diff(r, have)
			if err != nil {
				if resource.StringAttr(have, "installed") != "1" {
					t.Error("what is there is known")
				}
				return
			}
			if notes := p.Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast}).Notes; !c.Empty() || len(notes) > 0 != tt.note {
				t.Errorf("%+v, notes %q", c, notes)
			}
		})
	}
}

// Lists that could not be fetched are not of now, and a transaction by them does not find
// the version that the plan has shown.
func TestUpgradeWithoutTheLists(t *testing.T) {
	refused := tool.Result{Status: 100, Stderr: "E: Failed to fetch http://x  Connection refused\n"}
	s := &script{steps: []step{
		{starts: "apt-get -q"}, {starts: "apt-cache", res: tool.Result{Stdout: newer}}, // it is observed
		{starts: "apt-get -q", res: refused}, {starts: "apt-get -s", res: tool.Result{Stdout: "Inst a [1] (2 x [all])\n"}},
		{starts: "apt-get -q", res: refused}, {starts: "apt-get -s"},
	}}
	p, r := latestOf(t, s)
	have, err := p.Observe(t.Context(), r.Want)
	if err != nil {
		t.Fatal(err)
	}
	cs := []resource.Change{resource.Diff(r, have)}
	f, err := p.Solve(t.Context(), cs, nil)
	if err != nil || strings.Contains(strings.Join(f.Changes[0].Notes, ""), "just now") {
		t.Error(f.Changes, err)
	}
	want := "cannot install a: the package lists that are there do not have its latest version: cannot fetch the package lists: Failed to fetch http://x  Connection refused"
	if o := p.ApplyAll(t.Context(), cs, f); fmt.Sprint(o.Err(0)) != want {
		t.Errorf("%v, want %s", o.Errs, want)
	}
	if !p.Review(t.Context(), cs[0], resource.Outlook{Ask: resource.AskNeedless}).Unmade {
		t.Error("it is as it was")
	}
}
