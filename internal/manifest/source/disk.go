package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"converge/internal/resource"
)

// Disk is what manifests, and the files that they name, are read from. It follows links, and may refuse those that
// another user can have planted. Its errors name the path.
type Disk interface {
	// Trust is called with the path of each manifest and of each folder of manifests before it is read.
	Trust(manifest string)

	// Open opens a regular file. It opens anything else without waiting.
	Open(path string) (*os.File, error)

	// Stat returns the type of the entry at path.
	Stat(path string) (fs.FileMode, error)

	// Names lists a folder, in order.
	Names(dir string) ([]string, error)

	// Walk visits all entries below a folder, parents first. It follows no links there.
	Walk(dir string, visit func(e Entry) error) error
}

// Entry is an entry below a folder.
type Entry struct {
	Path     string // from the folder
	Mode     fs.FileMode
	Target   string // of a link
	Stranger string // the user who owns it, if neither root nor the owner of the folder; "": nobody has to be trusted
}

// PlainDisk is the [Disk] that follows every link.
type PlainDisk struct{}

// Trust implements [Disk]: nothing is refused.
func (PlainDisk) Trust(string) {}

// Open implements [Disk].
func (PlainDisk) Open(path string) (*os.File, error) { return resource.OpenRegular(path) }

// Stat implements [Disk].
func (PlainDisk) Stat(path string) (fs.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, resource.DescribeReadError(path, err)
	}
	return info.Mode(), nil
}

// Names implements [Disk].
func (PlainDisk) Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, resource.DescribeReadError(dir, err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// Walk implements [Disk].
func (PlainDisk) Walk(dir string, visit func(e Entry) error) error {
	top, err := os.Stat(dir)
	switch {
	case err != nil:
		return resource.DescribeReadError(dir, err)
	case !top.IsDir():
		return resource.DescribeReadError(dir, errors.New("it is not a directory"))
	}
	return filepath.WalkDir(dir+"/", func(path string, _ fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if err != nil || rel == "." {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		e := Entry{Path: rel, Mode: info.Mode()}
		if e.Mode&fs.ModeSymlink != 0 {
			if e.Target, err = os.Readlink(path); err != nil {
				return err
			}
		}
		return visit(e)
	})
}
