package fsys_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"converge/internal/fsys"
	"converge/internal/testhost"
)

func open(t testing.TB, root string) *fsys.FS {
	t.Helper()
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// build builds a tree: "d PATH", "f PATH CONTENT", "l PATH TARGET".
func build(t testing.TB, root string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		f := append(strings.Fields(line), "")
		path := filepath.Join(root, f[1])
		var err error
		switch f[0] {
		case "d":
			err = os.MkdirAll(path, 0o755)
		case "f":
			err = os.WriteFile(path, []byte(f[2]), 0o644)
		case "l":
			err = os.Symlink(f[2], path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// both runs a test with the kernel's resolution and with our own.
func both(t *testing.T, test func(t *testing.T, f func(root string) *fsys.FS)) {
	t.Run("openat2", func(t *testing.T) {
		test(t, func(root string) *fsys.FS { return open(t, root) })
	})
	t.Run("walk", func(t *testing.T) {
		test(t, func(root string) *fsys.FS {
			f := open(t, root)
			fsys.WithoutOpenat2(f)
			return f
		})
	})
}

func TestNothingLeadsOut(t *testing.T) {
	both(t, func(t *testing.T, at func(string) *fsys.FS) {
		top := t.TempDir()
		build(t, top, "f secret outside", "d root", "d root/etc", "f root/etc/motd inside", "d root/secret.d",
			"l root/abs /etc/motd", "l root/up ../../../../secret", "l root/etc/dots ../../../etc/motd", "l root/dir /etc",
			"l root/out "+top, "l root/a b", "l root/b a", "l root/dangling /nowhere", "l root/self/ .")
		f := at(filepath.Join(top, "root"))
		for path, want := range map[string]string{
			"/etc/motd": "/etc/motd", "/abs": "/etc/motd", "/etc/dots": "/etc/motd", "/dir/motd": "/etc/motd",
			"/dir/../etc/motd": "/etc/motd", "/dir/dots": "/etc/motd", "/self/self/abs": "/etc/motd",
			"/up": "", "/out/secret": "", "/a": "", "/dangling": "",
		} {
			got, err := f.Resolve(path)
			if got != want || (err == nil) != (want != "") {
				t.Errorf("Resolve(%q) = %q, %v; want %q", path, got, err, want)
			}
			if _, err := f.Stat(path); (err == nil) != (want != "") {
				t.Errorf("Stat(%q): %v", path, err)
			}
		}
		if _, err := f.Stat("/a"); !errors.Is(err, syscall.ELOOP) {
			t.Errorf("links that go round: %v", err)
		}
		if _, err := f.Lstat("/dangling/x"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("below a dangling link: %v", err)
		}
		if _, err := f.Lstat("/etc/motd/x"); !errors.Is(err, syscall.ENOTDIR) {
			t.Errorf("below a file: %v", err)
		}
	})
}

// TestWalkResolvesAsTheKernel builds random trees of directories and links and resolves random paths: our own resolution
// must agree with openat2.
func TestWalkResolvesAsTheKernel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		root, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		name := rapid.SampledFrom([]string{"a", "b", "c", "..", "."})
		path := rapid.Custom(func(rt *rapid.T) string {
			return strings.Join(rapid.SliceOfN(name, 1, 4).Draw(rt, "names"), "/")
		})
		for range rapid.IntRange(0, 12).Draw(rt, "entries") {
			p := filepath.Join(root, filepath.Clean("/"+path.Draw(rt, "path")))
			switch rapid.IntRange(0, 2).Draw(rt, "type") {
			case 0:
				os.MkdirAll(p, 0o755)
			case 1:
				os.WriteFile(p, nil, 0o644)
			case 2:
				target := path.Draw(rt, "target")
				if rapid.Bool().Draw(rt, "absolute") {
					target = "/" + target
				}
				os.Symlink(target, p)
			}
		}
		kernel, own := open(t, root), open(t, root)
		fsys.WithoutOpenat2(own)
		for range 8 {
			p, follow := filepath.Clean("/"+path.Draw(rt, "asked")), rapid.Bool().Draw(rt, "follow")
			look := (*fsys.FS).Lstat
			if follow {
				look = (*fsys.FS).Stat
			}
			a, errA := look(kernel, p)
			b, errB := look(own, p)
			if a.Ino != b.Ino || (errA == nil) != (errB == nil) {
				rt.Fatalf("%q, follow %v: the kernel says %d, %v; we say %d, %v", p, follow, a.Ino, errA, b.Ino, errB)
			}
		}
	})
}

func TestPlantedLinks(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it plants links of other users")
	}
	both(t, func(t *testing.T, at func(string) *fsys.FS) {
		root := t.TempDir()
		build(t, root, "d pub", "d own", "d victim", "l pub/theirs /victim", "l pub/ours /victim", "l own/theirs /victim")
		os.Chmod(root+"/pub", 0o1777|os.ModeSticky)
		os.Lchown(root+"/pub/theirs", 1001, 1001)
		os.Lchown(root+"/own/theirs", 1001, 1001)
		f := at(root)
		for path, refused := range map[string]bool{"/pub/theirs/f": true, "/pub/ours/f": false, "/own/theirs/f": false} {
			txn := f.Begin("test")
			step := txn.File(path, fsys.Info{}, fsys.File{Perm: fsys.Perm{Mode: 0o644}})
			if got := errors.Is(step.Err(), fsys.ErrPlanted); got != refused {
				t.Errorf("%s: %v", path, step.Err())
			}
			txn.Abort()
		}
	})
}
