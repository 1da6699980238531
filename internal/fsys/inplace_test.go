package fsys_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// TestInPlace writes files that cannot be replaced by a rename: one that is declared a mount point, and one that is
// declared a kernel interface. Another name of the file shows that it is the same one.
func TestInPlace(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	own := fsys.Perm{Mode: 0o640, UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	replace := func(content string) func(x *fsys.Txn, live fsys.Info) *fsys.Step {
		return func(x *fsys.Txn, live fsys.Info) *fsys.Step {
			live.Mount = true
			return x.File("/f", live, fsys.File{Perm: own, Bytes: []byte(content)})
		}
	}
	virtual := func(x *fsys.Txn, live fsys.Info) *fsys.Step { return x.WriteVirtual("/f", live, []byte("1")) }
	for _, c := range []struct {
		name, before, meanwhile string
		write                   func(x *fsys.Txn, live fsys.Info) *fsys.Step
		after, failed           string
	}{
		{"a longer content", "f f old", "h g f", replace("longer"), "/f 640 longer|/g 640 longer", ""},
		{"a shorter content", "f f longer", "h g f", replace("x"), "/f 640 x|/g 640 x", ""},
		{"no content", "f f old", "h g f", replace(""), "/f 640 |/g 640 ", ""},
		{"a link came", "f f old|f g other", "x f|l f g", replace("new"), "/f -> g|/g 644 other", `cannot replace "/f": too many levels of symbolic links: symbolic links on the way go round in a circle`},
		{"a pipe came", "f f old", "x f|p f", replace("new"), "/f pipe", `cannot replace "/f": it is a named pipe`},
		{"it went", "f f old", "x f", replace("new"), "", `cannot replace "/f": no such file or directory`},
		{"a parameter is not shortened", "f f 123", "h g f", virtual, "/f 644 123|/g 644 123", ""},
		{"a parameter is written at once", "f f 0", "h g f", virtual, "/f 644 1|/g 644 1", ""},
		{"a directory is no parameter", "d f", "", virtual, "/f d755", `cannot write "/f": it is a directory`},
		{"a link is no parameter", "f g 0|l f g", "", virtual, "/f -> g|/g 644 0", `cannot write "/f": it is a symbolic link`},
		{"a parameter that went is not made", "f f 0", "x f", virtual, "", `cannot write "/f": no such file or directory`},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			lay(t, root, c.before)
			x := open(t, root).Begin("run")
			live, err := x.Look("/f")
			if err != nil {
				t.Fatal(err)
			}
			s := c.write(x, live)
			for e := range strings.SplitSeq(c.meanwhile, "|") {
				change(t, root, e)
			}
			if err := x.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			if got := fmt.Sprint(s.Err()); got != c.failed && (c.failed != "" || s.Err() != nil) {
				t.Errorf("failed: %s, want %s", got, c.failed)
			}
			if got := tree(t, root); got != c.after {
				t.Errorf("there is\n%s\nwant\n%s", got, c.after)
			}
		})
	}
}

