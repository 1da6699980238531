package archives

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// attic is the folder of removed trees in the state folder. There they block nothing:
// the folder that a tree was in can be removed too. A tree on another file system is kept
// where it was, under another name.
const attic = "removed"

// spot is a name in a folder that is open.
type spot struct {
	dir  *fsys.Dir
	name string
}

// atticPrefix begins the names of trees that were removed from a path.
func atticPrefix(at string) string {
	sum := sha256.Sum256([]byte(at))
	return hex.EncodeToString(sum[:16]) + keptMark
}

// removedMark ends the name of what was removed of a tree, whose top has that inode.
func removedMark(ino uint64) string { return "+r" + strconv.FormatUint(ino, 10) }

// openAttic opens the folder of removed trees; nil: there is none.
func (s *shelf) openAttic(create bool) (*fsys.Dir, error) {
	if s.state == "" {
		return nil, nil
	}
	dir := filepath.Join(s.state, Folder, attic)
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	d, err := fsys.OpenDirAt(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return d, err
}

// listAttic returns the names of the trees that were removed from a path, the oldest first.
func listAttic(d *fsys.Dir, at string) ([]string, error) {
	entries, err := d.Entries()
	var out []string
	prefix := atticPrefix(at)
	for _, e := range entries {
		if strings.HasPrefix(e.Name, prefix) {
			out = append(out, e.Name)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return compareKept(a, b, prefix) })
	return out, err
}

// findRemoved returns where the tree is kept that a run has removed; nil: nowhere. The
// caller closes its folder.
func (s *shelf) findRemoved(at string, ino uint64) (*spot, error) {
	d, err := s.openAttic(false)
	if err != nil {
		return nil, err
	}
	if d != nil {
		names, err := listAttic(d, at)
		for _, name := range slices.Backward(names) {
			if strings.HasSuffix(name, removedMark(ino)) {
				return &spot{d, name}, nil
			}
		}
		d.Close()
		if err != nil {
			return nil, err
		}
	}
	beside, err := s.listKept(at)
	for _, p := range slices.Backward(beside) {
		if strings.HasSuffix(p, removedMark(ino)) {
			d, err := s.fs.OpenDir(path.Dir(p))
			return &spot{d, path.Base(p)}, err
		}
	}
	return nil, err
}

// setAside moves what is removed out of the way: to the state folder, or beside its place where
// that is another file system.
func (r remover) setAside(f *found) error {
	parent, err := r.FS.OpenDir(path.Dir(f.at))
	if err != nil {
		return err
	}
	defer parent.Close()
	d, err := r.openAttic(true)
	if err != nil {
		return err
	}
	if d != nil {
		defer d.Close()
		err = r.moveTo(f, parent, spot{d, atticPrefix(f.at) + runName(r.RunID) + removedMark(f.top.Ino)})
		if err == nil {
			err = d.Sync()
		}
	}
	if d == nil || errors.Is(err, unix.EXDEV) {
		err = r.moveTo(f, parent, spot{parent, keptName(path.Base(f.at), r.RunID, 1) + removedMark(f.top.Ino)})
	}
	if err != nil {
		return err
	}
	return parent.Sync()
}

// trimAttic removes all but the newest of the trees that were removed from a path, and those
// of forgotten runs.
func (s *shelf) trimAttic(ctx context.Context, at string, forgotten []string) (left int, err error) {
	d, err := s.openAttic(false)
	if d == nil || err != nil {
		return 0, err
	}
	defer d.Close()
	names, err := listAttic(d, at)
	if err != nil {
		return 0, err
	}
	root, err := fsys.RootOf(d)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	for i, name := range names {
		run, _ := runOf(name, atticPrefix(at))
		if i == len(names)-1 && !slices.Contains(forgotten, run) {
			left++
			continue
		}
		if err := ctx.Err(); err != nil {
			return left, err
		}
		if err := root.RemoveAll(name); err != nil {
			return left, err
		}
	}
	return left, nil
}
