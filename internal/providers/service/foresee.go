package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"converge/internal/fsys"
	"converge/resources"
)

// Foresee implements resources.Foreseer: a mask is a link where an administrator's
// unit file would lie, and never replaces one.
func (p *Provider) Foresee(_ context.Context, c resources.Change) error {
	w, err := read(c.Want)
	if err != nil || !isTrue(w.masked) || !c.Differs("masked") {
		return nil
	}
	b, err := p.backend()
	if err != nil {
		return nil
	}
	switch b := b.(type) {
	case *systemd:
		return b.disk.foreseeMask(w)
	case *tree:
		return b.foreseeMask(w)
	}
	return nil
}

func (t *tree) foreseeMask(w wanted) error {
	file := etcUnits + "/" + w.unit
	info, err := t.fs.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && info.Type == fsys.Symlink:
		return nil
	case err != nil:
		return fmt.Errorf("cannot look at %q: %w", file, err)
	}
	return fmt.Errorf("cannot mask unit %s: its file %q exists and would be lost; remove or move it", w.unit, file)
}
