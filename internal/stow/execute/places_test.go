package execute_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/stowtest"
	"converge/internal/testhost"
)

// TestOddNames: every name that the kernel accepts.
func TestOddNames(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "d t/m")
	mount(t, root+"/t/m") // entries staged beside it have even longer names
	d := openTarget(t, root+"/t")
	var add, change, fold, unfold []farm.Op
	for _, name := range []string{"new\nline", " ", "\xff\xfe", "-rf", "..x", strings.Repeat("n", 255), "\"quote'"} {
		for _, path := range []string{name, "m/" + name} {
			add = append(add, farm.Op{Kind: farm.Link, Path: path, Text: name})
			change = append(change, farm.Op{Kind: farm.Unlink, Path: path, Text: name}, farm.Op{Kind: farm.Link, Path: path, Text: "x"})
			unfold = append(unfold, farm.Op{Kind: farm.Unlink, Path: path, Text: "x"}, farm.Op{Kind: farm.Mkdir, Path: path}, farm.Op{Kind: farm.Link, Path: path + "/" + name, Text: name})
			fold = append(fold, farm.Op{Kind: farm.Unlink, Path: path + "/" + name, Text: name}, farm.Op{Kind: farm.Rmdir, Path: path}, farm.Op{Kind: farm.Link, Path: path, Text: "y"})
		}
	}
	for _, ops := range [][]farm.Op{add, change, unfold, fold} {
		if err := execute.Run(t.Context(), d, ops, execute.Options{RequireAtomic: true, Sync: true}); err != nil {
			t.Fatal(err)
		}
	}
	for path, what := range stowtest.Tree(t, root+"/t") {
		if path != "" && path != "m" && what != "link y" {
			t.Errorf("%q: %s", path, what)
		}
	}
}

// TestDeep: directories 4,000 deep, with paths longer than the kernel accepts, while few of them are open.
func TestDeep(t *testing.T) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	few := was
	few.Cur = 128
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &was)
	d := openTarget(t, memory(t))
	var make, remove []farm.Op
	path := "dir"
	for range 4000 {
		make = append(make, farm.Op{Kind: farm.Mkdir, Path: path}, farm.Op{Kind: farm.Link, Path: path + "/link", Text: "text"})
		remove = append(remove, farm.Op{Kind: farm.Rmdir, Path: path}, farm.Op{Kind: farm.Unlink, Path: path + "/link", Text: "text"})
		path += "/d"
	}
	slices.Reverse(remove)
	fold := append(slices.Clone(remove), farm.Op{Kind: farm.Link, Path: "dir", Text: "x"})
	unfold := append([]farm.Op{{Kind: farm.Unlink, Path: "dir", Text: "x"}}, make...)
	for i, ops := range [][]farm.Op{make, fold, unfold, remove} {
		if err := execute.Run(t.Context(), d, ops, execute.Options{}); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if list, err := d.Entries(); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// TestInherits: an entry that is built aside gets the same group as one made in place.
func TestInherits(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "l shared/d old")
	if err := os.Chown(root+"/shared", -1, 12345); err != nil {
		testhost.Cannot(t, "only root can give a directory to another group: "+err.Error())
	}
	if err := unix.Chmod(root+"/shared", 0o2775); err != nil {
		t.Fatal(err)
	}
	if err := execute.Run(t.Context(), openTarget(t, root), parseOps(t, "UNLINK shared/d old\nMKDIR shared/d\nLINK shared/d/x new"), execute.Options{}); err != nil {
		t.Fatal(err)
	}
	d := openTarget(t, root+"/shared/d")
	if info, err := d.Self(); err != nil || info.GID != 12345 || info.Mode&unix.S_ISGID == 0 {
		t.Errorf("%+v, %v", info, err)
	}
	if tree := stowtest.Tree(t, root); len(tree) != 4 {
		t.Errorf("something is left: %v", tree)
	}
}

// TestBindMount: the device is the same, but a rename into it is impossible.
func TestBindMount(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "l other/d old\nl other/x old\nd t/m")
	if err := unix.Mount(root+"/other", root+"/t/m", "", unix.MS_BIND, ""); err != nil {
		testhost.Cannot(t, "needs to mount a directory: "+err.Error())
	}
	t.Cleanup(func() { unix.Unmount(root+"/t/m", unix.MNT_DETACH) })
	for _, ops := range []string{
		"UNLINK m/d old\nMKDIR m/d\nLINK m/d/x new\nUNLINK m/x old\nLINK m/x new",
		"UNLINK m/d/x new\nRMDIR m/d\nLINK m/d newer",
	} {
		if err := execute.Run(t.Context(), openTarget(t, root+"/t"), parseOps(t, ops), execute.Options{RequireAtomic: true}); err != nil {
			t.Fatal(err)
		}
	}
	tree := stowtest.Tree(t, root+"/t")
	if len(tree) != 4 || tree["m/d"] != "link newer" || tree["m/x"] != "link new" {
		t.Errorf("%v", tree)
	}
}

