package packaging

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/pack"
	"converge/internal/pack/recipe"
)

// The package of converge brings every page of docs, in any format: README, which it
// brings too, has links to them.
func TestPagesAreShipped(t *testing.T) {
	stage := t.TempDir()
	for _, name := range []string{"amd64/converge", "man/man1/converge.1", "man/man5/converge-file.5"} {
		if err := os.MkdirAll(filepath.Join(stage, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(stage, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pages := findPages(t)
	for _, format := range pack.Formats() {
		p, _, diags := recipe.Load(t.Context(), "recipes/converge.hcl", recipe.Target{Format: format, Arch: "amd64"}, recipe.Inputs{Vars: map[string]string{"version": "1", "stage": stage}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, f := range p.Files {
			if strings.HasSuffix(f.Path, "_test.go") {
				t.Errorf("the %s has %s, which only the sources can run", format, f.Path)
			}
		}
		for _, page := range pages {
			at := "/usr/share/doc/converge/" + strings.TrimPrefix(page, "../")
			for _, want := range []string{at, filepath.Dir(at)} {
				if !slices.ContainsFunc(p.Files, func(f pack.File) bool { return f.Path == want }) {
					t.Errorf("the %s has no %s", format, want)
				}
			}
		}
	}
}

// findPages returns the pages of docs, those in its folders included.
func findPages(t *testing.T) []string {
	var pages []string
	err := filepath.WalkDir("../docs", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil || len(pages) < 2 {
		t.Fatalf("there are no pages: %v", err)
	}
	return pages
}
