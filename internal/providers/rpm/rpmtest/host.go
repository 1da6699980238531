// Package rpmtest contains what the test hosts of dnf and zypper have in common: see [Host]. It uses rpm and
// createrepo_c, never the code under test.
package rpmtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/pack"
	"converge/internal/process"
	"converge/internal/providers/packages/packagestest"
)

// Host is a test host with rpm. The zero value is ready to use.
type Host struct{}

// Folder is the folder of the repository.
const Folder = "/srv/packages"

// Shell runs a script, which must succeed, and returns its output.
func Shell(t testing.TB, script string) string {
	t.Helper()
	out, err := exec.Command("/bin/sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// Start installs one package that stays, because a real host has some: zypper cannot read an empty database. It
// provides what package scripts require.
func (Host) Start(t testing.TB) {
	t.Helper()
	p := pack.Package{
		Name: "rpmtest-base", Version: "1.0", Arch: "all", Summary: "the least of a system",
		Maintainer: "Suite <suite@example.org>", License: "MIT", Relations: pack.Relations{Provides: []string{"/bin/sh"}},
		Files: []pack.File{{Path: "/usr/share/rpmtest-base/version"}},
	}
	file := filepath.Join(t.TempDir(), "base.rpm")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(pack.Build(t.Context(), p, pack.RPM, f), f.Close()); err != nil {
		t.Fatal(err)
	}
	Shell(t, "rpm -q rpmtest-base >/dev/null || rpm -i --nodeps "+file)
}

// Full returns the full version of a package of the suite.
func (Host) Full(version string) string { return version + "-1" }

// Publish makes the package files of a folder the repository.
func (Host) Publish(t testing.TB, dir string) {
	t.Helper()
	Shell(t, fmt.Sprintf("rm -rf %[1]s; mkdir -p %[1]s; cp %s/*.rpm %[1]s/; createrepo_c -q --no-database %[1]s", Folder, dir))
}

// Clean removes all packages of the suite.
func (Host) Clean(t testing.TB) {
	t.Helper()
	Shell(t, `all=$(rpm -qa '`+packagestest.Prefix+`*'); [ -z "$all" ] || rpm -e --nodeps --noscripts $all 2>/dev/null
		rm -rf /etc/`+packagestest.Prefix+`* /usr/share/`+packagestest.Prefix+`*`)
}

// Load installs all package files of a folder.
func (Host) Load(t testing.TB, dir string) {
	t.Helper()
	Shell(t, "rpm -i --nodeps "+dir+"/*.rpm 2>/dev/null")
}

// Dump prints the packages of the suite with their files, and the lines about them in some files.
func (Host) Dump(t testing.TB, about ...string) string {
	t.Helper()
	return Shell(t, `rpm -qa '`+packagestest.Prefix+`*' | sort; find /usr/share/`+packagestest.Prefix+`* /etc/`+packagestest.Prefix+`* -type f -exec sha256sum {} + 2>/dev/null | sort || :
		grep -h '`+packagestest.Prefix+`' `+strings.Join(about, " ")+` /dev/null 2>/dev/null | sort || :`)
}

// List runs rpm's own listing of all packages.
func (Host) List(t testing.TB) {
	t.Helper()
	Shell(t, "rpm -qa >/dev/null")
}

// Installed returns the version of a package.
func (Host) Installed(_ testing.TB, name string) string {
	out, err := exec.Command("rpm", "-q", "--qf", `%{VERSION}-%{RELEASE}\n`, name).Output()
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// lockVariable names the file that [HoldIfAsked] locks.
const lockVariable = "RPMTEST_LOCK"

// HoldIfAsked belongs in TestMain: if [Host.Lock] started the test binary, it holds a lock as rpm does until its input
// ends, and returns true.
func HoldIfAsked() bool {
	file := os.Getenv(lockVariable)
	if file == "" {
		return false
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o644)
	if err == nil {
		err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	}
	if err != nil {
		fmt.Println(err)
		return true
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the pipe is closed
	return true
}

// Lock starts another process that holds the lock of rpm's database.
func (Host) Lock(t testing.TB) (pid int, release func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), lockVariable+"=/var/lib/rpm/.rpm.lock")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 100)
	if n, err := out.Read(said); err != nil || !strings.HasPrefix(string(said[:n]), "held") {
		t.Fatalf("cannot hold the lock: %v %s", err, said[:n])
	}
	return cmd.Process.Pid, func() { in.Close(); _ = cmd.Wait() }
}

// Kill kills the processes of a program with all their descendants; it returns false if none runs.
func Kill(program string) bool {
	children, found := map[int][]int{}, []int(nil)
	for _, pid := range processes() {
		s, ok := process.StatOf(pid)
		if !ok {
			continue
		}
		children[s.Parent] = append(children[s.Parent], pid)
		if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil && strings.TrimSpace(string(comm)) == program {
			found = append(found, pid)
		}
	}
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	for _, pid := range found {
		_ = unix.Kill(pid, unix.SIGKILL) // it may have ended already
	}
	return len(found) > 0
}

func processes() []int {
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var pids []int
	for _, n := range names {
		if pid, err := strconv.Atoi(filepath.Base(n)); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}
