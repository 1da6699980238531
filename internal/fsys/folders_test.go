package fsys_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/fsys"
)

// notes keeps the notes about folders, and the state of the disk at that moment.
type notes struct {
	root string
	of   map[string]string
	said []string // in order: "DIR there", "DIR missing"
	err  error
}

func (n *notes) ReadFolder(dir string) string { return n.of[dir] }

func (n *notes) NoteFolder(dir, note string) error {
	state := " missing"
	if _, err := os.Lstat(filepath.Join(n.root, dir)); err == nil {
		state = " there"
	}
	if note == "" {
		delete(n.of, dir)
		state += ", forgotten"
	} else {
		n.of[dir] = note
	}
	n.said = append(n.said, dir+state)
	return n.err
}

// Each case makes the missing folder /a/b, does something with it, and removes the empty folders that were made only as
// parents.
func TestFoldersAreTidied(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(t *testing.T, root string, n *notes)
		left  []string // of the tree
		noted []string
	}{
		{name: "nothing was put in it"},
		{name: "a file", do: put("a/b/file"), left: []string{"/a", "/a/b", "/a/b/file"}, noted: []string{"/a", "/a/b"}},
		{name: "a file above it", do: put("a/file"), left: []string{"/a", "/a/file"}, noted: []string{"/a"}},
		{name: "another folder in its place, empty", do: func(t *testing.T, root string, _ *notes) {
			again := filepath.Join(root, "a/again")
			if err := errors.Join(os.Mkdir(again, 0o755), os.Remove(filepath.Join(root, "a/b")), os.Rename(again, filepath.Join(root, "a/b"))); err != nil {
				t.Fatal(err)
			}
		}, left: []string{"/a", "/a/b"}, noted: []string{"/a", "/a/b"}},
		{name: "it has gone", do: func(t *testing.T, root string, _ *notes) {
			if err := os.Remove(filepath.Join(root, "a/b")); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a link to a folder in its place", do: func(t *testing.T, root string, n *notes) {
			if err := errors.Join(os.Remove(filepath.Join(root, "a/b")), os.Symlink("/tmp", filepath.Join(root, "a/b"))); err != nil {
				t.Fatal(err)
			}
			n.of["/a/b"] = "folder" // as after a kill
		}, left: []string{"/a", "/a/b"}, noted: []string{"/a", "/a/b"}},
		{name: "a killed run did not come to say which one it is", do: func(_ *testing.T, _ string, n *notes) { n.of["/a/b"] = "folder" }},
		{name: "of one nothing is noted", do: func(_ *testing.T, _ string, n *notes) { delete(n.of, "/a/b") }, left: []string{"/a", "/a/b"}, noted: []string{"/a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &notes{root: t.TempDir(), of: map[string]string{}}
			disk := openNoting(t, n)
			if made, err := disk.MakeFolders(t.Context(), "test", "/a/b"); err != nil || !slices.Equal(made, []string{"/a", "/a/b"}) {
				t.Fatal(made, err)
			}
			if d := cmp.Diff([]string{"/a missing", "/a there", "/a/b missing", "/a/b there"}, n.said); d != "" {
				t.Error("a folder is noted before and after it is made:\n", d)
			}
			if c.do != nil {
				c.do(t, n.root, n)
			}
			if _, err := disk.TidyFolders(t.Context(), "test", "/a/b/c/d", "/a", "/b"); err != nil {
				t.Error(err)
			}
			if d := cmp.Diff(c.left, treeBelow(t, n.root)); d != "" {
				t.Error("left (-want +got):\n", d)
			}
			if d := cmp.Diff(c.noted, slices.Sorted(maps.Keys(n.of))); d != "" {
				t.Error("noted (-want +got):\n", d)
			}
		})
	}
}

// A folder that cannot be recorded is not made, and one that another process makes meanwhile is not ours.
func TestFoldersThatAreNotMade(t *testing.T) {
	n := &notes{root: t.TempDir(), of: map[string]string{}, err: os.ErrPermission}
	disk := openNoting(t, n)
	if _, err := disk.MakeFolders(t.Context(), "test", "/a/b"); !errors.Is(err, os.ErrPermission) || len(treeBelow(t, n.root)) > 0 {
		t.Error(err, treeBelow(t, n.root))
	}
	n.err, n.of = nil, map[string]string{}
	if err := os.Mkdir(filepath.Join(n.root, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := disk.MakeFolder(t.Context(), "test", "/a", fsys.Perm{Mode: 0o755}); !errors.Is(err, os.ErrExist) || len(n.of) > 0 {
		t.Error(err, n.of)
	}
}

func openNoting(t *testing.T, n *notes) *fsys.FS {
	t.Helper()
	disk, err := fsys.Open(n.root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { disk.Close() })
	disk.KeepFolders(n)
	return disk
}

func put(name string) func(*testing.T, string, *notes) {
	return func(t *testing.T, root string, _ *notes) {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func treeBelow(t *testing.T, root string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, _ os.DirEntry, err error) error {
		if p != root {
			paths = append(paths, strings.TrimPrefix(p, root))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
