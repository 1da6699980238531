package fsys_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"converge/internal/fsys"
	"converge/internal/testhost"
)

// A tree changes its owner from the top: the new owner of a directory did not make the entries that were in it at the
// transfer, but may have made later ones.
func TestATreeIsGivenAwayFromTheTop(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	for name, c := range map[string]struct {
		then   func(root string) error // the new owner's action in the directory
		unsafe bool
	}{
		"nothing":    {func(string) error { return nil }, false},
		"moved away": {func(root string) error { return os.Rename(root+"/srv/d", root+"/srv/old") }, true},
		"moved to":   {func(root string) error { return os.Rename(root+"/etc", root+"/srv/d/e") }, true},
		"renamed": {func(root string) error {
			return errors.Join(os.Rename(root+"/srv/d/e", root+"/srv/d/x"), os.Rename(root+"/srv/d/other", root+"/srv/d/e"))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			plant(t, root, "d /etc 0", "d /srv 0", "d /srv/d 0", "d /srv/d/e 0", "d /srv/d/other 0")
			if name == "moved to" {
				os.Remove(root + "/srv/d/e")
			}
			tick(t, root)
			f := open(t, root)
			give(t, f, "/srv/d")
			if err := c.then(root); err != nil {
				t.Fatal(err)
			}
			if name == "moved away" { // and replaced by another one
				plant(t, root, "d /srv/d 1001", "d /srv/d/e 0")
			}
			h := f.Hold()
			defer h.Forget()
			info, err := h.Lstat("/srv/d/e")
			if err != nil {
				t.Fatal(err)
			}
			change, enter := h.MayChange("/srv/d/e", info), enters(f, "/srv/d/e/f")
			if errors.Is(change, fsys.ErrUnsafe) != c.unsafe || errors.Is(enter, fsys.ErrUnsafe) != c.unsafe {
				t.Errorf("change: %v, enter: %v; unsafe must be %t", change, enter, c.unsafe)
			}
			f.Forget()
			if err := enters(f, "/srv/d/e/f"); !errors.Is(err, fsys.ErrUnsafe) {
				t.Errorf("once all is judged as the next run would, it is entered: %v", err)
			}
		})
	}
}

// tick waits for the next tick of the file system's clock.
func tick(t *testing.T, root string) {
	t.Helper()
	var last int64
	for {
		if err := os.Chmod(root, 0o700); err != nil {
			t.Fatal(err)
		}
		var st syscall.Stat_t
		if err := syscall.Stat(root, &st); err != nil {
			t.Fatal(err)
		}
		now := st.Ctim.Nano()
		if last != 0 && now > last {
			return
		}
		last = now
	}
}

func give(t *testing.T, f *fsys.FS, path string) {
	t.Helper()
	txn := f.Begin("given")
	defer txn.Abort()
	info, err := txn.Look(path)
	if err != nil {
		t.Fatal(err)
	}
	txn.Chperm(path, info, fsys.Perm{Mode: info.Mode, UID: 1001, GID: 1001})
	if err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// enters returns the error of resolving a path that need not exist.
func enters(f *fsys.FS, path string) error {
	h := f.Hold()
	defer h.Forget()
	_, err := h.Lstat(path)
	return err
}
