package house_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"slices"
	"testing"
)

// The sizes, in lines, that nothing exceeds.
const (
	maxFile = 500
	maxFunc = 80
)

// The sizes, in lines, of most files and functions outside tests.
const (
	medianFile    = 120
	nineTenthFunc = 30
)

// TestForm checks every file by itself.
func TestForm(t *testing.T) {
	all := sources(t)
	t.Run("format", func(t *testing.T) { checkFormat(t, all) })
	t.Run("sizes", func(t *testing.T) { checkSizes(t, all) })
	t.Run("methods", func(t *testing.T) { checkMethods(t, all) })
	t.Run("effects", func(t *testing.T) { checkEffects(t, all) })
	t.Run("state", func(t *testing.T) { checkState(t, all) })
	t.Run("comments", func(t *testing.T) { checkComments(t, all) })
}

func checkFormat(t *testing.T, all []source) {
	for _, s := range all {
		if formatted, err := format.Source(s.text); err != nil || !bytes.Equal(formatted, s.text) {
			t.Errorf("%s is not as gofmt has it (%v)", s.name, err)
		}
	}
}

func checkSizes(t *testing.T, all []source) {
	var files, functions []int
	for _, s := range all {
		lines := bytes.Count(s.text, []byte("\n"))
		if lines > maxFile {
			t.Errorf("%s has %d lines, more than %d", s.name, lines, maxFile)
		}
		if s.isTest() {
			continue
		}
		files = append(files, lines)
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			functions = append(functions, s.lines(fn))
			if n := s.lines(fn); n > maxFunc {
				t.Errorf("%s: %s has %d lines, more than %d", s.name, fn.Name.Name, n, maxFunc)
			}
		}
	}
	if n := share(files, 0.5); n > medianFile {
		t.Errorf("half of the files have more than %d lines: the limit is %d", n, medianFile)
	}
	if n := share(functions, 0.9); n > nineTenthFunc {
		t.Errorf("a tenth of the functions have more than %d lines: the limit is %d", n, nineTenthFunc)
	}
}

// share is the number that this share of the numbers does not exceed.
func share(numbers []int, of float64) int {
	slices.Sort(numbers)
	return numbers[int(float64(len(numbers))*of)]
}
