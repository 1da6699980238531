package fsys_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// overlayEnv has the test mount what it needs, in a mount namespace of its own.
const overlayEnv = "CONVERGE_TEST_OVERLAY"

// A directory of an overlay goes with its content, whose files have the devices of several layers. One in which a file
// system is mounted stays.
func TestRemoveAllOnAnOverlayOfSeveralFileSystems(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root mounts")
	}
	if os.Getenv(overlayEnv) == "" {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), overlayEnv+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	root := mountOverlay(t)
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, path := range []string{"/d/sub", "/d"} {
		txn := f.Begin("test")
		if err := txn.CommitAll(t.Context(), txn.RemoveAll(path)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		txn.Abort()
		if _, err := f.Lstat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
	txn := f.Begin("test")
	defer txn.Abort()
	if err := txn.CommitAll(t.Context(), txn.RemoveAll("/busy")); err == nil {
		t.Error("a directory with a mount point in it was removed")
	}
}

// mountOverlay mounts an overlay whose layers are on two file systems, with files of both.
func mountOverlay(t *testing.T) (root string) {
	dir, err := os.MkdirTemp("", "overlay")
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH); _ = os.Remove(dir) })
	at := func(p string) string { return filepath.Join(dir, p) }
	must(unix.Mount("tmpfs", dir, "tmpfs", 0, ""))
	for _, p := range []string{"upper", "lower", "m"} {
		must(os.Mkdir(at(p), 0o755))
	}
	must(unix.Mount("tmpfs", at("upper"), "tmpfs", 0, ""))
	must(unix.Mount("tmpfs", at("lower"), "tmpfs", 0, ""))
	for _, p := range []string{"upper/u", "upper/w", "lower/d/sub", "lower/busy/mounted"} {
		must(os.MkdirAll(at(p), 0o755))
	}
	must(os.WriteFile(at("lower/d/f"), []byte("x"), 0o644))
	must(os.WriteFile(at("lower/d/sub/f"), []byte("x"), 0o644))
	must(unix.Mount("overlay", at("m"), "overlay", 0, "lowerdir="+at("lower")+",upperdir="+at("upper/u")+",workdir="+at("upper/w")))
	must(os.WriteFile(at("m/d/new"), []byte("x"), 0o644))
	must(unix.Mount("tmpfs", at("m/busy/mounted"), "tmpfs", 0, ""))
	return at("m")
}
