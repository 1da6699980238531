package dnf

import (
	"os"
	"strings"
	"testing"
	"time"

	"converge/internal/pack"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm/rpmtest"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
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
	w := world(t)
	packagestest.Run(t, w)
	t.Run("pins", func(t *testing.T) {
		packagestest.CheckSelection(t, w, packagestest.Selection{
			File: "/etc/yum.repos.d/pinned.repo",
			Text: packagestest.Definition(t, resourcetest.Attrs("name", "pinned", "provider", "dnf", "url", "file://"+rpmtest.Folder, "trusted", true,
				"pin", map[string]any{packagestest.Prefix + "man*": "1.*"})),
			Without: "2.0", With: "1.1",
			Upgrade: func(t testing.TB) { rpmtest.Shell(t, "dnf -y upgrade >/dev/null 2>&1") },
		})
	})
}

// BenchmarkNoOpOnHost has a host of its own: see packagestest.
func BenchmarkNoOpOnHost(b *testing.B) {
	if testhost.BenchOnHost(b, testhost.Options{Image: "dnf"}) {
		packagestest.BenchmarkNoOp(b, world(b))
	}
}

func world(t testing.TB) *packagestest.World {
	var h rpmtest.Host
	h.Start(t)
	return &packagestest.World{
		Manager: "dnf", Named: true, Format: pack.RPM, Full: h.Full, New: newProvider,
		Publish: func(t testing.TB, dir string) {
			h.Publish(t, dir)
			rpmtest.Shell(t, `[ -e /etc/yum.repos.d/suite.repo ] || printf '%s' '`+definition+`' >/etc/yum.repos.d/suite.repo`)
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
		Load: h.Load, List: h.List,
		Dump:    func(t testing.TB) string { return h.Dump(t, lockListFile) },
		Watched: []string{"/etc", "/usr/share", "/var/lib/rpm/rpmdb.sqlite", "/tmp"}, // not its history, which dnf writes when it is asked
		Slow:    true,
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
