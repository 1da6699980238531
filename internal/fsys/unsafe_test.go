package fsys_test

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"converge/internal/fsys"
	"converge/internal/testhost"
)

// plant builds a tree of entries with owners: "d PATH UID", "f PATH UID", "l PATH UID TARGET", "h PATH UID TARGET" for a
// hard link, whose uid is that of the file, and "m PATH MODE".
func plant(t testing.TB, root string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		f := append(strings.Fields(line), "", "", "")
		path := root + f[1]
		uid, err := strconv.ParseUint(f[2], 8, 32)
		switch {
		case err != nil:
		case f[0] == "d":
			err = os.Mkdir(path, 0o755)
		case f[0] == "f":
			err = os.WriteFile(path, []byte("x"), 0o644)
		case f[0] == "l":
			err = os.Symlink(f[3], path)
		case f[0] == "h":
			err = os.Link(root+f[3], path)
		case f[0] == "m":
			err = syscall.Chmod(path, uint32(uid))
		}
		if n, nerr := strconv.Atoi(f[2]); err == nil && f[0] != "m" && f[0] != "h" && nerr == nil {
			err = os.Lchown(path, n, n)
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

// The users of the tables below; root is 0.
const (
	bobDirs = "d /home 0|d /home/bob 1001|d /home/bob/own 1001|f /home/bob/own/f 1001|d /home/bob/roots 0|f /home/bob/roots/f 0|d /home/bob/als 1002|" +
		"d /home/al 1002|d /home/al/d 1002|d /etc 0|f /etc/shadow 0|d /srv 0|d /srv/bob 1001|f /srv/bob/f 1001|d /etc/foo.d 0|f /etc/foo.d/bob 1001"
	bobLinks = "|l /home/bob/etc 1001 /etc|l /home/bob/up 1001 ../../etc|l /home/bob/back 1001 /home/bob/own|l /home/bob/rel 1001 own|" +
		"l /home/bob/srv 1001 /srv/bob|l /home/bob/al 1001 /home/al|l /home/bob/byroot 0 own|l /home/bob/byroot2 0 /etc|l /home/bob/byal 1002 own|" +
		"l /home/bob/twice 1001 etc|l /home/bob/there 1001 back|l /srv/tobob 0 /home/bob/own|l /srv/viabob 0 /home/bob/etc|l /srv/bobs 1001 /etc|" +
		"l /srv/bobsown 1001 /home/bob/own|l /home/bob/shadow 1001 /etc/shadow|l /home/bob/ownf 1001 own/f|l /home/bob/foo 1001 /etc/foo.d/bob|" +
		"l /srv/f 0 /home/bob/own/f|l /home/bob/dots 1001 own/../own"
)

func TestUnsafeSteps(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	root := t.TempDir()
	plant(t, root, strings.Split(bobDirs+bobLinks, "|")...)
	f := open(t, root)
	for _, c := range []struct {
		path   string
		unsafe string // part of the error; "": it is safe
	}{
		{"/home/bob/new", ""},
		{"/home/bob/own/new", ""},
		{"/home/bob/roots/new", `"/home/bob" belongs to user 1001, and "roots" in it to user 0`},
		{"/home/bob/als/new", `"/home/bob" belongs to user 1001, and "als" in it to user 1002`},
		{"/home/bob/etc/new", `"/home/bob/etc" is a link that user 1001 controls, and "/etc", where it leads, belongs to user 0`},
		{"/home/bob/up/new", `"/etc", where it leads, belongs to user 0`},
		{"/home/bob/al/d/new", `"/home/al", where it leads, belongs to user 1002`},
		{"/home/bob/twice/new", `"/etc", where it leads, belongs to user 0`},
		{"/home/bob/back/new", ""},
		{"/home/bob/rel/new", ""},
		{"/home/bob/there/new", ""},
		{"/home/bob/dots/new", ""},
		{"/home/bob/srv/new", ""},
		{"/home/bob/byroot/new", ""},
		{"/home/bob/byroot2/new", `"/home/bob/byroot2" is a link that user 1001 controls`},
		{"/home/bob/byal/new", `"byal" in it to user 1002`},
		{"/srv/tobob/new", ""},
		{"/srv/viabob/new", `"/home/bob/etc" is a link that user 1001 controls`},
		{"/srv/bobs/new", `"/srv/bobs" is a link that user 1001 controls`},
		{"/srv/bobsown/new", ""},
	} {
		for name, err := range reach(t, f, c.path) {
			if errors.Is(err, fsys.ErrUnsafe) != (c.unsafe != "") || c.unsafe != "" && !strings.Contains(err.Error(), c.unsafe) {
				t.Errorf("%s %s: %v, want %q", name, c.path, err, c.unsafe)
			}
		}
	}
	for path, want := range map[string]string{
		"/home/bob/shadow": "unsafe", "/home/bob/ownf": "/home/bob/own/f", "/home/bob/foo": "unsafe", "/srv/f": "/home/bob/own/f",
		"/home/bob/own/f": "/home/bob/own/f", "/home/bob/etc": "unsafe", "/home/bob/twice": "unsafe", "/srv/viabob/shadow": "unsafe",
	} {
		got, err := f.Resolve(path)
		if errors.Is(err, fsys.ErrUnsafe) {
			got = "unsafe"
		}
		if got != want {
			t.Errorf("Resolve(%s) = %q, %v; want %q", path, got, err, want)
		}
	}
}

// reach tries every operation on the way to a new path.
func reach(t *testing.T, f *fsys.FS, path string) map[string]error {
	t.Helper()
	out := map[string]error{}
	txn := f.Begin("test")
	defer txn.Abort()
	_, out["look at"] = txn.Look(path)
	out["stage"] = txn.File(path, fsys.Info{}, fsys.File{Perm: fsys.Perm{Mode: 0o600}}).Err()
	held := f.Hold()
	defer held.Forget()
	_, out["held"] = held.Lstat(path)
	for name, err := range out {
		if errors.Is(err, os.ErrNotExist) {
			out[name] = nil
		}
	}
	return out
}

// TestWhoIsTrusted: the owner of the root directory can replace everything in it, and the rule protects only root's
// rights.
func TestWhoIsTrusted(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	root := t.TempDir()
	plant(t, root, "d /d 0", "d /d/e 0", "f /d/e/f 0", "l /l 1001 /d/e")
	os.Chown(root, 1001, 1001)
	f := open(t, root)
	for _, path := range []string{"/d/e/f", "/l/f"} {
		if _, err := f.Hold().Lstat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestChangesInPlace(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	root := t.TempDir()
	plant(t, root, strings.Split(bobDirs, "|")...)
	plant(t, root, "f /home/bob/rootfile 0", "f /home/bob/alfile 1002", "h /home/bob/hard 0 /etc/shadow", "h /home/bob/own/f2 0 /home/bob/own/f",
		"d /srv/group 0", "m /srv/group 2775", "f /srv/group/one 0", "h /srv/group/hard 0 /etc/shadow", "d /pub 0", "m /pub 1777", "h /pub/hard 0 /etc/shadow",
		"h /etc/hard 0 /etc/shadow")
	f := open(t, root)
	for path, want := range map[string]error{
		"/home/bob/own/f": nil, "/home/bob/rootfile": fsys.ErrUnsafe, "/home/bob/alfile": fsys.ErrUnsafe, "/home/bob/roots": fsys.ErrUnsafe,
		"/home/bob/hard": fsys.ErrShared, "/home/bob/own/f2": nil, "/srv/group/one": nil, "/srv/group/hard": fsys.ErrShared, "/pub/hard": fsys.ErrShared,
		"/etc/hard": nil, "/home/bob/own": nil, "/home/bob": nil, "/": nil,
	} {
		txn := f.Begin("test")
		info, err := txn.Look(path)
		if err != nil {
			t.Fatal(err)
		}
		got := txn.Chperm(path, info, fsys.Perm{Mode: 0o640, UID: 1001, GID: 1001}).Err()
		txn.Abort()
		if !errors.Is(got, want) || want == nil && got != nil {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

// TestBelow: a recursive change reaches its entries by names alone.
func TestBelow(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	root := t.TempDir()
	plant(t, root, strings.Split(bobDirs+bobLinks, "|")...)
	plant(t, root, "h /home/bob/hard 0 /etc/shadow")
	f := open(t, root)
	for path, want := range map[string]string{
		"/home/bob/own/f": "", "/home/bob/roots/f": "", "/home/bob/als": "",
		"/home/bob/etc/shadow": "a link has come in the way", "/home/bob/back/f": "a link has come in the way",
		"/home/bob/hard": "other names", "/etc/shadow": "does not lie below", "/home/bob": "does not lie below",
	} {
		txn := f.Begin("test")
		below := txn.Below("/home/bob")
		info, err := below.Look(path)
		if err == nil {
			err = below.Chperm(path, info, fsys.Perm{Mode: 0o700, UID: 1001}).Err()
		}
		if err == nil != (want == "") || want != "" && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
		txn.Abort()
	}
	txn := f.Begin("test")
	defer txn.Abort()
	if err := txn.Below("/home/bob/etc").RemoveAll("/home/bob/etc/foo.d").Err(); !errors.Is(err, fsys.ErrUnsafe) {
		t.Errorf("a top behind a link of another user: %v", err)
	}
}

// TestMayRead: a file for which another user may have made a name is not shown, and a file that takes hours to read is
// not read.
func TestMayRead(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	root := t.TempDir()
	plant(t, root, strings.Split(bobDirs, "|")...)
	plant(t, root, "m /etc/shadow 600", "h /home/bob/hard 0 /etc/shadow", "f /etc/public 0", "h /home/bob/public 0 /etc/public",
		"d /srv/group 0", "m /srv/group 2775", "h /srv/group/hard 0 /etc/shadow", "h /etc/hard 0 /etc/shadow", "f /home/bob/roots0 0", "m /home/bob/roots0 600",
		"f /home/bob/huge 1001", "f /home/bob/long 1001")
	for path, size := range map[string]int64{"/home/bob/huge": 1 << 40, "/home/bob/long": 1 << 30} {
		if err := os.Truncate(root+path, size); err != nil {
			testhost.Cannot(t, "needs a file system with large files: "+err.Error())
		}
	}
	held := open(t, root).Hold()
	defer held.Forget()
	for path, want := range map[string]string{
		"/home/bob/own/f": "", "/home/bob/hard": "other names", "/home/bob/public": "", "/srv/group/hard": "other names", "/etc/hard": "", "/home/bob/roots0": "",
		"/home/bob/huge": "it is 1024 GiB long and nearly all holes", "/home/bob/long": "",
	} {
		info, err := held.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		err = held.MayRead(path, info)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// TestOpenSource: a source is read by safe steps only, unless the user behind the unsafe one is trusted.
func TestOpenSource(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	root := t.TempDir()
	plant(t, root, strings.Split(bobDirs+bobLinks, "|")...)
	plant(t, root, "m /etc/shadow 600", "h /home/bob/hard 0 /etc/shadow", "f /home/bob/secret 0", "m /home/bob/secret 600", "f /home/bob/public 0",
		"f /home/bob/own/mine 1001", "m /home/bob/own/mine 600")
	for path, unsafe := range map[string]bool{
		"/home/bob/own/f": false, "/home/bob/own/mine": false, "/home/bob/ownf": false, "/srv/f": false, "/etc/shadow": false, "/home/bob/public": false,
		"/home/bob/shadow": true, "/home/bob/hard": true, "/home/bob/secret": true, "/home/bob/foo": true, "/home/bob/roots/f": true,
		"/home/bob/etc/shadow": true, "/srv/viabob/shadow": true,
	} {
		for _, trusted := range []bool{false, true} {
			f := open(t, root)
			if trusted {
				f.Trust(1001)
			}
			held := f.Hold()
			file, err := held.OpenSource(path)
			if err == nil {
				file.Close()
			}
			held.Forget()
			refused := errors.Is(err, fsys.ErrUnsafe) || errors.Is(err, fsys.ErrShared)
			if refused != (unsafe && !trusted) || err != nil && !refused {
				t.Errorf("%s, with bob trusted %t: %v", path, trusted, err)
			}
		}
	}
	held := open(t, root).Hold()
	defer held.Forget()
	for path, want := range map[string]string{"/etc": "it is a directory", "/none": "no such file"} {
		if _, err := held.OpenSource(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// TestDirOfTheHost: directories of the host, in which a symlink farm works, are also reached by safe steps.
func TestDirOfTheHost(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it gives files to other users")
	}
	root := t.TempDir()
	plant(t, root, strings.Split(bobDirs, "|")...)
	plant(t, root, "l /home/bob/etc 1001 ../../etc", "l /home/bob/rel 1001 own", "l /srv/root 0 ../etc", "l /home/bob/abs 1001 "+root+"/etc", "l /home/bob/mine 1001 "+root+"/home/bob/own")
	top, err := fsys.OpenDirAt(root + "/home")
	if err != nil {
		t.Fatal(err)
	}
	defer top.Close()
	for path, unsafe := range map[string]bool{
		"/home/bob/etc": true, "/home/bob/abs": true, "/home/bob/abs/foo.d": true, "/home/bob/rel": false, "/home/bob/mine": false, "/srv/root": false, "/home/bob/own": false,
	} {
		d, err := fsys.OpenDirAt(root + path)
		if errors.Is(err, fsys.ErrUnsafe) != unsafe || !unsafe && err != nil {
			t.Errorf("OpenDirAt(%s): %v", path, err)
		}
		closeDir(d)
		d, err = top.Follow(".." + path)
		if errors.Is(err, fsys.ErrUnsafe) != unsafe || !unsafe && err != nil {
			t.Errorf("Follow(..%s): %v", path, err)
		}
		closeDir(d)
	}
	t.Chdir(root + "/srv/bob")
	if d, err := fsys.OpenDirAt("../../home/bob/etc"); !errors.Is(err, fsys.ErrUnsafe) {
		closeDir(d)
		t.Errorf("by a relative path: %v", err)
	}
	if d, err := fsys.OpenDirAt("../root"); err != nil {
		t.Errorf("by a relative path: %v", err)
	} else if closeDir(d); !strings.HasSuffix(d.Path(), "/etc") {
		t.Errorf("../root is %s", d.Path())
	}
}

func closeDir(d *fsys.Dir) {
	if d != nil {
		d.Close()
	}
}

// TestKernelsOwnDirectories: the kernel's entries about another user's process were not made by any user.
func TestKernelsOwnDirectories(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it becomes another user")
	}
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1001, Gid: 1001}, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		testhost.Cannot(t, "needs to start a process of another user: "+err.Error())
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	held := open(t, "/").Hold()
	defer held.Forget()
	proc := "/proc/" + strconv.Itoa(cmd.Process.Pid)
	if _, err := held.Lstat(proc + "/net/tcp"); err != nil {
		t.Error(err)
	}
	if _, err := held.Lstat(proc + "/root/etc"); err == nil {
		t.Error("a link of another user's process was followed")
	}
}
