package apk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// The database is parsed once for all questions, until apk replaces it.
func TestContentsAreParsedOnce(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, databases()[0])
	replace := func(text string) {
		t.Helper()
		err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file+".new", []byte(text), 0o600), os.Rename(file+".new", file))
		if err != nil {
			t.Fatal(err)
		}
	}
	replace("P:a\nV:1\nF:etc\nR:a.conf\n\nP:b\nV:1\nF:etc\nR:b.conf\nF:lib\nR:b\n\n")
	m, err := New(Options{Options: tool.Options{Root: root}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c, err := m.ListContents(t.Context(), packages.Package{Name: "b"}, packages.Package{Name: "none"})
		if err != nil || !slices.Equal(c.Paths, []string{"/etc", "/etc/b.conf", "/lib", "/lib/b"}) || !slices.Equal(c.Config, []string{"/etc/b.conf"}) {
			t.Error(c, err)
		}
	}
	first, err := m.readContents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first["a"] = packages.Contents{Paths: []string{"/kept"}}
	if c, err := m.ListContents(t.Context(), packages.Package{Name: "a"}); err != nil || !slices.Equal(c.Paths, []string{"/kept"}) {
		t.Error("parsed again:", c, err)
	}
	replace("P:a\nV:2\nF:etc\nR:new.conf\n\n")
	if c, err := m.ListContents(t.Context(), packages.Package{Name: "a"}); err != nil || !slices.Equal(c.Config, []string{"/etc/new.conf"}) {
		t.Error(c, err)
	}
}
