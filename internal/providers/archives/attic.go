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

// attic is the folder of removed trees in the state folder, and of those that they had replaced. There they block
// nothing: the former parent folder of a tree can be removed, too. A tree on another file system stays in its place,
// under another name.
const attic = "removed"

// spot is a name in a folder that is open.
type spot struct {
	dir  *fsys.Dir
	name string
}

// clear removes the content.
func (s spot) clear() {
	if root, err := fsys.RootOf(s.dir); err == nil {
		_ = root.RemoveAll(s.name) // otherwise it is removed with the attic
		root.Close()
	}
}

// atticPrefix begins the names of trees that were removed from a path.
func atticPrefix(at string) string {
	sum := sha256.Sum256([]byte(at))
	return hex.EncodeToString(sum[:16]) + keptMark
}

// removedMark ends the name of the removed part of a tree whose top has that inode.
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
func (s *shelf) listAttic(d *fsys.Dir, at string) ([]string, error) {
	entries, err := d.Entries()
	var out []string
	prefix := atticPrefix(at)
	for _, e := range entries {
		if strings.HasPrefix(e.Name, prefix) {
			out = append(out, e.Name)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return s.compareKept(a, b, prefix) })
	return out, err
}

// findInAttic returns the place of a tree that is kept in the state folder; nil: it is not there. The caller closes
// its folder.
func (s *shelf) findInAttic(k *backup) (*spot, error) {
	d, err := s.openAttic(false)
	if d == nil || err != nil {
		return nil, err
	}
	names, err := s.listAttic(d, k.at)
	for _, name := range slices.Backward(names) {
		if top, err := d.Lstat(name); err == nil && k.isKeptAs(name, top) {
			return &spot{d, name}, nil
		}
	}
	return nil, errors.Join(err, d.Close())
}

// setAside moves removed entries to the state folder, or beside their place if that is on another file system. It
// tries another place only while nothing has been moved.
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
	begun := false
	if d != nil {
		defer d.Close()
		begun, err = r.moveTo(f, parent, spot{d, atticPrefix(f.at) + runName(r.RunID) + removedMark(f.top.Ino)})
		if err == nil {
			err = d.Sync()
		}
	}
	if d == nil || !begun && errors.Is(err, unix.EXDEV) {
		_, err = r.moveTo(f, parent, spot{parent, keptName(path.Base(f.at), r.RunID, 1) + removedMark(f.top.Ino)})
	}
	if err != nil {
		return err
	}
	return parent.Sync()
}

// setKeptAside also moves the trees that were replaced by a removed one. Those on another file system stay where they
// are.
func (r remover) setKeptAside(at string) error {
	kept, err := r.listKept(at)
	if err != nil || len(kept) == 0 {
		return err
	}
	d, err := r.openAttic(true)
	if d == nil || err != nil {
		return err
	}
	defer d.Close()
	parent, err := r.FS.OpenDir(path.Dir(at))
	if err != nil {
		return err
	}
	defer parent.Close()
	for _, p := range kept {
		name := path.Base(p)
		err := parent.RenameNew(name, d, atticPrefix(at)+strings.TrimPrefix(name, keptPrefix(path.Base(at))))
		switch {
		case errors.Is(err, unix.EXDEV), errors.Is(err, fs.ErrExist):
		case err != nil:
			return err
		}
	}
	return nil
}

// forgetInAttic removes the trees that forgotten runs have kept, including those without a list, and returns the
// prefixes of the names that stay.
func (s *shelf) forgetInAttic(ctx context.Context, forgotten []string) (left map[string]bool, err error) {
	d, err := s.openAttic(false)
	if d == nil || err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.Entries()
	if err != nil {
		return nil, err
	}
	root, err := fsys.RootOf(d)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	left = map[string]bool{}
	for _, e := range entries {
		sum, _, known := strings.Cut(e.Name, keptMark)
		prefix := sum + keptMark
		if run, _ := runOf(e.Name, prefix); !known || !slices.Contains(forgotten, run) {
			left[prefix] = true
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := root.RemoveAll(e.Name); err != nil {
			return nil, err
		}
	}
	return left, nil
}
