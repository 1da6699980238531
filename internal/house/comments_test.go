package house_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// checkComments checks that the comment on a function or a type begins with its
// name: a comment that begins with another was left behind by a renaming.
func checkComments(t *testing.T, all []source) {
	for _, s := range all {
		if s.isTest() {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				checkComment(t, s, d.Doc, d.Name.Name)
			case *ast.GenDecl:
				if spec, ok := d.Specs[0].(*ast.TypeSpec); ok && len(d.Specs) == 1 {
					checkComment(t, s, d.Doc, spec.Name.Name)
				}
			}
		}
	}
}

func checkComment(t *testing.T, s source, doc *ast.CommentGroup, name string) {
	if doc == nil {
		return
	}
	if first, _, _ := strings.Cut(strings.TrimLeft(doc.Text(), " "), " "); strings.Trim(first, ",:\n") != name {
		t.Errorf("%s: the comment on %s begins with %q", s.name, name, first)
	}
}

var goFile = regexp.MustCompile("`([\\w/.-]+\\.go)`|\\]\\(([\\w/.-]+\\.go)\\)")

// TestPagesNameFiles checks that the Go files that the pages of the top folder
// name exist.
func TestPagesNameFiles(t *testing.T) {
	var names []string
	for _, s := range sources(t) {
		names = append(names, "/"+s.name)
	}
	for _, page := range []string{"ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md", "README.md"} {
		text, err := os.ReadFile(filepath.Join(root(t), page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range goFile.FindAllStringSubmatch(string(text), -1) {
			if name := m[1] + m[2]; !endsAny(names, "/"+name) {
				t.Errorf("%s names %s, which does not exist", page, name)
			}
		}
	}
}

func endsAny(names []string, end string) bool {
	for _, n := range names {
		if strings.HasSuffix(n, end) {
			return true
		}
	}
	return false
}
