package fsys_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"converge/internal/fsys"
	"converge/internal/testhost"
)

// mutating returns the system calls before each of which a commit is killed: all that change something, and openat,
// which creates.
func mutating() []string {
	return []string{
		"openat", "write", "fchown", "fchownat", "fchmod", "mkdirat", "symlinkat", "linkat", "unlinkat",
		"renameat", "renameat2", "fsync", "syncfs",
	}
}

// oldAndNew returns the two allowed states of each path.
func oldAndNew() map[string][2]string {
	return map[string][2]string{
		"replaced": {`-rw-r--r-- "old"`, `-rw------- "new content"`},
		"created":  {"", `-rwxr-xr-x "created"`},
		"kept.bak": {"", `-rw-r--r-- "kept"`},
		"kept":     {`-rw-r--r-- "kept"`, `-rw-r--r-- "kept new"`},
		"dir":      {"", "drwxr-x---"},
		"link":     {`Lrwxrwxrwx -> before`, `Lrwxrwxrwx -> after`},
		"removed":  {`-rw-r--r-- "doomed"`, ""},
		"tree":     {"drwxr-xr-x", ""},
	}
}

func arrangeOld(t testing.TB, root string) {
	build(t, root, "f replaced old", "f kept kept", "l link before", "f removed doomed", "d tree/sub", "f tree/sub/f x")
}

// commitNew makes one group commit with everything.
func commitNew(t testing.TB, root string) {
	txn := open(t, root).Begin("killed")
	steps := stageNew(t, txn)
	if err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
	}
}

// stageNew stages all new entries.
func stageNew(t testing.TB, txn *fsys.Txn) []*fsys.Step {
	look := func(path string) fsys.Info {
		info, err := txn.Look(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return info
	}
	own := fsys.Perm{UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	perm := func(mode uint32) fsys.Perm { p := own; p.Mode = mode; return p }
	steps := []*fsys.Step{
		txn.File("/replaced", look("/replaced"), fsys.File{Perm: perm(0o600), Bytes: []byte("new content")}),
		txn.File("/created", fsys.Info{}, fsys.File{Perm: perm(0o755), From: strings.NewReader("created")}),
	}
	kept := look("/kept")
	backup := txn.Backup("/kept", "/kept.bak", kept)
	return append(
		steps, backup,
		txn.File("/kept", kept, fsys.File{Perm: perm(0o644), Bytes: []byte("kept new"), Needs: backup}),
		txn.Dir("/dir", perm(0o750)),
		txn.Symlink("/link", "after", look("/link")),
		txn.Remove("/removed", look("/removed")),
		txn.RemoveAll("/tree"),
	)
}

func show(t testing.TB, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case info.Mode().IsRegular():
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s %q", info.Mode(), b)
	case info.Mode()&fs.ModeSymlink != 0:
		to, _ := os.Readlink(path)
		return info.Mode().String() + " -> " + to
	}
	return info.Mode().String()
}

// oldOrNew checks that each path is old or new, and reports how many are new.
func oldOrNew(t testing.TB, root string) (n int) {
	t.Helper()
	for name, want := range oldAndNew() {
		switch got := show(t, filepath.Join(root, name)); got {
		case want[1]:
			n++
		case want[0]:
		default:
			t.Errorf("%s is %s: neither old nor new", name, got)
		}
	}
	return n
}

func TestCommit(t *testing.T) {
	root := t.TempDir()
	arrangeOld(t, root)
	commitNew(t, root)
	if n := oldOrNew(t, root); n != len(oldAndNew()) {
		t.Errorf("%d of %d are new", n, len(oldAndNew()))
	}
	if left := leftovers(t, root); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func leftovers(t testing.TB, root string) []string {
	t.Helper()
	var out []string
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, known := oldAndNew()[e.Name()]; !known {
			out = append(out, e.Name())
		}
	}
	return out
}

const killRoot = "CONVERGE_TEST_KILL_ROOT"

// TestKillChild is the process that gets killed.
func TestKillChild(t *testing.T) {
	root := os.Getenv(killRoot)
	if root == "" {
		return // it is not a test by itself
	}
	// strace counts system calls separately for each thread.
	runtime.LockOSThread()
	commitNew(t, root)
}

// underStrace runs the child, and returns strace's output and whether the child was killed.
func underStrace(t *testing.T, root string, args ...string) (trace string, killed bool) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "trace")
	args = append([]string{"-f", "-qq", "-o", log}, args...)
	cmd := exec.CommandContext(t.Context(), "strace", append(args, exe, "-test.run=^TestKillChild$")...)
	cmd.Env = append(os.Environ(), killRoot+"="+root)
	out, err := cmd.CombinedOutput()
	b, rerr := os.ReadFile(log)
	if rerr != nil {
		t.Fatal(rerr)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, _ := exit.Sys().(syscall.WaitStatus)
		if status.Signal() == syscall.SIGKILL || exit.ExitCode() == 128+int(syscall.SIGKILL) {
			return string(b), true
		}
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(b), false
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		testhost.Cannot(t, "needs strace: it kills the commit before each of its system calls")
	}
	if testing.Short() {
		t.Skip("short: it runs a process for each system call")
	}
}

// TestKilledAnywhere kills a commit before each changing system call: every path is old or new, and Sweep removes the
// rest.
func TestKilledAnywhere(t *testing.T) {
	needStrace(t)
	seen := map[int]bool{}
	for _, call := range mutating() {
		for n := 1; killedBefore(t, call, n, seen); n++ {
			if t.Failed() {
				t.Fatalf("killed before %s number %d", call, n)
			}
		}
	}
	for n := range len(oldAndNew()) + 1 {
		if !seen[n] {
			t.Errorf("no kill left exactly %d of the paths new: were all calls tried?", n)
		}
	}
}

// killedBefore kills a commit before its nth call of that name, if there are that many.
func killedBefore(t *testing.T, call string, n int, seen map[int]bool) bool {
	t.Helper()
	root := t.TempDir()
	arrangeOld(t, root)
	_, killed := underStrace(t, root, "-e", "trace="+call, "-e", "inject="+call+":error=EPERM:signal=SIGKILL:when="+strconv.Itoa(n))
	seen[oldOrNew(t, root)] = true
	if _, err := open(t, root).Sweep(t.Context(), []string{"/", "/none"}); err != nil {
		t.Error(err)
	}
	if left := leftovers(t, root); len(left) > 0 {
		t.Errorf("Sweep left %v", left)
	}
	return killed
}

// TestSyncedBeforeRenamed: contents are on disk before their names, and the names before Commit returns.
func TestSyncedBeforeRenamed(t *testing.T) {
	needStrace(t)
	root := t.TempDir()
	arrangeOld(t, root)
	trace, killed := underStrace(t, root, "-e", "trace=openat,fchmod,renameat,renameat2,unlinkat,fsync,syncfs")
	if killed {
		t.Fatal("killed by nobody")
	}
	var calls []string
	for line := range strings.Lines(trace) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		name, _, _ := strings.Cut(f[1], "(")
		staged := strings.Contains(line, ".converge-killed-")
		switch {
		case name == "openat" && staged && strings.Contains(line, "O_CREAT"):
			calls = append(calls, "stage")
		case strings.HasPrefix(name, "rename") && staged:
			calls = append(calls, "rename")
		case name == "fsync" || name == "syncfs":
			calls = append(calls, "sync")
		}
	}
	calls = slices.Compact(calls)
	if got := strings.Join(calls, " "); got != "stage sync rename sync" {
		t.Errorf("the order is %s, want stage sync rename sync\n%s", got, trace)
	}
}
