package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/versiondir"
)

// The magic names. A name is magic if it begins with exactly one colon.
const (
	nameInstalled = ":installed"
	nameStowing   = ":stowing"
	nameManagedBy = ":managed-by"
	nameOptions   = ":options"
	nameControl   = ":control"
	nameDefault   = ":control-default"
	nameTarget    = ":target"
	nameViews     = ":views"
	nameUnstowed  = ":unstowed"

	// Config is the part of a package that stays when versions change.
	Config = ":config"
)

// Arg is one package argument of the command line.
type Arg struct {
	Package string // FOO
	Part    string // the disk name of a version, [Config], or "" for the bare name
}

// ParseArg parses FOO, FOO/N.N or FOO/:config. Trailing slashes are ignored. A word with any other slash gets GNU Stow's
// error.
func ParseArg(word string) (Arg, error) {
	word = strings.TrimRight(word, "/")
	foo, part, cut := strings.Cut(word, "/")
	switch {
	case !cut && (foo == nameTarget || foo == nameViews || foo == nameManagedBy):
		return Arg{}, &UsageError{Text: fmt.Sprintf("%s is no package: it belongs to the stow directory", foo)}
	case !cut:
		return Arg{Package: foo}, nil
	case !versiondir.IsPackage(foo) || strings.Contains(part, "/") || part != Config && !versiondir.IsVersion(part) && !versiondir.IsMagic(part):
		return Arg{}, &UsageError{Text: "Slashes are not permitted in package names"}
	case part != Config && versiondir.IsMagic(part):
		return Arg{}, &UsageError{Text: fmt.Sprintf("%s is no version: names that begin with one colon are reserved", word)}
	}
	return Arg{Package: foo, Part: part}, nil
}

func (a Arg) String() string {
	if a.Part == "" {
		return a.Package
	}
	return a.Package + "/" + a.Part
}

// relativePath returns the text of a link in the directory from that leads to to. Both are absolute.
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

// resolveLink resolves a link in dir by its text alone. dir is absolute, or relative to the same base as the result.
func resolveLink(dir, text string) string {
	if strings.HasPrefix(text, "/") {
		return path.Clean(text)
	}
	return path.Join(dir, text)
}

// pathBelow returns the rest of p below dir; "" is dir itself. Both are relative to the target and clean.
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

// firstName returns the first component of a path.
func firstName(p string) string {
	name, _, _ := strings.Cut(p, "/")
	return name
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// unlessNotDir returns err, or nil if it means that a name is not a directory.
func unlessNotDir(err error) error {
	if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return nil
	}
	return err
}
