package service

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

// unitKey is the prefix of the keys of units.
const unitKey = "unit:"

// maxAliases is how many links a name may lead through before the unit.
const maxAliases = 16

// unitPrefixes are those of the keys whose names are units.
var unitPrefixes = [...]string{unitKey, "gone unit:", "service:"} //nolint:gochecknoglobals // a constant that Go cannot write

// cutUnit takes a key apart that names a unit.
func cutUnit(key string) (prefix, unit string, ok bool) {
	for _, prefix := range unitPrefixes {
		if unit, ok := strings.CutPrefix(key, prefix); ok {
			return prefix, unit, true
		}
	}
	return "", "", false
}

// Identify tells names of one thing apart (see assembly.Names): it returns, for the names of units
// that are aliases on the disk, the primary name.
func (p *Provider) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	var t *tree
	out := map[string]string{}
	known := map[resources.UnitName]resources.UnitName{} // several keys name one unit
	for _, key := range keys {
		prefix, unit, ok := cutUnit(key)
		if !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		name, err := resources.ParseUnitName(unit)
		if err != nil {
			continue // it names nothing, and whatever needs it says so
		}
		if t == nil {
			if t, err = p.unitFiles(); err != nil {
				return nil, err
			}
		}
		primary, looked := known[name]
		if !looked {
			if primary, err = t.primary(name); err != nil {
				return nil, err
			}
			known[name] = primary
		}
		if primary != name {
			out[key] = prefix + primary.String()
		}
	}
	return out, nil
}

// unitFiles are the unit files of the provider's root.
func (p *Provider) unitFiles() (*tree, error) {
	b, err := p.backend()
	if err != nil {
		return nil, err
	}
	if s, ok := b.(*systemd); ok {
		return s.disk, nil
	}
	return b.(*tree), nil
}

// primary follows the aliases of a unit: links from one unit folder to a file
// of another name in such a folder. A link to a place elsewhere is a unit of its
// own.
func (t *tree) primary(name resources.UnitName) (resources.UnitName, error) {
	for range maxAliases {
		next, err := t.aliasOf(name)
		if err != nil || next == name {
			return name, err
		}
		name = next
	}
	return name, nil
}

// aliasOf is the unit that name is an alias of, by its file or by that of its
// template; name itself if it is none.
func (t *tree) aliasOf(name resources.UnitName) (resources.UnitName, error) {
	names := []string{name.String()}
	if tpl := name.TemplateName(); tpl != "" {
		names = append(names, tpl)
	}
	for _, n := range names {
		for _, dir := range unitDirs() {
			p := dir + "/" + n
			info, err := t.fs.Lstat(p)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
				continue
			}
			if err != nil {
				return name, err
			}
			if info.Type != fsys.Symlink {
				return name, nil
			}
			target, err := t.fs.Readlink(p)
			if err != nil {
				return name, err
			}
			to := absolute(p, target)
			if path.Base(to) == n || !slices.Contains(unitDirs(), path.Dir(to)) {
				return name, nil
			}
			if alias, err := behind(name, path.Base(to)); err == nil && alias.Type == name.Type {
				return alias, nil
			}
			return name, nil
		}
	}
	return name, nil
}
