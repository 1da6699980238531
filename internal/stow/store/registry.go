package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// registeredName returns the name under which a store registers a view: 16 hexadecimal digits of the SHA-256 of its path.
func registeredName(view string) string {
	sum := sha256.Sum256([]byte(view))
	return hex.EncodeToString(sum[:8])
}

// RegisteredViews lists the registered views, in no order.
func (s *StowDir) RegisteredViews() (views []string, err error) {
	d, err := openIfThere(s.dir, nameViews)
	if err != nil || d == nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.Entries()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		t, text, err := d.Look(e.Name)
		if err != nil {
			return nil, err
		}
		if t == fsys.Symlink {
			views = append(views, text)
		}
	}
	return views, nil
}

// IsRegistered reports whether a view is registered.
func (s *StowDir) IsRegistered(view string) (bool, error) {
	d, err := openIfThere(s.dir, nameViews)
	if err != nil || d == nil {
		return false, err
	}
	defer d.Close()
	return d.Reads(registeredName(view), view)
}

// UnregisterView removes a view from the registered ones.
func (s *StowDir) UnregisterView(view string) error {
	d, err := s.dir.OpenDir(nameViews)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Remove(registeredName(view))
}

// RegisterView registers a view in the store before it shows one of its packages, so that no version is removed that a
// view uses. A read-only store cannot record it, which is a warning: a removal of versions then needs the view in
// Settings.Views.
func (s *Store) RegisterView(view string) error {
	w := s.Writer()
	views, err := w.EnsureDir(s.dir, nameViews)
	if err != nil {
		return s.warnUnregistered(view, err)
	}
	defer views.Close()
	name := registeredName(view)
	known, err := views.Reads(name, view)
	if known || err != nil {
		return err
	}
	err = w.Step("register", func() error {
		if err := views.Remove(name); err != nil && !isMissing(err) {
			return err
		}
		return views.Symlink(view, name)
	})
	if errors.Is(err, fs.ErrExist) { // another process has registered it
		return nil
	}
	return s.warnUnregistered(view, err)
}

func (s *Store) warnUnregistered(view string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		s.cfg.Warn(fmt.Sprintf("%s does not know that %s is a view of it: %v", s.dir.Path(), view, err))
		return nil
	}
	return err
}
