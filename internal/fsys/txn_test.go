package fsys_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"converge/internal/fsys"
)

// whole describes everything below root: "/a d755|/a/f 644 content|/a/l -> text".
func whole(t *testing.T, root string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line := strings.TrimPrefix(path, root)
		switch mode := fmt.Sprintf("%o", info.Mode().Perm()); {
		case d.IsDir():
			line += " d" + mode
		case info.Mode()&fs.ModeSymlink != 0:
			text, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " -> " + text
		default:
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += " " + mode + " " + string(text)
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "|")
}

// stageLine stages the change in a line: "file PATH MODE CONTENT", "dir PATH MODE", "link PATH TEXT", "remove PATH",
// "clear PATH", "chmod PATH MODE", "backup PATH AS", each based on the present entry. After a "?" it depends on the step
// before.
func stageLine(t *testing.T, x *fsys.Txn, line string, before *fsys.Step) *fsys.Step {
	t.Helper()
	needs := strings.HasPrefix(line, "?")
	w := append(strings.Fields(strings.TrimPrefix(line, "?")), "", "", "")
	mode := func(text string) fsys.Perm {
		n, err := strconv.ParseUint(text, 8, 32)
		if err != nil {
			t.Fatal(err)
		}
		return fsys.Perm{Mode: uint32(n), UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	}
	live, err := x.Look(w[1])
	if err != nil {
		live = fsys.Info{}
	}
	switch w[0] {
	case "file":
		want := fsys.File{Perm: mode(w[2]), Bytes: []byte(w[3])}
		if needs {
			want.Needs = before
		}
		return x.File(w[1], live, want)
	case "dir":
		return x.Dir(w[1], mode(w[2]))
	case "link":
		return x.Symlink(w[1], w[2], live)
	case "remove":
		return x.Remove(w[1], live)
	case "clear":
		return x.RemoveAll(w[1])
	case "chmod":
		return x.Chperm(w[1], live, mode(w[2]))
	case "backup":
		return x.Backup(w[1], w[2], live)
	}
	t.Fatalf("no such line: %s", line)
	return nil
}

// TestTxn shows the whole tree after each group of changes, and the error of
// each step that failed, without its path.
func TestTxn(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	for _, c := range []struct {
		summary, before, steps, after, failed string
	}{
		{"a new file", "", "file /f 640 new", "/f 640 new", ""},
		{"a replaced file", "f f old", "file /f 600 new", "/f 600 new", ""},
		{"a file over a link", "f f old|l l f", "file /l 644 new", "/f 644 old|/l 644 new", ""},
		{"no file over a directory", "d d", "file /d 644 new", "/d d755", "cannot replace: is a directory"},
		{"no file without a directory", "", "file /a/f 644 new", "", `cannot create: no such file or directory: there is no directory "/a"`},
		{"no file in a file", "f a x", "file /a/f 644 new", "/a 644 x", `cannot create: not a directory: "/a" is not, or does not lie in, a directory`},
		{"through a link to a directory", "d d|l l d", "file /l/f 644 new", "/d d755|/d/f 644 new|/l -> d", ""},
		{"through a link that leads out of the root", "d d|l l ../../../d", "file /l/f 644 new", "/d d755|/d/f 644 new|/l -> ../../../d", ""},
		{"a mode without permissions", "", "file /f 0 new", "/f 0 new", ""},
		{"a directory", "", "dir /d 750", "/d d750", ""},
		{"a directory with a file's mode", "", "dir /d 600", "/d d600", ""},
		{"no directory over anything", "f f x", "dir /f 755", "/f 644 x", "cannot create: file exists"},
		{"a link", "", "link /l to", "/l -> to", ""},
		{"a link over a link", "l l old", "link /l new", "/l -> new", ""},
		{"a link over a file", "f f old", "link /f new", "/f -> new", ""},
		{"no link over a directory", "d d", "link /d new", "/d d755", "cannot replace: is a directory"},
		{"a removed file", "f f x|f g y", "remove /f", "/g 644 y", ""},
		{"a removed link leaves what it leads to", "f f x|l l f", "remove /l", "/f 644 x", ""},
		{"a removed directory", "d d", "remove /d", "", ""},
		{"no removal of a full directory", "d d|f d/f x", "remove /d", "/d d755|/d/f 644 x", "cannot remove: directory not empty"},
		{"what is missing is removed", "", "remove /f", "", ""},
		{"a cleared directory", "d d|d d/e|f d/e/f x|l d/l ..|f g y", "clear /d", "/g 644 y", ""},
		{"a cleared link leaves what it leads to", "d d|f d/f x|l l d", "clear /l", "/d d755|/d/f 644 x", ""},
		{"a changed mode", "f f x", "chmod /f 4711", "/f 711 x", ""},
		{"the mode of a directory", "d d", "chmod /d 700", "/d d700", ""},
		{"no mode of a link", "f f x|l l f", "chmod /l 600", "/f 644 x|/l -> f", "cannot change: it is a symbolic link"},
		{"a backup, and a new file", "f f old", "backup /f /f.bak;file /f 644 new", "/f 644 new|/f.bak 644 old", ""},
		{"a backup over an older one", "f f old|f f.bak older", "backup /f /f.bak;file /f 644 new", "/f 644 new|/f.bak 644 old", ""},
		{"no backup over a directory", "f f old|d f.bak", "backup /f /f.bak", "/f 644 old|/f.bak d755", "cannot back up to: something else is in the way: a directory"},
		{"one fails, and the others go on", "d d", "file /d 644 x;file /f 644 new;link /l f", "/d d755|/f 644 new|/l -> f", "cannot replace: is a directory"},
		{"what needs the failed one fails with it", "d d", "file /d 644 x;?file /f 644 new", "/d d755", "cannot replace: is a directory;cannot replace: is a directory"},
		{
			"more files than are kept open", "", "file /1 644 a;file /2 644 b;file /3 644 c;file /4 644 d;file /5 644 e;file /6 644 f;file /7 644 g;file /8 644 h;file /9 644 i",
			"/1 644 a|/2 644 b|/3 644 c|/4 644 d|/5 644 e|/6 644 f|/7 644 g|/8 644 h|/9 644 i", "",
		},
		{"the root itself stays", "f f x", "clear /", "/f 644 x", "cannot remove: device or resource busy"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			root := t.TempDir()
			lay(t, root, c.before)
			x := open(t, root).Begin("run")
			var steps []*fsys.Step
			var last *fsys.Step
			for line := range strings.SplitSeq(c.steps, ";") {
				last = stageLine(t, x, line, last)
				steps = append(steps, last)
			}
			if err := x.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			var failed []string
			for _, s := range steps {
				var e *fsys.Error
				if errors.As(s.Err(), &e) {
					failed = append(failed, strings.Replace(e.Error(), fmt.Sprintf(" %q:", e.Path), ":", 1))
				} else if s.Err() != nil {
					t.Errorf("%v is no fsys.Error", s.Err())
				}
			}
			if got := strings.Join(failed, ";"); got != c.failed {
				t.Errorf("failed:\n%s\nwant:\n%s", got, c.failed)
			}
			if got := whole(t, root); got != c.after {
				t.Errorf("there is:\n%s\nwant:\n%s", got, c.after)
			}
		})
	}
}

