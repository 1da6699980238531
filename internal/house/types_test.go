package house_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write what is derived: the pictures of ARCHITECTURE.md, the list of large types")

// maxMethods is how many methods a type has, except those in largeTypes.
const maxMethods = 25

// largeTypes lists the types with more methods, and how many they may have. It
// only gets shorter: -update takes away what is no longer needed, and adds
// nothing.
const largeTypes = "testdata/largetypes.txt"

func checkMethods(t *testing.T, all []source) {
	counts := map[string]int{}
	for _, s := range all {
		if s.isTest() || s.isIn(testRooms()...) {
			continue
		}
		for _, d := range s.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil {
				counts[s.room()+"."+receiver(fn)]++
			}
		}
	}
	large := readLarge(t)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if limit := max(maxMethods, large[name]); counts[name] > limit {
			t.Errorf("%s has %d methods, more than %d: split it by what it knows", name, counts[name], limit)
		}
	}
	if *update {
		writeLarge(t, large, counts)
	}
}

// receiver is the name of the type that a method belongs to.
func receiver(fn *ast.FuncDecl) string {
	e := fn.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return "?"
		}
	}
}

func readLarge(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(largeTypes))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	large := map[string]int{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var name string
		var n int
		if _, err := fmt.Sscan(lines.Text(), &name, &n); err != nil {
			t.Fatalf("%s: %q: %v", largeTypes, lines.Text(), err)
		}
		large[name] = n
	}
	return large
}

// writeLarge lowers the limits to what there is.
func writeLarge(t *testing.T, large, counts map[string]int) {
	t.Helper()
	var text bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(large)) {
		if n := min(large[name], counts[name]); n > maxMethods {
			fmt.Fprintln(&text, name, n)
		}
	}
	if err := os.WriteFile(filepath.FromSlash(largeTypes), text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
