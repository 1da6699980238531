package house_test

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// allowed is the comment, with a reason, beside a variable that has to be one:
// the linker sets it, or Go has no constant of its type.
const allowed = "//nolint:gochecknoglobals // "

// checkState checks that no package has a variable that anything could change,
// and no function that runs by being imported.
func checkState(t *testing.T, all []source) {
	for _, s := range all {
		if s.isTest() {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s has an init function: call it where it is needed", s.name)
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR && !isEmbedded(d) {
					checkVariables(t, s, d)
				}
			}
		}
	}
}

func checkVariables(t *testing.T, s source, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, name := range v.Names {
			if name.Name != "_" && !isErrorName(name.Name) && !s.isExplained(v) {
				t.Errorf("%s has a package-level variable %s: make it a constant, a function or a field", s.name, name.Name)
			}
		}
	}
}

// isErrorName reports whether the name is that of an error to compare with.
func isErrorName(name string) bool {
	return strings.HasPrefix(name, "Err") || strings.HasPrefix(name, "err")
}

func isEmbedded(d *ast.GenDecl) bool {
	return d.Doc != nil && strings.HasPrefix(d.Doc.List[len(d.Doc.List)-1].Text, "//go:embed ")
}

// isExplained reports whether the reason stands in the line of the variable.
func (s source) isExplained(v *ast.ValueSpec) bool {
	from := int(v.Pos() - s.file.FileStart)
	line, _, _ := strings.Cut(string(s.text[from:]), "\n")
	_, reason, ok := strings.Cut(line, allowed)
	return ok && reason != ""
}
