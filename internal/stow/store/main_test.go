package store_test

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
	"converge/internal/stow/stowtest"
)

// In a test with kills, this program is the command.
const (
	envRoot = "STORE_TEST_ROOT"
	envLine = "STORE_TEST_LINE"
)

func TestMain(m *testing.M) {
	root := os.Getenv(envRoot)
	if root == "" {
		os.Exit(m.Run())
	}
	breakpoint.Enable()
	w := &storetest.World{T: loud{}, Root: root, Naps: -1, Durable: true}
	_, err := w.Run(os.Getenv(envLine))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(store.ExitCode(err))
}

// loud is a testing.TB for a command.
type loud struct{ testing.TB }

func (loud) Helper() {}

func (loud) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(2)
}

// Commands are killed before every changing system call, and a second time during the repair.
func TestKilledAtEverySystemCall(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it kills hundreds of processes")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const own = "\nusr/bin/own = x\nusr/bin/foo -> ../stow/foo/1.0/bin/foo\nusr/bin/old -> ../stow/foo/1.0/bin/old"
	const held1 = "\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> "
	const us = "../stow2/:installed/bin/stow2"
	for _, c := range []struct{ name, before, line string }{
		{"stow", foo, "foo/1.0"},
		{"switch", foo + own + held1 + us, "foo/2.0"},
		{"switch folded", foo + stowed1, "foo/2.0"},
		{"switch to unfolded", foo + stowed1, "--no-folding foo/2.0"},
		{"unstow", foo + own + held1 + us, "-D foo"},
		{"force", foo + own + held1 + "/sbin/apt", "--force foo/2.0"},
		{"config", config + stowed1 + "\nusr/stow/foo/1.0/etc/c = 1\nusr/stow/foo/1.0/etc/d = 1\nusr/etc -> stow/foo/1.0/etc", "foo/:config"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			safe(t, scene(self, c.name, c.before, c.line).Kills(t))
		})
	}
}

func safe(t *testing.T, tally stowtest.Tally) {
	t.Helper()
	if tally.Lost+tally.Unfit+tally.Unstable+tally.Silent > 0 || tally.Points == 0 {
		t.Errorf("not safe: %v", tally)
	}
}

func scene(self, name, before, line string) stowtest.Scene {
	return stowtest.Scene{
		Name: name,
		Build: func(t testing.TB, root string) {
			w := &storetest.World{T: t, Root: root, Naps: -1}
			w.Build(storetest.Base + "\n" + before)
		},
		Target: "usr",
		Argv:   func(string) []string { return []string{self} },
		Env:    func(root string) []string { return []string{envRoot + "=" + root, envLine + "=" + line} },
	}
}

// Commands with failing system calls report the failure, lose nothing, and can be repeated.
func TestFailsAtEverySystemCall(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it starts hundreds of processes")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const own = "\nusr/bin/own = x\nusr/bin/foo -> ../stow/foo/1.0/bin/foo\nusr/bin/old -> ../stow/foo/1.0/bin/old"
	const held1 = "\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> /sbin/apt"
	safe(t, scene(self, "force", foo+own+held1, "--force foo/2.0").Faults(t, unix.ENOSPC, unix.EIO))
}
