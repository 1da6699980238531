package wanted

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/control"
)

// image is the tree of a local version, searched for the kinds of things that it contains. Only names are read.
type image struct {
	disk control.Disk
	dir  string
}

// has reports whether the image contains something of a kind. The kind of a file follows from its directory (the
// Filesystem Hierarchy Standard), and for libraries also from the end of the name.
func (i image) has(ctx context.Context, k Kind) (bool, error) {
	switch k {
	case App:
		return i.anyFile(ctx, all, "bin", "sbin", "games", "libexec")
	case SharedLib:
		return i.anyFile(ctx, func(name string) bool { return strings.HasSuffix(name, ".so") || strings.Contains(name, ".so.") }, "lib", "lib32", "lib64")
	case StaticLib:
		return i.anyFile(ctx, func(name string) bool { return strings.HasSuffix(name, ".a") }, "lib", "lib32", "lib64")
	case DevHeaders:
		return i.anyFile(ctx, all, "include")
	case Doc:
		return i.anyFile(ctx, all, "share/doc", "share/man", "share/info", "doc", "man", "info")
	case Data:
		return i.hasData(ctx)
	case Source:
		return i.anyFile(ctx, all, "src", "share/src")
	case Any:
	}
	return true, nil
}

func all(string) bool { return true }

// anyFile reports whether one of the directories, at the top of the image or in its usr, contains a file with a fitting
// name, at any depth.
func (i image) anyFile(ctx context.Context, fits func(name string) bool, dirs ...string) (bool, error) {
	for _, top := range []string{"", "usr"} {
		for _, dir := range dirs {
			if found, err := i.below(ctx, path.Join(i.dir, top, dir), fits); found || err != nil {
				return found, err
			}
		}
	}
	return false, nil
}

// hasData reports whether share contains more than documentation and translations.
func (i image) hasData(ctx context.Context) (bool, error) {
	for _, top := range []string{"", "usr"} {
		share := path.Join(i.dir, top, "share")
		names, err := i.entries(ctx, share)
		if err != nil {
			return false, err
		}
		for _, name := range names {
			if slices.Contains([]string{"doc", "man", "info", "locale"}, name) {
				continue
			}
			if found, err := i.below(ctx, path.Join(share, name), all); found || err != nil {
				return found, err
			}
		}
	}
	return false, nil
}

// below reports whether there is a file with a fitting name at a path, or below it. It does not follow links to
// directories.
func (i image) below(ctx context.Context, p string, fits func(name string) bool) (bool, error) {
	place, err := i.disk.Look(ctx, p)
	switch {
	case err != nil || place.Type == fsys.Nothing:
		return false, err
	case place.Type != fsys.Directory:
		return fits(path.Base(p)), nil
	}
	names, err := i.entries(ctx, p)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if found, err := i.below(ctx, path.Join(p, name), fits); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// entries returns the names in a directory; none if it does not exist.
func (i image) entries(ctx context.Context, dir string) ([]string, error) {
	names, err := i.disk.Entries(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil, nil
	}
	return names, err
}
