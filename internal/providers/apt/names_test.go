package apt

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// archOf is the stanza of an installed package of one architecture.
func archOf(name, arch string) string {
	return "Package: " + name + "\nStatus: install ok installed\nArchitecture: " + arch + "\nVersion: 1\n\n"
}

func TestOnePackageHasOneName(t *testing.T) {
	root := fakeRoot(t, dpkgItself+archOf("own", "amd64")+archOf("every", "all")+archOf("both", "amd64")+archOf("both", "i386")+archOf("alien", "i386"))
	p := fakeProvider(t, root, &script{t: t})
	want := map[string]string{}
	var keys []string
	for name, own := range map[string]string{
		"own": "own", "own:amd64": "own", "own:all": "own", "own:native": "own", "own:i386": "own:i386",
		"every": "every", "every:amd64": "every", "every:all": "every", "every:i386": "every",
		"both:amd64": "both", "both:all": "both", "both:i386": "both:i386",
		"alien": "alien", "alien:all": "alien", "alien:i386": "alien:i386",
		"none": "none", "none:amd64": "none", "none:all": "none", "none:i386": "none:i386",
	} {
		keys = append(keys, packageKey+name)
		if own != name {
			want[packageKey+name] = packageKey + own
		}
	}
	got, err := p.Identify(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Each spelling of a package that is to stay away contradicts what would bring it.
func TestContradictionUnderEachSpelling(t *testing.T) {
	for _, name := range []string{"na", "na:amd64", "na:all"} {
		t.Run(name, func(t *testing.T) {
			p := fakeProvider(t, fakeRoot(t, dpkgItself), &script{t: t, steps: []step{
				{starts: "apt-get -s", res: tool.Result{Stdout: "Inst na (1 x [amd64])\nInst nt (1 x [amd64])\n"}, both: true},
			}})
			m := &machine{Provider: p, kind: resources.Package(p)}
			away, nt := m.resource(t, name, attrs{"ensure": "absent"}), m.resource(t, "nt", nil)
			p.Declare([]*resource.Resource{away, nt})
			_, err := p.Solve(t.Context(), m.diff(t, away, nt), nil)
			var bad resource.Unsolvable
			if !errors.As(err, &bad) || bad[nt.Addr] == nil || !strings.Contains(bad[nt.Addr].Error(), "apt would install na then, and "+away.Addr.String()+" says otherwise") {
				t.Error(err)
			}
		})
	}
}

// A package that is not there yet is found in apt's solution, in what the plan
// shows and in what the transaction did, however the manifest spells it.
func TestInstalledUnderEachSpelling(t *testing.T) {
	for _, name := range []string{"a", "a:amd64", "a:all"} {
		t.Run(name, func(t *testing.T) {
			root := fakeRoot(t, dpkgItself)
			s := &script{t: t, steps: []step{
				{starts: "apt-get -s", res: tool.Result{Stdout: solved}},
				{starts: "apt-get -y -q", told: toldInstall, effect: func() {
					rewriteStatus(t, root, dpkgItself+archOf("a", "all"))
					writeFile(t, root+infoDir+"/a.list", "")
				}},
				{starts: "dpkg --set-selections", effect: func() {
					rewriteStatus(t, root, dpkgItself+strings.Replace(archOf("a", "all"), "install ok", "hold ok", 1))
				}},
			}}
			p := fakeProvider(t, root, s)
			m := &machine{Provider: p, kind: resources.Package(p)}
			r := m.resource(t, name, attrs{"hold": true})
			f := m.converge(t, r)
			if len(f.Also) > 0 || len(m.outcome.Also) > 0 || len(s.steps) > 0 {
				t.Error(summary(f.Also), summary(m.outcome.Also), s.steps)
			}
			if m.outcome.TookEffectAt(0).IsZero() {
				t.Error("the change is not known by this name")
			}
		})
	}
}

// The plan covers the removal of a package whose name it spells with an
// architecture, and its configuration files are known.
func TestPlannedRemovalUnderEachSpelling(t *testing.T) {
	status := dpkgItself + strings.TrimSuffix(archOf("b", "amd64"), "\n") + "Conffiles:\n /etc/b.conf 1\n\n"
	root := fakeRoot(t, status)
	writeFile(t, root+"/etc/b.conf", "")
	p := fakeProvider(t, root, &script{t: t})
	db, err := p.currentDatabase()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b", "b:amd64", "b:all"} {
		want := cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "ensure": cty.StringVal("purged")})
		c := resource.Change{Addr: resource.Addr{Kind: "package", Name: "x"}, Kind: resources.Package(nil), Action: resource.Delete, Want: want}
		j := &job{request{sources: p.sources, db: db, ops: []operation{{name: "b", old: "1"}}}}
		if bad := j.operationsBeyond(j.shownBy(resource.Forecast{Changes: []resource.Change{c}})); len(bad) > 0 {
			t.Errorf("%s: %v", name, bad)
		}
		if r := p.Review(t.Context(), c, resource.Outlook{Ask: resource.AskRemoval}); r.Blocked != nil || !slices.Equal(r.Removes, []string{"/etc/b.conf"}) {
			t.Errorf("%s: %v", name, r)
		}
	}
}
