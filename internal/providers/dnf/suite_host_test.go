package dnf

import (
	"context"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/pack"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm/rpmtest"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

// The test binary is also the process that holds a lock.
func TestMain(m *testing.M) {
	if !rpmtest.HoldIfAsked() {
		os.Exit(m.Run())
	}
}

const definition = "[suite]\nname=suite\nbaseurl=file://" + rpmtest.Folder + "\ngpgcheck=0\n"

func TestPackageSuite(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Image: "dnf"}) {
		return
	}
	var h rpmtest.Host
	h.Start(t)
	w := &packagestest.World{
		Manager: "dnf", Named: true, Format: pack.RPM, Full: h.Full, New: newProvider,
		Publish: func(t testing.TB, dir string) {
			h.Publish(t, dir)
			rpmtest.Shell(t, `rm -rf /var/cache/dnf/*; [ -e /etc/yum.repos.d/suite.repo ] || printf '%s' '`+definition+`' >/etc/yum.repos.d/suite.repo`)
		},
		Definition: definition, File: "/etc/yum.repos.d/suite.repo",
		Clean: func(t testing.TB) {
			h.Clean(t)
			rpmtest.Shell(t, "rm -f /var/lib/dnf/*.pid /var/cache/dnf/*.pid; : >/etc/dnf/plugins/versionlock.list")
		},
		Installed: h.Installed,
		Held: func(t testing.TB, name string) bool {
			list := rpmtest.Shell(t, "cat /etc/dnf/plugins/versionlock.list")
			if held := strings.Contains(list, name+"-0:"+h.Installed(t, name)+"."); held || !strings.Contains(list, name+"-0:") {
				return held
			}
			t.Errorf("%s is held at another version: %s", name, list)
			return true
		},
		Automatic: func(t testing.TB, name string) bool {
			return rpmtest.Shell(t, "dnf -q --disablerepo='*' repoquery --installed --qf '%{reason}' "+name+" 2>/dev/null") == "dependency"
		},
		Do: func(t testing.TB, verb string, names ...string) {
			command := map[string]string{
				"install": "dnf -y install", "remove": "dnf -y remove", "hold": "dnf versionlock add",
				"release": "dnf versionlock delete", "auto": "dnf mark remove",
			}[verb]
			rpmtest.Shell(t, command+" "+strings.Join(names, " ")+" >/dev/null 2>&1")
		},
		Lock: h.Lock,
		Transactions: func(t testing.TB) int {
			return len(strings.Fields(rpmtest.Shell(t, `grep -h 'INFO Running transaction$' /var/log/dnf.log* | sed 's/.*/x/' || :`)))
		},
		Kill: func(testing.TB) bool { return rpmtest.Kill("dnf") },
	}
	packagestest.Run(t, w)
	t.Run("pins", func(t *testing.T) { checkPins(t, w) })
}

// checkPins pins a package to the older versions of a second repository, which has what the
// first one has: the plan shows the version that dnf selects, before the repository is there
// and after, and dnf by itself stays with it.
func checkPins(t *testing.T, w *packagestest.World) {
	const name, file = packagestest.Prefix + "many", "/etc/yum.repos.d/pinned.repo"
	want, err := resources.Repository(nil).Prepare(resource.Input{Attrs: resourcetest.Attrs(
		"name", "pinned", "provider", "dnf", "url", "file://"+rpmtest.Folder, "trusted", true, "pin", map[string]any{packagestest.Prefix + "man*": "1.*"},
	)})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := resource.Must[resources.RepositoryWant](cty.ObjectVal(want)).Definition.Bytes()
	var planned map[string][]byte
	plan := func() ([]resource.Change, resource.Forecast, packagestest.Provider) {
		t.Helper()
		p := w.New(t, packages.Options{
			Planned: func(context.Context, iter.Seq[resource.Change]) map[string][]byte { return planned },
			Notice:  func(m string) { t.Error(m) },
		})
		r := packagestest.Want(t, resources.Package(nil, resources.NamedProvider{Name: "dnf", Provider: p}), "dnf", name)
		cs := []resource.Change{resource.Diff(r, resource.Absent)}
		f, err := p.Solve(t.Context(), cs, slices.Values(cs))
		if err != nil {
			t.Fatal(err)
		}
		return cs, f, p
	}
	shows := func(f resource.Forecast, version string) {
		t.Helper()
		for _, a := range f.Changes[0].Attrs {
			if a.Name == "version" && a.Want.AsString() != version {
				t.Errorf("the plan shows %s, want %s", a.Want.AsString(), version)
			}
		}
	}
	_, f, _ := plan()
	shows(f, "2.0-1")
	planned = map[string][]byte{file: text}
	_, f, _ = plan()
	shows(f, "1.1-1")
	planned = nil
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file)
	cs, f, p := plan()
	shows(f, "1.1-1")
	if err := p.ApplyAll(t.Context(), cs, f).Err(0); err != nil {
		t.Fatal(err)
	}
	rpmtest.Shell(t, "dnf -y upgrade >/dev/null 2>&1")
	if got := w.Installed(t, name); got != "1.1-1" {
		t.Errorf("dnf itself has made it %s", got)
	}
}

func newProvider(t testing.TB, o packages.Options) packagestest.Provider {
	t.Helper()
	m, err := New(Options{Options: tool.Options{LockTimeout: time.Minute, Progress: o.Progress, Waiting: o.Notice, Notice: o.Notice}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Tree = m.Tree
	return packages.New(m.Parts(), o)
}
