package packagestest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
)

var update = flag.Bool("update", false, "write what is derived: the table of docs/package-managers.md")

// TestDocsTable compares the table of docs/package-managers.md with what the suite
// runs, or writes it.
func TestDocsTable(t *testing.T) {
	const page = "../../../../docs/package-managers.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	const head, tail = "<!-- table, written by `make docs` -->\n", "<!-- end of table -->"
	before, rest, ok := strings.Cut(text, head)
	_, after, closed := strings.Cut(rest, tail)
	if !ok || !closed {
		t.Fatal("the page has no place for its table")
	}
	want := before + head + Table() + tail + after
	switch {
	case want == text:
	case *update:
		if err := fsys.ReplacePath(page, []byte(want), fsys.Replacement{Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("the table is not that of the suite: make docs writes it")
	}
}

// TestRealProofsAreRun holds a claim of the table to a test that runs the suite.
func TestRealProofsAreRun(t *testing.T) {
	for _, p := range Proofs() {
		files, err := filepath.Glob("../../" + p.Manager + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		run := false
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			run = run || strings.Contains(string(data), "packagestest.Run(t, ") && !strings.Contains(string(data), "StandIn: true")
		}
		if run != (p.How == Real) {
			t.Errorf("%s: the table says %q, and a test that runs the suite is there: %v", p.Manager, p.How, run)
		}
	}
}