// TestNothingIsLeftOfATxn: an aborted or cancelled group, or a dropped step, leaves no staged file.
func TestNothingIsLeftOfATxn(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	why := errors.New("it is refused")
	for what, test := range map[string]struct {
		end   func(t *testing.T, x *fsys.Txn, s *fsys.Step) error
		err   error
		after string
	}{
		"aborted": {func(_ *testing.T, x *fsys.Txn, _ *fsys.Step) error {
			x.Abort()
			return nil
		}, nil, "/f 644 old"},
		"cancelled": {func(t *testing.T, x *fsys.Txn, _ *fsys.Step) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return x.Commit(ctx)
		}, context.Canceled, "/f 644 old"},
		"dropped": {func(t *testing.T, x *fsys.Txn, s *fsys.Step) error {
			x.Drop(s, why)
			if err := x.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			return s.Err()
		}, why, "/d d755|/f 644 old|/l -> f"},
	} {
		root := t.TempDir()
		lay(t, root, "f f old")
		x := open(t, root).Begin("run")
		s := stageLine(t, x, "file /f 600 new", nil)
		stageLine(t, x, "dir /d 755", nil)
		stageLine(t, x, "link /l f", nil)
		if candidate, err := os.ReadFile(x.Candidate(s)); err != nil || string(candidate) != "new" {
			t.Errorf("%s: the candidate holds %q, %v", what, candidate, err)
		}
		if err := test.end(t, x, s); !errors.Is(err, test.err) {
			t.Errorf("%s: %v, want %v", what, err, test.err)
		}
		if got := whole(t, root); got != test.after {
			t.Errorf("%s: there is %s, want %s", what, got, test.after)
		}
	}
}

