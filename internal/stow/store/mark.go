package store

import (
	"context"
	"errors"
	"io/fs"

	"converge/internal/fsys"
)

// marker is GNU Stow's word for a stow directory.
const marker = ".stow"

// Mark has GNU Stow take links into the versions of a package for links into a
// stow directory, which it then unfolds instead of calling a conflict. It is a
// file, so it is no version. "." marks the stow directory itself.
func (s *Store) Mark(ctx context.Context, foo string) (made bool, err error) {
	d := s.dir
	if foo != "." {
		if d, err = s.lockPackage(ctx, foo); err != nil {
			return false, err
		}
		defer d.Close()
	}
	t, _, err := d.Look(marker)
	if err != nil || t != fsys.Nothing {
		return false, err
	}
	return true, replaceFile(d, marker, "", !s.cfg.NoSync)
}

// Forget has the store forget a view, by its path, and tells whether it knew
// it. A view that shows something of the store is remembered again with its
// next change; until then what it uses can be removed.
func (s *Store) Forget(view string) (known bool, err error) {
	d, err := s.dir.OpenDir(nameViews)
	if err == nil {
		defer d.Close()
		err = d.Remove(viewHash(view))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
