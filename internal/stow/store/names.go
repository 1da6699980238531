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

// IsMagic reports whether a name begins with exactly one colon: it is never a
// version.
func IsMagic(name string) bool {
	return strings.HasPrefix(name, ":") && !strings.HasPrefix(name, "::")
}

// DiskName is the name of the directory that holds a version: a version that
// begins with colons gets one more.
func DiskName(version string) string {
	if strings.HasPrefix(version, ":") {
		return ":" + version
	}
	return version
}

// VersionName returns the version of a directory name; ok is false for magic
// names.
func VersionName(disk string) (version string, ok bool) {
	if IsMagic(disk) {
		return "", false
	}
	return strings.TrimPrefix(disk, ":"), true
}

// IsVersion reports whether a version may have a disk name.
func IsVersion(disk string) bool {
	return plain(disk) && !IsMagic(disk)
}

// IsPackage reports whether a package or a package manager may have a name.
func IsPackage(name string) bool {
	return plain(name) && !strings.HasPrefix(name, ":")
}

// plain reports whether a name can be a directory entry other than "." and "..".
func plain(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// Arg is one package word of the command line.
type Arg struct {
	Package string // FOO
	Part    string // the disk name of a version, [Config], or "" for the bare name
}

// ParseArg reads FOO, FOO/N.N or FOO/:config. Trailing slashes do not count. A
// word with any other slash is answered as GNU Stow answers it.
func ParseArg(word string) (Arg, error) {
	word = strings.TrimRight(word, "/")
	foo, part, cut := strings.Cut(word, "/")
	switch {
	case !cut && (foo == nameTarget || foo == nameViews || foo == nameManagedBy):
		return Arg{}, &UsageError{Text: fmt.Sprintf("%s is no package: it belongs to the stow directory", foo)}
	case !cut:
		return Arg{Package: foo}, nil
	case !IsPackage(foo) || strings.Contains(part, "/") || part != Config && !plain(part):
		return Arg{}, &UsageError{Text: "Slashes are not permitted in package names"}
	case part != Config && IsMagic(part):
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
