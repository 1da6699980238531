package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/breakpoint"
	"converge/internal/testhost"
)

// dependentSite declares two of six packages with dependencies: lib-dev and lib-doc need lib in the same version, and
// ring-a, ring-b and ring-c need each other in a cycle.
const dependentSite = `
package "lib" {
  version  = "2.0"
  notifies = [exec.told.run]
}
package "ring-a" {}
exec "told" { command = "echo told >>/srv/told" }
`

const dependentPackages = `
mkdir -p /srv/debs; cd /srv/debs
deb() { # NAME VERSION [FIELD]
	mkdir -p "t/DEBIAN" "t/usr/share/$1"
	echo "$2" >"t/usr/share/$1/version"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Test <test@example.invalid>\nDescription: for tests\n' "$1" "$2" >t/DEBIAN/control
	[ -z "$3" ] || echo "$3" >>t/DEBIAN/control
	dpkg-deb --root-owner-group -Znone -b t . >/dev/null
	rm -r t
}
for v in 1.0 2.0; do
	deb lib $v ''
	deb lib-dev $v "Depends: lib (= $v)"
	deb lib-doc $v "Depends: lib (= $v)"
done
deb ring-a 1.0 'Depends: ring-b'
deb ring-b 1.0 'Depends: ring-c'
deb ring-c 1.0 'Depends: ring-a'
for f in *.deb; do
	dpkg-deb -f $f
	printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' $f $(stat -c %s $f) $(sha256sum $f | cut -d' ' -f1)
done >Packages
echo 'deb [trusted=yes] file:/srv/debs ./' >/etc/apt/sources.list.d/debs.list
apt-get -qq update
touch /srv/told
`

// dependentBefore gives the packages their first state.
const dependentBefore = `
dpkg --purge --force-depends lib lib-dev lib-doc ring-a ring-b ring-c
apt-get -qq -y install lib-dev=1.0 lib-doc=1.0 lib=1.0
apt-mark auto lib-doc
rm -f /var/cache/apt/*.bin # apt takes them for current if dpkg's database has the same size and second of change
`

// TestKilledBetweenPackages kills all processes whenever dpkg starts to read a package of a transaction. That leaves
// packages with unmet dependencies, so that apt refuses other work. The next run nevertheless finishes the work, also
// for undeclared packages, and runs the owed command once. It marks no package as manually installed that was not.
func TestKilledBetweenPackages(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Repo: true}) {
		return
	}
	if err := breakpoint.Available(); err != nil {
		testhost.Cannot(t, err.Error())
	}
	mustRun(t, "sh", "-ec", dependentPackages)
	writeIn(t, "/srv/site.hcl", dependentSite)
	unmet, kills := 0, 0
	for {
		mustRun(t, "sh", "-ec", dependentBefore)
		told, files := toldLines(t), gateFiles(t)
		killed, out := killAtPackage(t, kills+1)
		if !killed {
			break
		}
		kills++
		if exec.Command("apt-get", "check").Run() != nil {
			unmet++
		}
		again, err := exec.Command("converge", "apply", "/srv/site.hcl").CombinedOutput()
		states, stateErr := exec.Command("sh", "-ec", "apt-get -qq check; dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' 'lib' 'lib-d??' 'ring-?'; apt-mark showauto lib lib-dev lib-doc ring-a ring-b ring-c").CombinedOutput()
		const want = "lib installed 2.0\nlib-dev installed 2.0\nlib-doc installed 2.0\nring-a installed 1.0\nring-b installed 1.0\nring-c installed 1.0\nlib-doc\nring-b\nring-c\n"
		if err != nil || stateErr != nil || string(states) != want || toldLines(t)-told != 1 {
			t.Errorf("killed at package %d: %v, %v\n%s\n%s\ntold %d times\n%s", kills, err, stateErr, states, again, toldLines(t)-told, out)
		}
		if d := cmp.Diff(files, gateFiles(t)); d != "" {
			t.Errorf("killed at package %d: files are left, or gone:\n%s", kills, d)
		}
		mustRun(t, "converge", "plan", "--detailed-exitcode", "/srv/site.hcl")
	}
	t.Logf("%d kills, %d of which left unmet dependencies", kills, unmet)
	if unmet == 0 {
		t.Error("no kill left unmet dependencies")
	}
}

// killAtPackage makes a run, and kills it with all processes that it has started when dpkg starts to read a package, or
// its files, for the nth time. It reports whether it got there.
func killAtPackage(t *testing.T, n int) (killed bool, out string) {
	t.Helper()
	cmd := exec.Command("converge", "apply", "/srv/site.hcl")
	reader, count := regexp.MustCompile(`^dpkg-deb --(control|fsys-tarfile)`), 0
	_, said, err := breakpoint.Run(cmd, []string{"openat"}, func(c breakpoint.Call) breakpoint.Answer {
		if reader.MatchString(commandLine(c.Process)) && argumentOf(c) == libraries {
			if count++; count == n {
				killed = true
				killProcesses(t, append(findGroup(findProcess(byAptGet)), cmd.Process.Pid))
			}
		}
		return breakpoint.Proceed
	})
	if err != nil && !killed {
		t.Fatalf("%v\n%s", err, said)
	}
	return killed, strings.TrimSpace(string(said))
}
