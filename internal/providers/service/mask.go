package service

import (
	"errors"
	"fmt"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// checkMask refuses a mask that would replace something: it is a link where an
// administrator's unit file would lie, or a link to one, and never replaces either.
func (p *Provider) checkMask(c resource.Change) error {
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
		return b.disk.checkMask(w)
	case *tree:
		return b.checkMask(w)
	}
	return nil
}

func (t *tree) checkMask(w wanted) error {
	file := etcUnits + "/" + w.unit
	info, err := t.fs.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot look at %q: %w", file, err)
	case info.Type != fsys.Symlink:
		return fmt.Errorf("cannot mask unit %s: its file %q exists and would be lost; remove or move it", w.unit, file)
	}
	target, err := t.fs.Readlink(file)
	if err != nil {
		return fmt.Errorf("cannot look at %q: %w", file, err)
	}
	if target == "/dev/null" {
		return nil
	}
	return fmt.Errorf("cannot mask unit %s: %q is a link to %q and would be lost; remove it", w.unit, file, target)
}
