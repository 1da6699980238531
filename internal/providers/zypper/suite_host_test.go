package zypper

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
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

const definition = "[suite]\nname=the suite\nautorefresh=0\nbaseurl=file://" + rpmtest.Folder + "\ngpgcheck=0\n"

func TestPackageSuite(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Image: "zypper"}) {
		return
	}
	w := world(t)
	packagestest.Run(t, w)
	t.Run("priority", func(t *testing.T) {
		rpmtest.Shell(t, "mkdir -p /srv/older; cp "+rpmtest.Folder+"/"+packagestest.Prefix+"many-1.1-*.rpm /srv/older; createrepo_c -q --no-database /srv/older")
		packagestest.CheckSelection(t, w, packagestest.Selection{
			File:    reposFolder + "/older.repo",
			Text:    packagestest.Definition(t, resourcetest.Attrs("name", "older", "provider", "zypper", "url", "dir:/srv/older", "trusted", true, "priority", 10)),
			Without: "2.0", With: "1.1",
			Upgrade: func(t testing.TB) { rpmtest.Shell(t, "zypper -n update >/dev/null 2>&1") },
		})
	})
}

// BenchmarkNoOpOnHost needs a host of its own: see packagestest.
func BenchmarkNoOpOnHost(b *testing.B) {
	if testhost.BenchOnHost(b, testhost.Options{Image: "zypper"}) {
		packagestest.BenchmarkNoOp(b, world(b))
	}
}

func world(t testing.TB) *packagestest.World {
	var h rpmtest.Host
	h.Start(t)
	return &packagestest.World{
		Manager: "zypper", Named: true, Format: pack.RPM, Full: h.Full, New: newProvider,
		Publish: func(t testing.TB, dir string) {
			h.Publish(t, dir)
			rpmtest.Shell(t, `mkdir -p /etc/zypp/repos.d; [ -e /etc/zypp/repos.d/suite.repo ] ||
				printf '%s' '`+definition+`' >/etc/zypp/repos.d/suite.repo`)
		},
		Definition: definition, File: "/etc/zypp/repos.d/suite.repo",
		Clean: func(t testing.TB) {
			h.Clean(t)
			rpmtest.Shell(t, "rm -f /run/zypp.pid /etc/zypp/locks /var/lib/zypp/AutoInstalled")
		},
		Installed: h.Installed,
		Held: func(t testing.TB, name string) bool {
			return strings.Contains(rpmtest.Shell(t, "cat /etc/zypp/locks || :"), "solvable_name: "+name)
		},
		Automatic: func(t testing.TB, name string) bool {
			return slices.Contains(strings.Fields(rpmtest.Shell(t, "cat /var/lib/zypp/AutoInstalled || :")), name)
		},
		Do: func(t testing.TB, verb string, names ...string) {
			command := map[string]string{
				"install": "zypper -n install", "remove": "zypper -n remove", "hold": "zypper -n addlock",
				"release": "zypper -n removelock", "auto": "mkdir -p /var/lib/zypp; printf '%s\\n' >>/var/lib/zypp/AutoInstalled",
			}[verb]
			rpmtest.Shell(t, command+" "+strings.Join(names, " "))
		},
		Lock: lockZypp,
		Transactions: func(t testing.TB) int {
			return len(strings.Fields(rpmtest.Shell(t, `cat /var/log/zypp/history 2>/dev/null | grep '|command|' | sed 's/.*/x/' || :`)))
		},
		Kill: func(testing.TB) bool { return rpmtest.Kill("zypper") },
		Load: h.Load, List: h.List,
		Dump:    func(t testing.TB) string { return h.Dump(t, locksFile, automaticFile) },
		Watched: []string{"/etc", "/usr/share", "/var/lib/rpm/rpmdb.sqlite", "/var/lib/zypp", "/var/cache/zypp", "/tmp"},
	}
}

// lockZypp starts another process that holds libzypp's lock, a file with the number of the process.
func lockZypp(t testing.TB) (pid int, release func()) {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/run/zypp.pid", fmt.Appendln(nil, cmd.Process.Pid), 0o644); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid, func() {
		_ = os.Remove("/run/zypp.pid")
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
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