// change changes a tree behind the code's back: "x NAME" removes, "h NAME OLD" links, "p NAME" makes a pipe, anything
// else is as for lay.
func change(t *testing.T, root, line string) {
	t.Helper()
	w := append(strings.Fields(line), "", "", "")
	path := filepath.Join(root, w[1])
	var err error
	switch w[0] {
	case "":
	case "x":
		err = os.RemoveAll(path)
	case "h":
		err = os.Link(filepath.Join(root, w[2]), path)
	case "p":
		err = unix.Mkfifo(path, 0o600)
	default:
		lay(t, root, line)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tree is whole for a tree that may hold a pipe at /f.
func tree(t *testing.T, root string) string {
	t.Helper()
	if info, err := os.Lstat(filepath.Join(root, "f")); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		return "/f pipe"
	}
	return whole(t, root)
}

// TestOpenUnchanged opens a file in every way after Look, or reports that it has changed.
func TestOpenUnchanged(t *testing.T) {
	ways := map[string]func(f *fsys.FS) (fsys.Info, func(fsys.Info) (*os.File, error)){
		"held": func(f *fsys.FS) (fsys.Info, func(fsys.Info) (*os.File, error)) {
			h := f.Hold()
			info, _ := h.Lstat("/f")
			return info, func(was fsys.Info) (*os.File, error) { return h.OpenUnchanged("/f", was) }
		},
		"in a group": func(f *fsys.FS) (fsys.Info, func(fsys.Info) (*os.File, error)) {
			x := f.Begin("run")
			info, _ := x.Look("/f")
			return info, func(was fsys.Info) (*os.File, error) { return x.Open("/f", was) }
		},
	}
	for _, c := range []struct {
		meanwhile string
		held, in  string // what it reads, or "!" and the error
	}{
		{"", "old", "old"},
		{"x f|f f newer", "!it was changed since it was looked at", "!it was replaced since it was looked at"},
		{"f f longer", "!it was changed since it was looked at", "longer"}, // a group accepts the same file
		{"x f", "!no such file or directory", "!no such file or directory"},
		{"x f|l f g", "!too many levels of symbolic links", "!too many levels of symbolic links"},
		{"x f|d f", "!it was changed since it was looked at", "!it was replaced since it was looked at"},
	} {
		for how, want := range map[string]string{"held": c.held, "in a group": c.in} {
			root := t.TempDir()
			lay(t, root, "f f old|f g other")
			info, read := ways[how](open(t, root))
			for e := range strings.SplitSeq(c.meanwhile, "|") {
				if e == "x f" { // its inode is not reused
					change(t, root, "h kept f")
				}
				change(t, root, e)
			}
			got := ""
			file, err := read(info)
			var e *fsys.Error
			switch {
			case errors.As(err, &e):
				got = "!" + e.Err.Error()
			case err == nil:
				b, _ := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
				got = string(b)
				file.Close()
			}
			if got != want {
				t.Errorf("%s, after %q: %s (%v), want %s", how, c.meanwhile, got, err, want)
			}
		}
	}
}

// TestTypes names every type of entry, with each way of reading it.
func TestTypes(t *testing.T) {
	root := t.TempDir()
	build(t, root, "f file x", "d dir", "l link file")
	change(t, root, "p pipe")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(root, "socket")}); err != nil {
		t.Fatal(err)
	}
	d := openDir(t, root)
	entries, err := d.Entries()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]fsys.Type{}
	for _, e := range entries {
		listed[e.Name] = e.Type
	}
	for name, want := range map[string]string{
		"file": "a file", "dir": "a directory", "link": "a symbolic link", "pipe": "a named pipe", "socket": "a socket",
	} {
		info, err := open(t, root).Look("/" + name)
		looked, _, lerr := d.Look(name)
		if info.Type.String() != want || looked.String() != want || listed[name].String() != want || err != nil || lerr != nil {
			t.Errorf("%s: %v, %v and %v, want %s: %v, %v", name, info.Type, looked, listed[name], want, err, lerr)
		}
	}
	if info, err := open(t, "/").Lstat("/dev/null"); err != nil || info.Type.String() != "a device" {
		t.Errorf("/dev/null is %v, %v", info.Type, err)
	}
	if got := fsys.Other.String() + ", " + fsys.Nothing.String(); got != "of an unknown type, nothing" {
		t.Error(got)
	}
}

// TestGroupLooks shows what a group of changes reads of the tree before it changes it.
func TestGroupLooks(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	root := t.TempDir()
	lay(t, root, "d d|f d/f x|d d/sub|f d/sub/g y|l way d|d s")
	if err := os.Chmod(filepath.Join(root, "s"), 0o755|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	f := open(t, root)
	x := f.Begin("run")
	defer x.Abort()
	var seen []string
	err := x.Walk(t.Context(), "/d", func(e fsys.Entry) error {
		seen = append(seen, e.Path)
		return nil
	})
	if got := strings.Join(seen, " "); err != nil || got != "/d/f /d/sub /d/sub/g" {
		t.Errorf("walked %s, %v", got, err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Walk(stopped, "/d", func(fsys.Entry) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a walk that was stopped: %v", err)
	}
	uid, gid := uint32(os.Geteuid()), uint32(os.Getegid())
	for path, want := range map[string]fsys.Perm{
		"/d/new": {UID: uid, GID: gid}, "/s/new": {UID: uid, GID: gid, Mode: unix.S_ISGID}, "/way/new": {UID: uid, GID: gid},
	} {
		for how, ask := range map[string]func(string) (fsys.Perm, error){"entry": x.Inherited, "directory": x.InheritedDir} {
			if got, err := ask(path); got != want || err != nil {
				t.Errorf("an %s at %s gets %+v, %v, want %+v", how, path, got, err, want)
			}
		}
	}
	if _, err := x.Inherited("/no/new"); err == nil || err.Error() != `cannot create "/no/new": no such file or directory: there is no directory "/no"` {
		t.Errorf("where there is no directory: %v", err)
	}
	if got, err := x.HostPath("/way/f"); err != nil || got != root+"/d/f" {
		t.Errorf("the host has it at %s, %v", got, err)
	}
	if got := f.HostPath("/way/f"); got != root+"/way/f" || f.Root() != root {
		t.Errorf("the host has it at %s, below %s", got, f.Root())
	}
	if n := x.Dirs(); n < 3 {
		t.Errorf("%d directories are held", n)
	}
}
