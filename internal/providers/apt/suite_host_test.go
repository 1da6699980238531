package apt

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/pack"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/internal/testhost"
)

const definition = "Types: deb\nURIs: copy:/srv/suite\nSuites: ./\nTrusted: yes\n"

// TestPackageSuite runs the suite of all package managers with the real apt.
func TestPackageSuite(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{}) {
		return
	}
	shell(t, `mkdir -p /srv/suite; printf '%s' '`+definition+`' >/etc/apt/sources.list.d/suite.sources`)
	packagestest.Run(t, suiteWorld())
}

// BenchmarkNoOpOnHost has a host of its own: see packagestest.
func BenchmarkNoOpOnHost(b *testing.B) {
	if testhost.BenchOnHost(b, testhost.Options{}) {
		packagestest.BenchmarkNoOp(b, suiteWorld())
	}
}

func suiteWorld() *packagestest.World {
	lists := func(t testing.TB, verb, name string) bool {
		return shell(t, "apt-mark "+verb+" "+name) == name
	}
	return &packagestest.World{
		Manager: "apt", Format: pack.Deb,
		Full: func(v string) string { return v + "-1" },
		New: func(t testing.TB, o packages.Options) packagestest.Provider {
			p, err := New(Options{LockTimeout: time.Minute, Planned: o.Planned, Progress: o.Progress, Waiting: o.Notice, Notice: o.Notice})
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Publish: func(t testing.TB, dir string) {
			shell(t, `rm -f /srv/suite/*; cp `+dir+`/*.deb /srv/suite; cd /srv/suite
				for f in *.deb; do
					dpkg-deb -f $f
					echo "Filename: ./$f"; echo "Size: $(stat -c %s $f)"; echo "SHA256: $(sha256sum $f | cut -d' ' -f1)"; echo
				done >Packages`)
		},
		Definition: definition, File: "/etc/apt/sources.list.d/suite.sources",
		Clean: func(t testing.TB) {
			shell(t, `set -- $(dpkg-query -W -f='${Package}\n' '`+packagestest.Prefix+`*' 2>/dev/null || true)
				rm -f /var/lib/dpkg/info/`+packagestest.Prefix+`*.p*
				[ $# = 0 ] || dpkg --purge --force-all "$@" >/dev/null 2>&1 || true
				rm -f /etc/`+packagestest.Prefix+`*`)
		},
		Installed: func(t testing.TB, name string) string {
			_, v, _ := strings.Cut(strings.TrimPrefix(state(t, name), "un"), " ")
			return v
		},
		Load: func(t testing.TB, dir string) { // dpkg itself takes half a minute
			shell(t, `cd `+dir+`; for f in *.deb; do
					name=${f%%_*}; echo /. >/var/lib/dpkg/info/$name.list
					printf '\nPackage: %s\nStatus: install ok installed\nMaintainer: Suite\nArchitecture: all\nVersion: 1.0-1\nDescription: a package of the suite\n' $name
				done >>/var/lib/dpkg/status`)
		},
		List:      func(t testing.TB) { shell(t, "dpkg-query -W >/dev/null") },
		Held:      func(t testing.TB, name string) bool { return lists(t, "showhold", name) },
		Automatic: func(t testing.TB, name string) bool { return lists(t, "showauto", name) },
		Do: func(t testing.TB, verb string, names ...string) {
			all := strings.Join(names, " ")
			shell(t, map[string]string{
				"install": "apt-get -qq update; apt-get -qq -y install " + all, "remove": "apt-get -qq -y remove " + all,
				"hold": "apt-mark hold " + all, "release": "apt-mark unhold " + all, "auto": "apt-mark auto " + all,
			}[verb]+" >/dev/null </dev/null")
		},
		Lock:         func(t testing.TB) (int, func()) { return lock(t.(*testing.T), lockFrontend) },
		Transactions: func(t testing.TB) int { return transactions(t.(*testing.T)) },
		Kill: func(testing.TB) bool {
			pid := tool.FindRunning("apt-get")
			if pid == 0 {
				return false
			}
			for _, p := range tool.FindDescendants(pid) {
				_ = unix.Kill(p, unix.SIGKILL)
			}
			return true
		},
	}
}
