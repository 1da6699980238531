package machine

import (
	"context"
	"path"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/resources"
)

// addFiles adds the files that contain things of this site and of others: a purge leaves them although no resource
// declares their paths.
func addFiles(below *files.Site, id *assembly.Identity, others []string) {
	add := func(p string) {
		if dir, isFolder := strings.CutSuffix(p, "/"); isFolder {
			below.Homes = append(below.Homes, dir)
		} else {
			below.Kept = append(below.Kept, p)
		}
	}
	id.EachFile(add)
	for _, p := range others {
		add(p)
	}
}

// addLinks adds, for the things with these keys, the links that enable services, and the links of packages of symlink
// farms.
func (m *Machine) addLinks(ctx context.Context, below *files.Site, keys []string) {
	units := map[string]bool{}
	var shown []string
	for _, key := range keys {
		if unit := unitOfKey(key); unit != "" {
			units[unit] = true
		}
		if _, _, _, ok := resources.ParseStowKey(key); ok {
			shown = append(shown, key)
		}
	}
	if len(units) > 0 {
		below.Kept = append(below.Kept, m.listServiceLinks(units)...)
	}
	folders, links := m.farms.ListShown(ctx, shown)
	below.Homes, below.Kept = append(below.Homes, folders...), append(below.Kept, links...)
}

// unitOfKey returns the unit that a service or a timer enables; "" for other keys.
func unitOfKey(key string) string {
	if unit, ok := strings.CutPrefix(key, "service:"); ok {
		return unit
	}
	if p, ok := strings.CutPrefix(key, assembly.PathKey); ok && strings.HasSuffix(p, ".timer") {
		return path.Base(p)
	}
	return ""
}

// listServiceLinks lists the links that enable or mask units, for systemd, OpenRC and sysvinit: those with the name of
// a unit, or to a file with that name.
func (m *Machine) listServiceLinks(units map[string]bool) (out []string) {
	isOf := func(name string) bool {
		return units[name] || units[name+".service"] || isLevelLink(name) && units[name[3:]+".service"]
	}
	for _, dir := range m.listLinkDirs() {
		links, err := m.tree.Links(dir)
		if err != nil {
			continue // it does not exist
		}
		for _, l := range links {
			if isOf(l.Name) || isOf(path.Base(l.Text)) {
				out = append(out, resource.EncodeBytes(dir+"/"+l.Name))
			}
		}
	}
	return out
}

// isLevelLink reports whether a name has the form of one in /etc/rc?.d: S01nginx.
func isLevelLink(name string) bool { return len(name) > 3 && (name[0] == 'S' || name[0] == 'K') }

// listLinkDirs lists the folders in which init systems keep such links.
func (m *Machine) listLinkDirs() []string {
	const units, levels = "/etc/systemd/system", "/etc/runlevels"
	dirs := []string{units}
	names, _ := m.tree.Names(units) // without that folder there are none
	for _, name := range names {
		if strings.HasSuffix(name, ".wants") || strings.HasSuffix(name, ".requires") || strings.HasSuffix(name, ".upholds") {
			dirs = append(dirs, units+"/"+name)
		}
	}
	names, _ = m.tree.Names(levels)
	for _, name := range names {
		dirs = append(dirs, levels+"/"+name)
	}
	for _, level := range []string{"S", "0", "1", "2", "3", "4", "5", "6"} {
		dirs = append(dirs, "/etc/rc"+level+".d")
	}
	return dirs
}
