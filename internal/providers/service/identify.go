package service

import (
	"context"
	"strings"

	"converge/resources"
)

// Prefixes of keys: of a unit that a file or a package provides, and of the service that a resource declares.
const (
	unitKey    = "unit:"
	serviceKey = "service:"
)

// unitPrefixes are the prefixes of keys with the names of units.
var unitPrefixes = [...]string{unitKey, "gone unit:", serviceKey} //nolint:gochecknoglobals // a constant that Go cannot write

// cutUnitKey splits a key that names a unit.
func cutUnitKey(key string) (prefix, unit string, ok bool) {
	for _, prefix := range unitPrefixes {
		if unit, ok := strings.CutPrefix(key, prefix); ok {
			return prefix, unit, true
		}
	}
	return "", "", false
}

// Identify finds different names of one thing (see assembly.Names): it maps names of units that are aliases on the
// disk to the primary names.
func (p *Provider) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	var files *unitFiles
	out := map[string]string{}
	known := map[resources.UnitName]resources.UnitName{} // several keys contain the name of one unit
	for _, key := range keys {
		prefix, unit, ok := cutUnitKey(key)
		if !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		name, err := resources.ParseUnitName(unit)
		if err != nil {
			continue // it names nothing, and anything that needs it reports that
		}
		if files == nil {
			if _, files, err = p.machine.open(); err != nil {
				return nil, err
			}
		}
		primary, looked := known[name]
		if !looked {
			if primary, err = files.findPrimary(name); err != nil {
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
