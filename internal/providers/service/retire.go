package service

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// unitFolders are the folders of unit files that systemd.unit(5) lists for the system manager, without those of
// generators: units in the latter are removed with their sources.
var unitFolders = [...]string{ //nolint:gochecknoglobals // a constant that Go cannot write
	"etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system",
}

// Retiring returns the wanted values of the units that end, stopped and disabled. A template ends with its existing
// instances.
func (p *Provider) Retiring(ctx context.Context, e resource.Ending) ([]cty.Value, error) {
	tree, err := fsys.Open(p.machine.root)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	var out []cty.Value
	for _, key := range e.Keys {
		unit, ok := strings.CutPrefix(key, unitKey)
		if !ok {
			continue
		}
		name, err := resources.ParseUnitName(unit)
		if err != nil || isKept(tree, unit, e.Without) {
			continue
		}
		if !name.Template {
			out = append(out, retiredWant(unit, true, !e.Stays))
			continue
		}
		instances, err := p.machine.listInstances(ctx, tree, name)
		if err != nil {
			return nil, err
		}
		for _, instance := range instances {
			out = append(out, retiredWant(instance, true, !e.Stays))
		}
		if !e.Stays {
			out = append(out, retiredWant(unit, false, true))
		}
	}
	return out, nil
}

// retiredWant is the wanted value of a unit that is taken out of service.
func retiredWant(unit string, stop, disable bool) cty.Value {
	m := map[string]cty.Value{"name": cty.StringVal(unit)}
	if stop {
		m["running"] = cty.False
	}
	if disable {
		m["enabled"] = cty.False
	}
	return cty.ObjectVal(m)
}

// isKept reports whether a unit survives the removal of files with its name: it has another file, or the removed one is
// an alias or a mask. If no such file is removed, the unit's package is, with all its files.
func isKept(tree *fsys.FS, unit string, without []string) bool {
	type file struct{ dev, ino uint64 }
	goes := map[file]bool{}
	for _, path := range without {
		if filepath.Base(path) != unit && path+".service" != "/etc/init.d/"+unit {
			continue
		}
		if text, err := tree.Readlink(path); err == nil && filepath.Base(text) != unit {
			return true
		}
		if info, err := tree.Stat(path); err == nil {
			goes[file{info.Dev, info.Ino}] = true
		}
	}
	if len(goes) == 0 {
		return false
	}
	for _, dir := range unitFolders {
		// A link to another unit defines the unit, a link to /dev/null masks it.
		info, err := tree.Stat("/" + dir + "/" + unit)
		if err == nil && info.Type == fsys.Regular && !goes[file{info.Dev, info.Ino}] {
			return true
		}
	}
	return false
}

// listInstances returns the instances of a template that are loaded or enabled.
func (m *machine) listInstances(ctx context.Context, tree *fsys.FS, template resources.UnitName) ([]string, error) {
	prefix, suffix := template.Prefix+"@", "."+template.Type
	seen := map[string]bool{}
	add := func(unit string) {
		if len(unit) > len(prefix)+len(suffix) && strings.HasPrefix(unit, prefix) && strings.HasSuffix(unit, suffix) {
			seen[unit] = true
		}
	}
	b, _, err := m.open()
	if err != nil {
		return nil, err
	}
	if s, ok := b.(*systemd); ok {
		_, units, err := s.client.listUnits(ctx)
		if err != nil {
			return nil, err
		}
		for unit := range units {
			add(unit)
		}
	}
	for _, dir := range unitFolders[:2] {
		folders, _ := tree.Names("/" + dir) // an unreadable folder has no links
		for _, folder := range folders {
			if !slices.Contains(wantingKinds(), filepath.Ext(folder)) {
				continue
			}
			links, _ := tree.Names("/" + dir + "/" + folder)
			for _, link := range links {
				add(link)
			}
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}
