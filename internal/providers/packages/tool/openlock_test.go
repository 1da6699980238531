package tool

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// processes is a folder like /proc, of a machine whose first process has no files open.
func processes(t *testing.T, namespace string, mountRoot string) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"1/fd", "self/ns", "42/fd"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(namespace, filepath.Join(dir, "self/ns/pid")); err != nil {
		t.Fatal(err)
	}
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, dir, 0, unix.STATX_MNT_ID, &st); err != nil {
		t.Fatal(err)
	}
	line := strconv.FormatUint(st.Mnt_id, 10) + " 1 8:1 " + mountRoot + " / rw - ext4 /dev/x rw\n"
	if err := os.WriteFile(filepath.Join(dir, "self/mountinfo"), []byte("7 1 0:3 / /proc rw - proc proc rw\n"+line), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// makeLock makes a lock as libalpm does.
func makeLock(t *testing.T, file string) {
	t.Helper()
	if err := os.RemoveAll(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0); err != nil {
		t.Fatal(err)
	}
}

func TestOpenLock(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "db.lck")
	const elsewhere = "pid:[4026532000]"
	for _, c := range []struct {
		name, namespace, mountRoot string
		change                     func(proc string) error
		pid                        int
		held                       bool
	}{
		{name: "left by one that was killed", namespace: initialPids, mountRoot: "/lib"},
		{name: "open", namespace: initialPids, mountRoot: "/", change: func(proc string) error { return os.Symlink(lock, proc+"/42/fd/5") }, pid: 42, held: true},
		{name: "another file is open", namespace: initialPids, mountRoot: "/", change: func(proc string) error { return os.Symlink(filepath.Dir(lock), proc+"/42/fd/5") }},
		// The file system of a file that only has another name may not answer.
		{name: "a file of another name is not looked at", namespace: initialPids, mountRoot: "/", change: func(proc string) error {
			return errors.Join(os.Link(lock, proc+"/other"), os.Symlink(proc+"/other", proc+"/42/fd/5"))
		}},
		{name: "one of the same name was removed", namespace: initialPids, mountRoot: "/", change: func(proc string) error {
			return os.Symlink(lock+" (deleted)", proc+"/42/fd/5")
		}},
		{name: "made by touch", namespace: initialPids, mountRoot: "/", change: func(string) error { return os.Chmod(lock, 0o644) }, held: true},
		{name: "made by paclock, with its key", namespace: initialPids, mountRoot: "/", change: func(string) error {
			return errors.Join(os.Chmod(lock, 0o600), os.WriteFile(lock, []byte("key"), 0), os.Chmod(lock, 0))
		}, held: true},
		{name: "left in a container", namespace: elsewhere, mountRoot: "/"},
		{name: "in a folder that a container shares", namespace: elsewhere, mountRoot: "/var/lib/pacman", held: true},
		{name: "a process shows nothing", namespace: initialPids, mountRoot: "/", change: func(proc string) error {
			if err := os.Remove(proc + "/42/fd"); err != nil {
				return err
			}
			return os.WriteFile(proc+"/42/fd", nil, 0o600)
		}, held: true},
		{name: "the first process cannot be seen", namespace: initialPids, mountRoot: "/", change: func(proc string) error { return os.RemoveAll(proc + "/1") }, held: true},
		{name: "no processes can be seen", namespace: initialPids, mountRoot: "/", change: os.RemoveAll, held: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			makeLock(t, lock)
			proc := processes(t, c.namespace, c.mountRoot)
			if c.change != nil {
				if err := c.change(proc); err != nil {
					t.Fatal(err)
				}
			}
			l := openLock{fsys.Files{}, lock, proc}
			if pid, held, err := l.Holder(); pid != c.pid || held != c.held || err != nil {
				t.Error("holder:", pid, held, err)
			}
			if removed, err := l.RemoveLeft(t.Context()); removed == c.held || err != nil {
				t.Error("removed:", removed, err)
			}
			if _, err := os.Stat(lock); os.IsNotExist(err) == c.held {
				t.Error(err)
			}
		})
	}
	t.Run("not there", func(t *testing.T) {
		l := openLock{fsys.Files{}, filepath.Join(t.TempDir(), "none"), "/proc"}
		_, held, err := l.Holder()
		removed, removeErr := l.RemoveLeft(t.Context())
		if held || err != nil || removed || removeErr != nil {
			t.Error(held, err, removed, removeErr)
		}
	})
}

// The lock that a running program has open is its own, whatever it is called.
func TestOpenLockOfARunningProcess(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "db.lck")
	f, err := os.Create(lock)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if pid, held, err := OpenLock(fsys.Files{}, lock).Holder(); pid != os.Getpid() || !held || err != nil {
		t.Error(pid, held, err)
	}
}

// A program that is to write waits for no lock that a killed one has left, and leaves
// that of a live one.
func TestRunLockedRemovesALeftLock(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "db.lck")
	makeLock(t, lock)
	proc := processes(t, initialPids, "/")
	var notices []string
	r := &results{list: []Result{{Stdout: "done"}}}
	h := &Host{Runner: r, Patience: -1, waiting: func(string) {}, notice: func(s string) { notices = append(notices, s) }}
	run := func() error {
		_, err := h.RunLocked(t.Context(), []Lock{openLock{fsys.Files{}, lock, proc}}, func(Result) bool { return false }, Command{Argv: []string{"x"}})
		return err
	}
	if err := run(); err != nil || r.runs != 1 || len(notices) != 1 {
		t.Error(err, r.runs, notices)
	}
	makeLock(t, lock)
	if err := os.RemoveAll(proc); err != nil {
		t.Fatal(err)
	}
	if err := run(); err == nil || r.runs != 1 || !strings.Contains(err.Error(), "if no program is at work, not in a container either, remove the file") {
		t.Error(err, r.runs)
	}
}
