package service

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

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

// nameEnabled returns the unit that is enabled with a unit: of a template its default instance. Disabling the template
// would disable all of its instances.
func (u unitLinks) nameEnabled(unit string) string {
	name, err := resources.ParseUnitName(unit)
	if err != nil || !name.Template {
		return unit
	}
	f, err := u.find(name)
	if err != nil || f.path == "" {
		return unit
	}
	return f.enabledName().String()
}

// checkAliases refuses to enable a unit whose other name is that of another unit: systemd would make the other links,
// and then fail.
func (u unitLinks) checkAliases(unit string) error {
	return u.eachAlias(unit, func(l string, f unitFile) error {
		if u.lacks(l) || u.leadsTo(l, f) {
			return nil
		}
		what := "a file"
		if target, err := u.readLink(l); err == nil && target != "" {
			what = fmt.Sprintf("a link to %q", target)
		}
		return fmt.Errorf("its [Install] section has Alias=%s, and %q is %s; one of the two must go", path.Base(l), l, what)
	})
}

// listAliases lists the links that give a unit its other names when it is enabled.
func (u unitLinks) listAliases(unit string) (links []string) {
	_ = u.eachAlias(unit, func(l string, _ unitFile) error { // what cannot be read has none
		links = append(links, l)
		return nil
	})
	return links
}

// eachAlias calls do with the links that give a unit, and those of its Also=, other names.
func (u unitLinks) eachAlias(unit string, do func(link string, f unitFile) error) error {
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return err
	}
	units, err := u.withAlso(name)
	if err != nil {
		return nil //nolint:nilerr // systemd may not mind, or reports it
	}
	for _, f := range units {
		links, err := f.listLinks()
		if err != nil {
			continue // see above
		}
		for _, l := range links {
			if path.Dir(l) != etcUnits {
				continue
			}
			if err := do(l, f); err != nil {
				return err
			}
		}
	}
	return nil
}
