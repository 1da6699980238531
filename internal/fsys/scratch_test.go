package fsys_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// TestScratch: a tree is copied with its modes and links, and nothing leaves it.
func TestScratch(t *testing.T) {
	from := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(from, "etc/app"), 0o755),
		os.WriteFile(filepath.Join(from, "etc/app/secret"), []byte("s"), 0o600),
		os.Symlink("/etc/app/secret", filepath.Join(from, "etc/link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := fsys.NewScratch()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{s.Folder("/etc/app", 0o755), s.File("/etc/app/secret", strings.NewReader("before"), 0o644), s.Copy(from)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	tree, err := fsys.Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if info, err := tree.Stat("/etc/link"); err != nil || info.Mode != 0o600 || info.Size != 1 {
		t.Errorf("the copy is %+v, %v", info, err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Symlink(outside, filepath.Join(s.Dir(), "way")); err != nil {
		t.Fatal(err)
	}
	if err := s.File("/way/file", strings.NewReader(""), 0o644); err == nil {
		t.Error("a file was written through a link that leads outside")
	}
	if err := unix.Mkfifo(filepath.Join(from, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Copy(from); err == nil {
		t.Error("a pipe was copied")
	}
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Dir()); !os.IsNotExist(err) {
		t.Errorf("the tree is still there: %v", err)
	}
}
