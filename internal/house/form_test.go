package house_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The sizes that nothing exceeds, in lines.
const (
	maxFile = 500
	maxFunc = 80
)

// runners are the rooms that may start programs.
func runners() []string {
	return []string{"internal/process", "internal/testhost", "internal/stow/stowtest", "internal/floor"}
}

// TestForm looks at every Go file: its size, the sizes of its functions, gofmt,
// and whether it starts programs past package process.
func TestForm(t *testing.T) {
	top := root(t)
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != top || d.Name() == "testdata" || d.Name() == "dist") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		name, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		check(t, name, src)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, name string, src []byte) {
	if lines := bytes.Count(src, []byte("\n")); lines > maxFile {
		t.Errorf("%s has %d lines, more than %d", name, lines, maxFile)
	}
	if formatted, err := format.Source(src); err != nil || !bytes.Equal(formatted, src) {
		t.Errorf("%s is not as gofmt has it (%v)", name, err)
	}
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	test := strings.HasSuffix(name, "_test.go")
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && !test {
			if lines := files.Position(fn.End()).Line - files.Position(fn.Pos()).Line + 1; lines > maxFunc {
				t.Errorf("%s: %s has %d lines, more than %d", name, fn.Name.Name, lines, maxFunc)
			}
		}
	}
	if test || slices.ContainsFunc(runners(), func(room string) bool { return strings.HasPrefix(name, room+"/") }) {
		return
	}
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil && p == "os/exec" {
			t.Errorf("%s starts programs by itself; package process does", name)
		}
	}
}
