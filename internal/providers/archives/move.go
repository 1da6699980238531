package archives

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"converge/internal/fsys"
)

// mover moves entries from one tree to another on the same file system.
type mover struct {
	from, to *fsys.Dir
	root     *os.Root // to
	made     bool     // to was missing
	moved    []string // entries, in their order
}

// openMover opens two trees. It makes the destination, if it is missing.
func openMover(from, to spot) (_ *mover, err error) {
	m := &mover{}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	if m.from, err = from.dir.OpenDir(from.name); err != nil {
		return nil, err
	}
	err = to.dir.Mkdir(to.name, 0o700)
	if m.made = err == nil; err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if m.to, err = to.dir.OpenDir(to.name); err != nil {
		return nil, err
	}
	m.root, err = fsys.RootOf(m.to)
	return m, err
}

func (m *mover) close() {
	for _, d := range []*fsys.Dir{m.from, m.to} {
		if d != nil {
			d.Close()
		}
	}
	if m.root != nil {
		m.root.Close()
	}
}

// moveAll moves entries, and makes the folders above them as they are here.
func (m *mover) moveAll(rels []string) error {
	for _, rel := range rels {
		if err := m.makeFolders(above(rel)); err != nil {
			return err
		}
		if err := m.move(rel); err != nil {
			return err
		}
	}
	return nil
}

// makeFolders makes a folder and those above it as they are in the other tree. Existing ones stay unchanged.
func (m *mover) makeFolders(rel string) error {
	if rel == "" {
		return nil
	}
	if _, err := m.root.Lstat(rel); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := m.makeFolders(above(rel)); err != nil {
		return err
	}
	return carrier{from: m.from, to: m.to, root: m.root}.makeFolders(rel)
}

// move moves an entry, a folder with all its contents, to a free place.
func (m *mover) move(rel string) error {
	if err := rename(m.from, m.to, rel); err != nil {
		return err
	}
	m.moved = append(m.moved, rel)
	return nil
}

// moveBack moves everything back that was moved.
func (m *mover) moveBack() error {
	for _, rel := range slices.Backward(m.moved) {
		if err := rename(m.to, m.from, rel); err != nil {
			return fmt.Errorf("cannot move %s back to where it was: %w", quote(path.Join(m.from.Path(), rel)), err)
		}
	}
	return nil
}

// rename moves an entry of a tree to the same folder in another one.
func rename(a, b *fsys.Dir, rel string) error {
	from, err := a.OpenPath(above(rel))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := b.OpenPath(above(rel))
	if err != nil {
		return err
	}
	defer to.Close()
	return from.RenameNew(path.Base(rel), to, path.Base(rel))
}

// mergeFolder moves everything in a folder to the same folder in the other tree, and removes
// it here.
func (m *mover) mergeFolder(rel string) error {
	from, err := m.from.OpenPath(rel)
	if err != nil {
		return err
	}
	defer from.Close()
	entries, err := from.Entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		child := path.Join(rel, e.Name)
		live, err := m.root.Lstat(child)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = m.move(child)
		case err == nil && live.IsDir():
			if err = m.mergeFolder(child); err == nil {
				err = from.Rmdir(e.Name)
			}
		case err == nil:
			err = fmt.Errorf("%s: %w", quote(child), fs.ErrExist)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// merge moves the removed part of a tree back to the place where others' files have stayed.
func merge(in, to spot) error {
	m, err := openMover(in, to)
	if err != nil {
		return err
	}
	defer m.close()
	if err := m.mergeFolder(""); err != nil {
		return err
	}
	if err := in.dir.Rmdir(in.name); err != nil {
		return err
	}
	return m.to.SyncFS()
}

// checkMerge returns an error if something is in the way of the removed part of a tree.
func (b *base) checkMerge(in spot, at string) error {
	d, err := in.dir.OpenDir(in.name)
	if err != nil {
		return err
	}
	defer d.Close()
	root, err := fsys.RootOf(d)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(rel string, e fs.DirEntry, err error) error {
		if err != nil || rel == "." {
			return err
		}
		info, there, err := b.lookAt(path.Join(at, rel))
		switch {
		case err != nil:
			return err
		case there && (!e.IsDir() || info.Type != fsys.Directory):
			return fmt.Errorf("cannot restore what was removed of %s: something else is at %s by now; move it away", quote(at), quote(path.Join(at, rel)))
		case !there && e.IsDir():
			return fs.SkipDir // it is moved back as a whole
		}
		return nil
	})
}
