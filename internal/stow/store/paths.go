package store

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"

	"golang.org/x/sys/unix"
)

// relativePath is the text of a link in the directory from that leads to to. Both
// are absolute.
func relativePath(from, to string) string {
	text, _ := filepath.Rel(from, to)
	return text
}

// openIfThere opens a directory in another; nil if there is none.
func openIfThere(d *fsys.Dir, name string) (*fsys.Dir, error) {
	sub, err := d.OpenDir(name)
	if isMissing(err) {
		return nil, nil
	}
	return sub, err
}

// resolveLink resolves a link in dir by its text alone. dir is absolute, or relative to
// the same base as the result.
func resolveLink(dir, text string) string {
	if strings.HasPrefix(text, "/") {
		return path.Clean(text)
	}
	return path.Join(dir, text)
}

// pathBelow is the rest of p below dir; "" is dir itself. Both are relative to the
// target and clean.
func pathBelow(p, dir string) (rest string, ok bool) {
	if dir == "." {
		if p == "." {
			return "", true
		}
		return p, p != ".." && !strings.HasPrefix(p, "../")
	}
	if p == dir {
		return "", true
	}
	rest, ok = strings.CutPrefix(p, dir)
	if !ok || rest[0] != '/' {
		return "", false
	}
	return rest[1:], true
}

// firstName is the first component of a path.
func firstName(p string) string {
	name, _, _ := strings.Cut(p, "/")
	return name
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// unlessNotDir is err, or nil for the error that a name is no directory.
func unlessNotDir(err error) error {
	if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return nil
	}
	return err
}
