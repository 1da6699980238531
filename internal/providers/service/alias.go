package service

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/resources"
)

// maxAliases is how many links a name may lead through before the unit.
const maxAliases = 16

// findPrimary follows the aliases of a unit: links from one unit folder to a file
// of another name in such a folder. A link to a place elsewhere is a unit of its
// own.
func (u *unitFiles) findPrimary(name resources.UnitName) (resources.UnitName, error) {
	for range maxAliases {
		next, err := u.findAlias(name)
		if err != nil || next == name {
			return name, err
		}
		name = next
	}
	return name, nil
}

// findAlias returns the unit that name is an alias of, by its file or by that of its
// template; name itself if it is none.
func (u *unitFiles) findAlias(name resources.UnitName) (resources.UnitName, error) {
	names := []string{name.String()}
	if tpl := name.TemplateName(); tpl != "" {
		names = append(names, tpl)
	}
	for _, n := range names {
		for _, dir := range unitDirs() {
			p := dir + "/" + n
			info, err := u.fs.Lstat(p)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
				continue
			}
			if err != nil {
				return name, err
			}
			if info.Type != fsys.Symlink {
				return name, nil
			}
			target, err := u.fs.Readlink(p)
			if err != nil {
				return name, err
			}
			to := targetPath(p, target)
			if path.Base(to) == n || !slices.Contains(unitDirs(), path.Dir(to)) {
				return name, nil
			}
			if alias, err := resolveBehind(name, path.Base(to)); err == nil && alias.Type == name.Type {
				return alias, nil
			}
			return name, nil
		}
	}
	return name, nil
}
