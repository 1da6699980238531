package house_test

import (
	"flag"
	"go/ast"
	"maps"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write what is derived: the pictures of ARCHITECTURE.md")

// maxMethods is how many methods a type has at most.
const maxMethods = 25

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
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > maxMethods {
			t.Errorf("%s has %d methods, more than %d: split it by what it knows", name, counts[name], maxMethods)
		}
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