// TestKnownBeforehand: foreseeable failures occur before anything is changed.
func TestKnownBeforehand(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "d t/a\nl t/ro/x old\nf t/f mine\nd s")
	for _, path := range []string{root + "/t/ro", root + "/s"} {
		if err := unix.Mount(path, path, "", unix.MS_BIND, ""); err != nil {
			testhost.Cannot(t, "needs to mount a directory: "+err.Error())
		}
		t.Cleanup(func() { unix.Unmount(path, unix.MNT_DETACH) })
		if err := unix.Mount("", path, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
	}
	before := stowtest.Tree(t, root)
	for _, ops := range []string{
		"LINK a/x y\nLINK ro/y z",
		"LINK a/x y\nUNLINK ro/x old",
		"LINK a/x y\nUNLINK ro/x old\nMKDIR ro/x\nLINK ro/x/y z",
		"LINK a/x y\nMV f ../s/f\nLINK f ../s/f",
	} {
		err := execute.Run(t.Context(), openTarget(t, root+"/t"), parseOps(t, ops), execute.Options{})
		if !errors.Is(err, unix.EROFS) {
			t.Errorf("%q: %v", ops, err)
		}
		if diff := stowtest.Differences(stowtest.Tree(t, root), before); len(diff) > 0 {
			t.Errorf("%q: %v", ops, diff)
		}
	}
}

// TestUnprivileged: a user who cannot write to the target may be able to write to directories in it.
func TestUnprivileged(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "l d/x old\nl d/e old\nl d/f/x old\nd d/shut")
	if os.Geteuid() == 0 {
		for _, path := range []string{"/d", "/d/f"} {
			if err := os.Chown(root+path, 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
		for _, path := range []string{root, filepath.Dir(root)} {
			os.Chmod(path, 0o755)
		}
		runtime.LockOSThread() // and never unlock: the thread ends with the test
		if _, err := unix.SetfsuidRetUid(65534); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.SetfsuidRetUid(0) })
	} else if err := os.Chmod(root, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(root, 0o755) })
	d := openTarget(t, root)
	for _, ops := range []string{
		"UNLINK d/x old\nLINK d/x new\nUNLINK d/e old\nMKDIR d/e\nLINK d/e/x new\nUNLINK d/f/x old\nRMDIR d/f\nLINK d/f new\nLINK d/y new",
		"UNLINK d/y new\nUNLINK d/x new\nLINK d/x newer",
	} {
		if err := execute.Run(t.Context(), d, parseOps(t, ops), execute.Options{Sync: true}); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 {
		if err := execute.Run(t.Context(), d, parseOps(t, "LINK d/y z\nLINK d/shut/x y"), execute.Options{}); !errors.Is(err, fs.ErrPermission) {
			t.Error(err)
		}
	}
	tree := stowtest.Tree(t, root)
	want := map[string]string{"": tree[""], "d": tree["d"], "d/shut": tree["d/shut"], "d/x": "link newer", "d/e": tree["d/e"], "d/e/x": "link new", "d/f": "link new"}
	if diff := stowtest.Differences(tree, want); len(diff) > 0 {
		t.Error(diff)
	}
}

// TestInARoot: packages and target under a root, with links that are absolute inside it.
func TestInARoot(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "f usr/t/conf mine\nf store/p/conf theirs\nl usr/stow /store")
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := f.OpenDir("/usr/t")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := execute.Run(t.Context(), d, parseOps(t, "MV conf ../stow/p/conf\nLINK conf ../stow/p/conf"), execute.Options{Sync: true}); err != nil {
		t.Fatal(err)
	}
	tree := stowtest.Tree(t, root)
	if tree["store/p/conf"] != `-rw-r--r-- "mine"` || tree["usr/t/conf"] != "link ../stow/p/conf" {
		t.Errorf("%v", tree)
	}
}

// TestRestoreAcross: a file is moved back from another file system.
func TestRestoreAcross(t *testing.T) {
	root := t.TempDir()
	mount(t, root+"/m")
	stowtest.Build(t, root, "f m/conf mine\nl conf old\nf m/b mine-too")
	if err := execute.Run(t.Context(), openTarget(t, root), parseOps(t, "UNLINK conf old\nMV m/conf conf\nMV m/b b"), execute.Options{Sync: true}); err != nil {
		t.Fatal(err)
	}
	tree := stowtest.Tree(t, root)
	if len(tree) != 4 || tree["conf"] != `-rw-r--r-- "mine"` || tree["b"] != `-rw-r--r-- "mine-too"` {
		t.Errorf("%v", tree)
	}
}

// TestLayers: on overlayfs a directory from a lower layer cannot be renamed.
func TestLayers(t *testing.T) {
	root := t.TempDir()
	stowtest.Build(t, root, "d t")
	layer(t, root, "l t/d/x old\nl t/d/e/x old\nl t/l old")
	const ops = "UNLINK d/x old\nUNLINK d/e/x old\nRMDIR d/e\nRMDIR d\nLINK d new\nUNLINK l old\nMKDIR l\nLINK l/x new"
	before := stowtest.Tree(t, root)
	d := openTarget(t, root+"/t")
	if err := execute.Run(t.Context(), d, parseOps(t, ops), execute.Options{RequireAtomic: true}); !errors.Is(err, execute.ErrNotAtomic) {
		t.Error(err)
	}
	if diff := stowtest.Differences(stowtest.Tree(t, root), before); len(diff) > 0 {
		t.Error(diff)
	}
	var windows []string
	o := execute.Options{Log: func(_ int, text string) { windows = append(windows, text) }}
	if err := execute.Run(t.Context(), d, parseOps(t, ops), o); err != nil || len(windows) != 1 {
		t.Errorf("%q, %v", windows, err)
	}
	tree := stowtest.Tree(t, root+"/t")
	if len(tree) != 4 || tree["d"] != "link new" || tree["l/x"] != "link new" {
		t.Errorf("%v", tree)
	}
}
