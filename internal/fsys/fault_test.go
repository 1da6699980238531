package fsys_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"converge/internal/fsys"
)

const faultRoot = "CONVERGE_TEST_FAULT_ROOT"

// stepNames returns the paths of [stageNew]'s steps, in order.
func stepNames() []string {
	return []string{"replaced", "created", "kept.bak", "kept", "dir", "link", "removed", "tree"}
}

// TestFaultChild is the process in which one system call fails. Its exit status has a bit for each failed step; the file
// "group" reports a failure of the group.
func TestFaultChild(t *testing.T) {
	root := os.Getenv(faultRoot)
	if root == "" {
		return // it is not a test by itself
	}
	runtime.LockOSThread() // strace counts system calls by thread
	txn := open(t, root).Begin("faulty")
	steps := stageNew(t, txn)
	if txn.Commit(t.Context()) != nil {
		f, err := os.Create(filepath.Join(root, "..", "group"))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	failed := 0
	for i, s := range steps {
		var e *fsys.Error
		if errors.As(s.Err(), &e) {
			failed |= 1 << i
		}
	}
	if failed != 0 {
		os.Exit(failed)
	}
}

// TestFaults fails each system call of a commit, one by one. An interrupted call is repeated. If the disk is full, a
// step either fails and its path is old, or succeeds and its path is new; nothing else is left.
func TestFaults(t *testing.T) {
	needStrace(t)
	for _, c := range []struct {
		call  string
		least int  // the least number of calls
		group bool // the group as a whole may fail
		stays bool // staged files may stay, for Sweep
	}{
		{call: "write", least: 2},
		{call: "pwrite64", least: 1},
		{call: "fchmod", least: 2},
		{call: "mkdirat", least: 1},
		{call: "symlinkat", least: 1},
		{call: "linkat", least: 1},
		{call: "renameat", least: 3},
		{call: "renameat2", least: 3},
		{call: "fsync", least: 4, group: true},
		{call: "unlinkat", least: 3, stays: true},
	} {
		if !faulty(t, c.call, "EINTR", "1+2", c.group, c.stays) { // each once, but not its repetition
			t.Errorf("%s was never interrupted", c.call)
		}
		n := 0
		for faulty(t, c.call, "ENOSPC", strconv.Itoa(n+1), c.group, c.stays) {
			n++
		}
		if n < c.least {
			t.Errorf("%s failed %d times, want %d", c.call, n, c.least)
		}
	}
}

// faulty commits while strace(1) makes calls of that name fail, and reports whether any did.
func faulty(t *testing.T, call, errno, when string, group, stays bool) bool {
	t.Helper()
	top := t.TempDir()
	root := filepath.Join(top, "root")
	build(t, top, "d root")
	arrangeOld(t, root)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(top, "trace")
	inject := "inject=" + call + ":error=" + errno + ":when=" + when
	cmd := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", log, "-e", "trace="+call, "-e", inject, exe, "-test.run=^TestFaultChild$")
	cmd.Env = append(os.Environ(), faultRoot+"="+root)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	failed := cmd.ProcessState.ExitCode()
	trace, err := os.ReadFile(log)
	if err != nil || failed < 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	what := call + " number " + when + ": " + errno
	for i, name := range stepNames() {
		got, want := show(t, filepath.Join(root, name)), oldAndNew()[name]
		switch bad := failed&(1<<i) != 0; {
		case bad && errno == "EINTR":
			t.Errorf("%s: %s failed, and was not tried again", what, name)
		case !bad && got != want[1], bad && got != want[0] && !(name == "tree" && got == ""): // hidden before it was removed
			t.Errorf("%s: %s is %s, with an error %t", what, name, got, bad)
		}
	}
	if _, err := os.Lstat(filepath.Join(top, "group")); err == nil && (!group || errno == "EINTR") {
		t.Errorf("%s: the group failed", what)
	}
	if left := leftovers(t, root); len(left) > 0 && !stays {
		t.Errorf("%s: left over: %v", what, left)
	}
	return strings.Contains(string(trace), "(INJECTED)")
}
