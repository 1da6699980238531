package service

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

// isDangling reports whether links would enable a missing unit: they remain from its file, and would start it when
// that returns.
func (u *unitFiles) isDangling(unit string) (bool, error) {
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return false, err
	}
	links, err := u.listWanting(unitFile{name: name})
	if err != nil || len(links) > 0 {
		return len(links) > 0, err
	}
	own := etcUnits + "/" + unit
	info, err := u.fs.Lstat(own)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return info.Type == fsys.Symlink, nil // it has no target, or the unit would exist
}

// isPartly reports whether a link is missing that the [Install] section of an enabled unit asks for: the section was
// changed after the unit was enabled, which systemd does not see. Other names of the unit do not count, as another unit
// may have them, nor does what cannot be told apart here: drop-ins, and specifiers that only systemd expands.
func (u *unitFiles) isPartly(unit string) bool {
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return false
	}
	f, err := u.find(name)
	if err != nil || f.path == "" || f.masked || u.hasDropIns(f.name) {
		return false
	}
	f.in.alias = nil
	links, err := f.listLinks()
	return err == nil && slices.ContainsFunc(links, func(l string) bool {
		_, err := u.fs.Lstat(l)
		return errors.Is(err, fs.ErrNotExist) && !u.isWantedByVendor(strings.TrimPrefix(l, etcUnits))
	})
}

// isWantedByVendor reports whether a package brings a link that enabling would make.
func (u *unitFiles) isWantedByVendor(link string) bool {
	return slices.ContainsFunc(resources.UnitDirs(), func(dir string) bool {
		_, err := u.fs.Lstat(dir + link)
		return err == nil
	})
}

// hasDropIns reports whether a unit may have drop-ins of its own.
func (u *unitFiles) hasDropIns(name resources.UnitName) bool {
	for _, dir := range resources.UnitDirs() {
		for _, n := range []string{name.String(), name.TemplateName()} {
			if _, err := u.fs.Lstat(dir + "/" + n + ".d"); n != "" && err == nil {
				return true
			}
		}
	}
	return false
}

// findOwnLink returns the link in /etc/systemd/system that provides a unit whose file is outside of all unit folders,
// and the link's target; "" if there is none.
func (u *unitFiles) findOwnLink(unit string) (link, target string, err error) {
	link = etcUnits + "/" + unit
	info, err := u.fs.Lstat(link)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Type != fsys.Symlink {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	if target, err = u.fs.Readlink(link); err != nil {
		return "", "", err
	}
	if target == "/dev/null" || slices.Contains(resources.UnitDirs(), path.Dir(targetPath(link, target))) {
		return "", "", nil
	}
	return link, target, nil
}

// targetPath returns the absolute target of a link at path.
func targetPath(link, target string) string {
	if path.IsAbs(target) {
		return path.Clean(target)
	}
	return path.Join(path.Dir(link), target)
}

// checkMask refuses a mask that would replace something: a mask is a link in the place of an administrator's unit
// file, or of a link to one, and never replaces either.
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
