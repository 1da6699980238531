package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file of the module.
type source struct {
	name  string // from the top of the checkout
	text  []byte
	file  *ast.File
	lines func(ast.Node) int // how many lines a node has
}

func (s source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") }

// room is the folder of the file.
func (s source) room() string { return path.Dir(s.name) }

// isIn reports whether the file is in one of the rooms, or below it.
func (s source) isIn(rooms ...string) bool {
	return slices.ContainsFunc(rooms, func(r string) bool { return strings.HasPrefix(s.name, r+"/") })
}

// testRooms hold what only tests and benchmarks use.
func testRooms() []string {
	return []string{"internal/breakpoint", "internal/floor", "internal/house", "internal/testhost", "internal/stow/stowtest", "internal/stow/store/storetest", "internal/resource/resourcetest",
		"internal/providers/packages/packagestest", "internal/providers/apk/apktest", "internal/providers/rpm/rpmtest",
	}
}

// uses returns every NAME of `package.NAME` in the file, for a package by its
// import path.
func (s source) uses(pkg string) (names []string) {
	local := ""
	for _, i := range s.file.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil && p == pkg {
			local = path.Base(pkg)
			if i.Name != nil {
				local = i.Name.Name
			}
		}
	}
	if local == "" {
		return nil
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				names = append(names, sel.Sel.Name)
			}
		}
		return true
	})
	return names
}

// sources parses every Go file of the module.
func sources(t *testing.T) (all []source) {
	t.Helper()
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
		s, err := parse(top, path)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(top, path string) (s source, err error) {
	if s.name, err = filepath.Rel(top, path); err != nil {
		return s, err
	}
	if s.text, err = os.ReadFile(path); err != nil {
		return s, err
	}
	set := token.NewFileSet()
	s.file, err = parser.ParseFile(set, s.name, s.text, parser.SkipObjectResolution|parser.ParseComments)
	s.lines = func(n ast.Node) int { return set.Position(n.End()).Line - set.Position(n.Pos()).Line + 1 }
	return s, err
}
