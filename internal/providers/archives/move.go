package archives

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"

	"converge/internal/fsys"
)

// mover moves entries from one tree to another beside it.
type mover struct {
	from, to *fsys.Dir
	root     *os.Root // to
}

// openMover opens two trees. It makes that to which is moved, if it is missing.
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
	if err = to.dir.Mkdir(to.name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
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

// makeFolders makes a folder and those above it as they are in the other tree. What is there
// stays as it is.
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

// moveAll moves everything.
func (m *mover) moveAll() error {
	root, err := fsys.RootOf(m.from)
	if err != nil {
		return err
	}
	defer root.Close()
	var files, folders []string
	err = fs.WalkDir(root.FS(), ".", func(rel string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || rel == ".":
		case d.IsDir():
			folders = append(folders, rel)
			err = m.makeFolders(rel)
		default:
			files = append(files, rel)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := m.moveFiles(files); err != nil {
		return err
	}
	return m.moveFolders(folders)
}

// moveFiles moves files and links, where nothing may be.
func (m *mover) moveFiles(rels []string) error {
	for _, rel := range rels {
		if err := m.moveFile(rel); err != nil {
			return err
		}
	}
	return nil
}

func (m *mover) moveFile(rel string) error {
	from, err := m.from.OpenPath(above(rel))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := m.to.OpenPath(above(rel))
	if err != nil {
		return err
	}
	defer to.Close()
	return from.RenameNew(path.Base(rel), to, path.Base(rel))
}

// moveFolders makes folders in the other tree and removes them here, the deepest first.
func (m *mover) moveFolders(rels []string) error {
	for _, rel := range slices.Backward(rels) {
		if err := m.makeFolders(rel); err != nil {
			return err
		}
		from, err := m.from.OpenPath(above(rel))
		if err != nil {
			return err
		}
		err = from.Rmdir(path.Base(rel))
		from.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
