package tool

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"converge/internal/fsys"
)

func TestMaxAge(t *testing.T) {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	hour, none := time.Hour, time.Duration(0)
	for _, c := range []struct {
		name    string
		limit   *time.Duration
		fetched time.Time
		latest  bool
		why     string
	}{
		{"any version", nil, ago(1000 * time.Hour), false, ""},
		{"the latest, by a new index", nil, ago(23 * time.Hour), true, ""},
		{"the latest, by an old index", nil, ago(25 * time.Hour), true, "the lists are more than a day old"},
		{"never fetched", nil, time.Time{}, true, "the lists are more than a day old"},
		{"within the limit", &hour, ago(time.Minute), true, ""},
		{"beyond the limit", &hour, ago(2 * time.Hour), false, "the lists are older than max_age, which is 1h0m0s"},
		{"always", &none, ago(time.Minute), false, "the lists are older than max_age, which is 0s"},
		{"always, but fetched by this run", &none, time.Now().Add(time.Minute), false, ""},
	} {
		if got := NewMaxAge(c.limit).WhyStale("the lists", c.fetched, c.latest); got != c.why {
			t.Errorf("%s: %q, want %q", c.name, got, c.why)
		}
	}
}

func TestMakeFolder(t *testing.T) {
	root := t.TempDir()
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	h := &Host{Root: root, Tree: tree}
	if dir, err := h.MakeFolder("x-"); err == nil {
		t.Error("a tree without a /tmp:", dir)
	}
	if err := os.Mkdir(filepath.Join(root, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := h.MakeFolder("x-", "a", "a/b")
	if _, statErr := os.Stat(filepath.Join(dir, "a/b")); err != nil || statErr != nil || filepath.Dir(dir) != filepath.Join(root, "tmp") {
		t.Error(dir, err, statErr)
	}
	if dir, err := h.MakeFolder("y-", "not/there"); err == nil {
		t.Error(dir)
	}
	if err := os.Rename(filepath.Join(root, "tmp"), filepath.Join(root, "scratch")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/scratch", filepath.Join(root, "tmp")); err != nil {
		t.Fatal(err)
	}
	if dir, err := h.MakeFolder("z-"); err != nil || filepath.Dir(dir) != filepath.Join(root, "scratch") {
		t.Error("an absolute link in the tree:", dir, err)
	}
	alias := filepath.Join(t.TempDir(), "alias")
	if err := os.Symlink(root, alias); err != nil {
		t.Fatal(err)
	}
	aliased, err := fsys.OpenFiles(alias)
	if err != nil {
		t.Fatal(err)
	}
	named := &Host{Root: alias, Tree: aliased}
	if dir, err := named.MakeFolder("w-"); err != nil || filepath.Dir(dir) != filepath.Join(alias, "scratch") {
		t.Error("a root that is named by a link:", dir, err)
	}
	if left, err := filepath.Glob(filepath.Join(root, "tmp/y-*")); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

// A tree may come from somebody else: its links must not lead to files of this machine.
func TestKeepFileStaysInTheTree(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	h := &Host{Root: root, Tree: tree}
	h.KeepFile("a", []byte("1"))
	if got, err := tree.ReadFile(KeptFile("a"), 10); err != nil || string(got) != "1" {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.RemoveAll(filepath.Join(root, keptFolder)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, keptFolder)); err != nil {
		t.Fatal(err)
	}
	h.KeepFile("a", []byte("2"))
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Error("written outside:", left, err)
	}
}
