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

// registeredName is the name under which a store knows a view: 16 hexadecimal
// digits of the SHA-256 of its path.
func registeredName(view string) string {
	sum := sha256.Sum256([]byte(view))
	return hex.EncodeToString(sum[:8])
}

// RegisteredViews lists the views that the store knows, in no order.
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

// IsRegistered reports whether the store knows a view.
func (s *StowDir) IsRegistered(view string) (bool, error) {
	d, err := openIfThere(s.dir, nameViews)
	if err != nil || d == nil {
		return false, err
	}
	defer d.Close()
	return d.Reads(registeredName(view), view)
}

// UnregisterView removes a view from those that the store knows.
func (s *StowDir) UnregisterView(view string) error {
	d, err := s.dir.OpenDir(nameViews)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Remove(registeredName(view))
}

// RegisterView records in the store that a view is about to show one of its
// packages, so that no version is removed that a view uses. A read-only store
// cannot record it, which is a warning: Settings.Views names such a view to a
// removal of versions.
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
	if errors.Is(err, fs.ErrExist) { // another process was faster
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
