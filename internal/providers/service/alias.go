package service

import (
	"io/fs"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/resources"
)

// maxAliases is the most links that may lead from a name to its unit.
const maxAliases = 16

// findPrimary follows the aliases of a unit: links from one unit folder to a file with another name in such a folder. A
// link that leads elsewhere is a unit of its own.
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

// findAlias returns the unit that name is an alias of, by its file or by that of its template; name itself if it is
// not an alias.
func (u *unitFiles) findAlias(name resources.UnitName) (resources.UnitName, error) {
	p, info, err := u.lookUp(name, fs.ErrNotExist, fs.ErrPermission)
	if err != nil || info.Type != fsys.Symlink {
		return name, err
	}
	target, err := u.fs.Readlink(p)
	if err != nil {
		return name, err
	}
	to := targetPath(p, target)
	if path.Base(to) == path.Base(p) || !slices.Contains(resources.UnitDirs(), path.Dir(to)) {
		return name, nil
	}
	if alias, err := resolveBehind(name, path.Base(to)); err == nil && alias.Type == name.Type {
		return alias, nil
	}
	return name, nil
}
