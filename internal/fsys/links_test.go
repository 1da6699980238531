package fsys_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"converge/internal/fsys"
)

// A link replaces only a link; if one of the paths is a file, no link is removed.
func TestLinksAreMadeAndRemoved(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	disk, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	for _, step := range []struct {
		what string
		err  error
		want string
	}{
		{"below folders that are missing", disk.MakeLink(t.Context(), "test", "/a/b/l", "one"), "<nil>"},
		{"where there is a link", disk.MakeLink(t.Context(), "test", "/a/b/l", "two"), "<nil>"},
		{"where there is a file", disk.MakeLink(t.Context(), "test", "/file", "one"), "/file is a file in the way of a link"},
		{"a file among them", disk.RemoveLinks(t.Context(), "test", "/a/b/l", "/file"), "/file is a file and no link"},
	} {
		if got := fmt.Sprint(step.err); got != step.want {
			t.Errorf("%s: %s, want %s", step.what, got, step.want)
		}
	}
	if target, err := os.Readlink(filepath.Join(root, "a/b/l")); target != "two" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	if err := disk.RemoveLinks(t.Context(), "test", "/a/b/l", "/a/b/l", "/a/b/none"); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(root, "a/b/l")); !os.IsNotExist(err) {
		t.Errorf("the link is still there: %v", err)
	}
}
