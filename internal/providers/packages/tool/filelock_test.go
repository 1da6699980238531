package tool

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

func TestFileLock(t *testing.T) {
	root := t.TempDir()
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	lock := FileLock(tree, "/db")
	look := func(wantPid int, wantHeld bool) {
		t.Helper()
		if pid, held, err := lock.Holder(); pid != wantPid || held != wantHeld || err != nil {
			t.Errorf("%d %v %v, want %d %v", pid, held, err, wantPid, wantHeld)
		}
	}
	look(0, false) // there is no such file
	f, err := os.Create(filepath.Join(root, "db"))
	if err != nil {
		t.Fatal(err)
	}
	look(0, false)
	for _, how := range []struct {
		op   int
		held bool
	}{{unix.LOCK_SH, false}, {unix.LOCK_EX, true}, {unix.LOCK_UN, false}} {
		if err := unix.Flock(int(f.Fd()), how.op); err != nil {
			t.Fatal(err)
		}
		pid := 0
		if how.held {
			pid = os.Getpid()
		}
		look(pid, how.held)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
