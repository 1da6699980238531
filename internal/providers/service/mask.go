package service

import (
	"errors"
	"fmt"
	"io/fs"

	"converge/internal/fsys"
)

// checkMask refuses a mask that would replace something: it is a link where an
// administrator's unit file would lie, or a link to one, and never replaces either.
func (u *unitFiles) checkMask(unit string) error {
	file := etcUnits + "/" + unit
	info, err := u.fs.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot look at %q: %w", file, err)
	case info.Type != fsys.Symlink:
		return fmt.Errorf("cannot mask unit %s: its file %q exists and would be lost; remove or move it", unit, file)
	}
	target, err := u.fs.Readlink(file)
	if err != nil {
		return fmt.Errorf("cannot look at %q: %w", file, err)
	}
	if target == "/dev/null" {
		return nil
	}
	return fmt.Errorf("cannot mask unit %s: %q is a link to %q and would be lost; remove it", unit, file, target)
}
