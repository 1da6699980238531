package fsys_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"converge/internal/fsys"
)

// listing describes everything in a directory: "name mode links content".
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := os.Lstat(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %v %d", e.Name(), info.Mode(), info.Sys().(*syscall.Stat_t).Nlink)
		switch {
		case info.Mode().IsRegular():
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			line += " " + string(b)
		case info.Mode()&fs.ModeSymlink != 0:
			text, err := os.Readlink(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			line += " " + text
		}
		all = append(all, line)
	}
	return all
}

// TestReplaceFile lists the whole directory after each call, through an os.Root
// and through a Dir.
func TestReplaceFile(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	for what, test := range map[string]struct {
		before string // in the format of lay
		r      fsys.Replacement
		err    error
		after  string // as listing gives it, joined by "|"
	}{
		"a new file":             {"", fsys.Replacement{}, nil, "f -rw------- 1 new"},
		"a random staged name":   {"f f old", fsys.Replacement{Sync: true}, nil, "f -rw------- 1 new"},
		"less the umask":         {"", fsys.Replacement{Mode: 0o644}, nil, "f -rw-r----- 1 new"},
		"whatever the umask":     {"", fsys.Replacement{Mode: 0o666, Exact: true}, nil, "f -rw-rw-rw- 1 new"},
		"no permission at all":   {"", fsys.Replacement{Exact: true}, nil, "f ---------- 1 new"},
		"an old mode is not had": {"x f old", fsys.Replacement{}, nil, "f -rw------- 1 new"},
		"a leftover":             {"f f old|f f.new left", fsys.Replacement{Staged: "f.new"}, nil, "f -rw------- 1 new"},
		"a link as a leftover":   {"f other stays|l f.new other", fsys.Replacement{Staged: "f.new"}, nil, "f -rw------- 1 new|other -rw-r----- 1 stays"},
		"over a link":            {"f other stays|l f other", fsys.Replacement{}, nil, "f -rw------- 1 new|other -rw-r----- 1 stays"},
		"only a new one":         {"", fsys.Replacement{Staged: "f.new", New: true}, nil, "f -rw------- 1 new"},
		"no new one":             {"f f old", fsys.Replacement{Staged: "f.new", New: true}, fs.ErrExist, "f -rw-r----- 1 old"},
		"over a directory":       {"d f", fsys.Replacement{Staged: "f.new"}, syscall.EEXIST, "f drwxr-x--- 2"},
		"a leftover directory":   {"d f.new|f f.new/x y", fsys.Replacement{Staged: "f.new"}, syscall.ENOTEMPTY, "f.new drwxr-x--- 2"},
		"its own owner":          {"", fsys.Replacement{Owner: &fsys.Owner{UID: os.Getuid(), GID: os.Getgid()}}, nil, "f -rw------- 1 new"},
	} {
		for _, how := range []string{"root", "dir", "path"} {
			dir := t.TempDir()
			lay(t, dir, test.before)
			err := replaceBy(t, how, dir, test.r)
			got := strings.Join(listing(t, dir), "|")
			if (err == nil) != (test.err == nil) || got != test.after {
				t.Errorf("%s by %s: %v, and there is\n%s\nwant %v, and\n%s", what, how, err, got, test.err, test.after)
			}
			if errors.Is(test.err, fs.ErrExist) && test.r.New && !errors.Is(err, fs.ErrExist) {
				t.Errorf("%s by %s: %v is not fs.ErrExist", what, how, err)
			}
		}
	}
}

func replaceBy(t *testing.T, how, dir string, r fsys.Replacement) error {
	t.Helper()
	switch how {
	case "path":
		return fsys.ReplacePath(filepath.Join(dir, "f"), []byte("new"), r)
	case "dir":
		d, err := fsys.OpenDirAt(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		return fsys.ReplaceFile(fsys.InDir(d), "f", []byte("new"), r)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return fsys.ReplaceFile(root, "f", []byte("new"), r)
}

// lay makes "f NAME CONTENT", "x NAME CONTENT" (executable), "d NAME" and
// "l NAME TEXT", as far as the umask allows.
func lay(t *testing.T, dir, entries string) {
	t.Helper()
	for e := range strings.SplitSeq(entries, "|") {
		w := append(strings.Fields(e), "", "")
		at := filepath.Join(dir, w[1])
		var err error
		switch w[0] {
		case "f":
			err = os.WriteFile(at, []byte(w[2]), 0o644)
		case "x":
			err = os.WriteFile(at, []byte(w[2]), 0o755)
		case "d":
			err = os.Mkdir(at, 0o755)
		case "l":
			err = os.Symlink(w[2], at)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestStageFile names a file after its content was written, and discards another.
func TestStageFile(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, commit := range []bool{true, false} {
		f, err := fsys.StageFile(root, fsys.Replacement{Staged: "new"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("content"); err != nil {
			t.Fatal(err)
		}
		if !commit {
			f.Discard()
		} else if err := f.Commit("name"); err != nil {
			t.Fatal(err)
		}
		if got, want := listing(t, dir), []string{"name -rw------- 1 content"}; !slices.Equal(got, want) {
			t.Errorf("commit %t: %q, want %q", commit, got, want)
		}
	}
}
