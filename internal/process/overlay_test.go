package process

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// stagedFiles makes a folder with live and staged files, and a file system mounted in it.
func stagedFiles(t *testing.T) (dir string) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make mount namespaces")
	}
	dir = t.TempDir()
	for name, content := range map[string]string{
		"d/live": "live\n", "d/old": "old\n", "d/gone": "gone\n", "d/sub/live": "sub\n", "d/mnt/hidden": "hidden\n", "d/file": "under\n", "d/lone/live": "lone\n",
		"d/.staged": "staged\n", "d/.large": strings.Repeat("large\n", 1<<18), "mounted": "mounted\n", "mnt/live": "mnt\n",
		"d/mnt/new": "under\n",
	} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Chmod(dir+"/d/.staged", 0o640), os.Chown(dir+"/d/.staged", 7, 8), os.Chmod(dir+"/d/lone", 0o751)); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"mnt": "d/mnt", "mounted": "d/file"} {
		to = filepath.Join(dir, to)
		if err := unix.Mount(filepath.Join(dir, from), to, "", unix.MS_BIND, ""); err != nil {
			t.Skip("nothing can be mounted here: ", err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(to, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
	}
	return dir
}

// A program sees the overlay, and everything else unchanged; no other process sees the overlay.
func TestOverlay(t *testing.T) {
	top := stagedFiles(t)
	dir := top + "/d/"
	held, err := os.Open(top + "/mounted")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	const all = `find . -mindepth 1 -printf '%p %y %#m %U:%G %l\n' | LC_ALL=C sort; cat old live; wc -c <large`
	before, err := Run(t.Context(), Command{Argv: listing(), Dir: dir})
	if err != nil || !before.OK() {
		t.Fatal(before, err)
	}
	got, err := Run(t.Context(), Command{Argv: []string{"sh", "-c", all}, Dir: dir, Overlay: []Overlaid{
		{Path: dir + "old", From: dir + ".staged"},
		{Path: dir + "large", From: dir + ".large"},
		{Path: dir + "new dir/a/file", Content: []byte("a"), Mode: 0o600, UID: 3, GID: 4},
		{Path: dir + "new dir", Dir: true, Mode: 0o700, UID: 5},
		{Path: dir + "sub/b\xff", Content: nil, Mode: 0o444},
		{Path: dir + "gone", Gone: true},
		{Path: dir + "link", Link: "old"},
		{Path: dir + "live", From: dir + "live", Perm: true, Mode: 0o600},
		{Path: dir + "file", Content: []byte("laid over\n"), Mode: 0o644},
		{Path: dir + "mnt/new", Content: []byte("in what is mounted\n"), Mode: 0o644},
		{Path: dir + "lone/new", From: "/proc/" + itoa(os.Getpid()) + "/fd/" + itoa(int(held.Fd())), Perm: true, Mode: 0o644},
	}})
	if err != nil || !got.OK() {
		t.Fatalf("%+v, %v", got, err)
	}
	want := strings.Join([]string{
		"./file f 0644 0:0 ", "./large f 0644 0:0 ", "./link l 0777 0:0 old", "./live f 0600 0:0 ",
		"./lone d 0751 0:0 ", "./lone/live f 0644 0:0 ", "./lone/new f 0644 0:0 ",
		"./mnt d 0755 0:0 ", "./mnt/live f 0644 0:0 ", "./mnt/new f 0644 0:0 ",
		"./new dir d 0700 5:0 ", "./new dir/a d 0755 0:0 ", "./new dir/a/file f 0600 3:4 ",
		"./old f 0640 7:8 ", "./sub d 0755 0:0 ", "./sub/b\xff f 0444 0:0 ", "./sub/live f 0644 0:0 ",
		"staged", "live", "1572864", "",
	}, "\n")
	if d := cmp.Diff(want, got.Stdout); d != "" {
		t.Error(d)
	}
	after, err := Run(t.Context(), Command{Argv: listing(), Dir: dir})
	if err != nil || after.Stdout != before.Stdout {
		t.Errorf("the machine was changed: %s, %v", cmp.Diff(before.Stdout, after.Stdout), err)
	}
}

func listing() []string {
	return []string{"sh", "-c", "find . -printf '%p %y %#m %i %T@\n' | sort; cat old; cat /proc/mounts"}
}

func itoa(n int) string { return strconv.Itoa(n) }

// The reason why a program did not run in a namespace is distinct from its result.
func TestOverlayCannotRun(t *testing.T) {
	dir := stagedFiles(t) + "/d"
	if err := os.Symlink("sub", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	over := []Overlaid{{Path: dir + "/script", Content: []byte("#!/bin/sh\necho ran as $1\n"), Mode: 0o755}}
	for _, tt := range []struct {
		name  string
		c     Command
		out   string
		cause error
		text  string
	}{
		{"a program that the overlay brings", Command{Argv: []string{dir + "/script", "new"}}, "ran as new\n", nil, ""},
		{"one on the PATH", Command{Argv: []string{"script", "new"}, Env: []string{"PATH=" + dir + ":/bin"}}, "ran as new\n", nil, ""},
		{"one that fails", Command{Argv: []string{"sh", "-c", "echo bad; exit 1"}}, "bad\n", nil, ""},
		{"none on the PATH", Command{Argv: []string{"no-such-program"}}, "", ErrNotFound, ""},
		{"none at its path", Command{Argv: []string{dir + "/no-such-program"}}, "", ErrNotFound, ""},
		{"no root", Command{Argv: []string{"true"}, Root: dir + "/none"}, "", nil, "cannot enter"},
		{"over the root directory", Command{Argv: []string{"true"}, Overlay: []Overlaid{{Path: "/converge-test-new", Gone: true}}}, "", ErrNoOverlay, "root directory"},
		{"through a link", Command{Argv: []string{"true"}, Overlay: []Overlaid{{Path: dir + "/link/x", Gone: true}}}, "", nil, "cannot show the files to true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.c.Overlay == nil {
				tt.c.Overlay = over
			}
			r, err := Run(t.Context(), tt.c)
			fails := tt.cause != nil || tt.text != ""
			if r.Stdout != tt.out || (err != nil) != fails || tt.cause != nil && !errors.Is(err, tt.cause) || fails && !strings.Contains(err.Error(), tt.text) ||
				errors.Is(err, ErrNoOverlay) && tt.cause == nil {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// A check that takes too long is ended with all of its mounts.
func TestOverlayIsEnded(t *testing.T) {
	dir := stagedFiles(t) + "/d"
	_, err := Run(t.Context(), Command{
		Argv: []string{"sh", "-c", "sleep 600"}, Timeout: 1, Grace: 1,
		Overlay: []Overlaid{{Path: dir + "/new", Content: []byte("x"), Mode: 0o644}},
	})
	var late *Overdue
	if !errors.As(err, &late) {
		t.Error(err)
	}
	if _, err := os.Lstat(dir + "/new"); !os.IsNotExist(err) {
		t.Error(err)
	}
}

func TestLayers(t *testing.T) {
	there := map[string]bool{"/": true, "/etc": true, "/etc/app": true, "/etc/app/conf.d": true, "/etc/ssl": true, "/srv": true}
	for _, tt := range []struct {
		name, paths, points, want string
	}{
		{"one", "/etc/app/x", "/", "/etc/app: x"},
		{"a folder below another", "/etc/app/conf.d/y /etc/app/x", "/ /proc", "/etc/app: conf.d/y x"},
		{"folders beside each other", "/etc/ssl/y /etc/app/x", "/", "/etc/app: x; /etc/ssl: y"},
		{"a new folder", "/etc/new/a/x /etc/new/b", "/", "/etc: new/a/x new/b"},
		{"a mount between", "/etc/app/conf.d/y /etc/x", "/ /etc/app", "/etc: x; /etc/app/conf.d: y"},
		{"a mount at the lower one", "/etc/app/conf.d/y /etc/app/x", "/ /etc/app/conf.d", "/etc/app: x; /etc/app/conf.d: y"},
		{"a mount beside", "/etc/app/conf.d/y /etc/x", "/ /etc/ssl", "/etc: app/conf.d/y x"},
		{"a mount of alike name", "/etc/app/conf.d/y /etc/x", "/ /etc/ap /etc/app/conf", "/etc: app/conf.d/y x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var entries []Overlaid
			for p := range strings.FieldsSeq(tt.paths) {
				entries = append(entries, Overlaid{Path: p})
			}
			ls, err := layersOf(entries, strings.Fields(tt.points), func(p string) (bool, error) { return there[p], nil })
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range ls {
				s := l.dir + ":"
				for _, e := range l.entries {
					s += " " + strings.TrimPrefix(e.Path, l.dir+"/")
				}
				got = append(got, s)
			}
			if d := cmp.Diff(tt.want, strings.Join(got, "; ")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestMountPoints(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mountinfo")
	text := "22 1 254:0 / / rw - ext4 /dev/vda rw\n23 22 0:5 / /a\\040b\\134 rw shared:1 - tmpfs t rw\n24 22 0:5 / / rw - tmpfs t rw\nshort\n25 22 0:5 / /z\\0 rw - t t rw\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := mountPoints(name)
	if d := cmp.Diff([]string{"/", `/a b\`, `/z\0`}, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

// A file that was moved or replaced by a link meanwhile has an error of its own: a namespace is possible.
func TestOverlayOfWhatIsGone(t *testing.T) {
	dir := stagedFiles(t) + "/d"
	if err := os.Symlink("sub", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Overlaid{
		"the new file":      {Path: dir + "/new", From: dir + "/none"},
		"a folder of it":    {Path: dir + "/new", From: dir + "/file/none"},
		"a link for folder": {Path: dir + "/new", From: dir + "/link/live"},
	} {
		_, err := Run(t.Context(), Command{Argv: []string{"true"}, Dir: dir, Overlay: []Overlaid{e}})
		if err == nil || errors.Is(err, ErrNoOverlay) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
