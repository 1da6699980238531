package store

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// rel is how a link in the directory from reads that leads to to. Both are
// absolute and clean.
func rel(from, to string) string {
	a, b := parts(from), parts(to)
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	up := strings.Repeat("../", len(a)-n)
	if text := up + strings.Join(b[n:], "/"); text != "" {
		return strings.TrimSuffix(text, "/")
	}
	return "."
}

func parts(p string) []string {
	return strings.FieldsFunc(p, func(r rune) bool { return r == '/' })
}

// lead resolves a link in dir by its text alone. dir is absolute, or relative to
// the same base as the result.
func lead(dir, text string) string {
	if strings.HasPrefix(text, "/") {
		return path.Clean(text)
	}
	return path.Join(dir, text)
}

// cut takes the first component off a path.
func cut(p string) (first, rest string, deep bool) { return strings.Cut(p, "/") }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