// TestTxnSeesWhatChangedSince: an entry that appeared or was replaced after Look stays.
func TestTxnSeesWhatChangedSince(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	for _, c := range []struct{ summary, before, step, meanwhile, after, failed string }{
		{"a file came", "", "file /f 644 new", "f f other", "/f 644 other", "file exists"},
		{"a directory came", "", "link /f to", "d f", "/f d755", "file exists"},
		{"another file has the name", "f f old", "chmod /f 600", "f g x|r g f", "/f 644 x", "it was replaced since it was looked at"},
	} {
		root := t.TempDir()
		lay(t, root, c.before)
		x := open(t, root).Begin("run")
		s := stageLine(t, x, c.step, nil)
		for e := range strings.SplitSeq(c.meanwhile, "|") {
			if w := strings.Fields(e); w[0] == "r" {
				if err := os.Rename(filepath.Join(root, w[1]), filepath.Join(root, w[2])); err != nil {
					t.Fatal(err)
				}
			} else {
				lay(t, root, e)
			}
		}
		if err := x.Commit(t.Context()); err != nil {
			t.Error(err)
		}
		if s.Err() == nil || !strings.HasSuffix(s.Err().Error(), c.failed) {
			t.Errorf("%s: %v, want %s", c.summary, s.Err(), c.failed)
		}
		if got := whole(t, root); got != c.after {
			t.Errorf("%s: there is %s, want %s", c.summary, got, c.after)
		}
	}
}

// TestSweep shows what is removed after a killed run, and what stays.
func TestSweep(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	const ours = ".converge-run-0123456789abcdef-1"
	for _, c := range []struct{ summary, before, dirs, removed, after string }{
		{"nothing staged", "f f x", "/", "", "/f 644 x"},
		{"a file", "f " + ours + " x|f f y", "/", "/" + ours, "/f 644 y"},
		{"a suffix is kept", "f " + ours + ".conf x", "/", "/" + ours + ".conf", ""},
		{"a directory with its content", "d " + ours + "|f " + ours + "/f x", "/", "/" + ours, ""},
		{"above the directory too", "f " + ours + " x|d d", "/d", "/" + ours, "/d d755"},
		{"beside it not", "d d|d e|f e/" + ours + " x", "/d", "", "/d d755|/e d755|/e/" + ours + " 644 x"},
		{"a directory that is missing", "f " + ours + " x", "/a/b", "/" + ours, ""},
		{"names of others", "f .converge-x x|f .converge-run-0123-1 y", "/", "", "/.converge-run-0123-1 644 y|/.converge-x 644 x"},
	} {
		root := t.TempDir()
		lay(t, root, c.before)
		removed, err := open(t, root).Sweep(t.Context(), strings.Fields(c.dirs))
		if err != nil || strings.Join(removed, " ") != c.removed {
			t.Errorf("%s: removed %q, %v, want %q", c.summary, removed, err, c.removed)
		}
		if got := whole(t, root); got != c.after {
			t.Errorf("%s: there is %s, want %s", c.summary, got, c.after)
		}
	}
}
