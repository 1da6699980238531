package pkgrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// lock keeps other processes out of the folder until unlock is called, or this process ends.
func lock(root *os.Root) (unlock func(), err error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		dir.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = errors.New("another call is at work there; try again when it has ended")
		}
		return nil, err
	}
	return func() { dir.Close() }, nil
}

// sweep removes incomplete files of a killed process.
func (r *repository) sweep(f family) error {
	return fs.WalkDir(r.root.FS(), f.name(), func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == f.name():
			return nil
		case err == nil && d.Type().IsRegular() && strings.HasPrefix(d.Name(), stagedPrefix):
			return r.remove(name)
		}
		return err
	})
}

// hasIndex reports whether an index of the family exists; all of its packages may have been removed.
func (r *repository) hasIndex(f family) (bool, error) {
	names, err := r.list(f.name())
	for _, name := range names {
		switch path.Base(name) {
		case "Release", "repomd.xml", r.o.Name + ".db", "APKINDEX.tar.gz":
			return true, nil
		}
	}
	return false, err
}

// checkPlaces refuses two packages with the same file: their versions differ only in the epoch, which no family includes
// in file names.
func checkPlaces(f family, all []Package) error {
	seen := map[string]Package{}
	for _, p := range all {
		place := f.places(p, []string{"amd64"})[0]
		if q, twice := seen[place]; twice {
			return fmt.Errorf("%s %s and %s have the same name as files: prune one of them", p.Name, q.Version, p.Version)
		}
		seen[place] = p
	}
	return nil
}
