package machine

import (
	"path"
	"path/filepath"
	"strings"

	"converge/internal/app/statedir"
	"converge/internal/engine/assembly"
	"converge/internal/providers/files"
	"converge/internal/resource"
)

// addSources adds what the manifest is made of, as far as it lies below the root: manifests, files
// beside them, files of variables. A purge of the folder that they are in would take the next run's
// manifest away, and this run's sources.
func addSources(m *Machine, below *files.Site, id *assembly.Identity) {
	for _, p := range m.Site.ListSources() {
		whole, err := filepath.Abs(p)
		at := statedir.PathBelow(m.Site.Root, whole)
		if err != nil || at == "" {
			continue
		}
		paths := []string{path.Join(resource.DecodeBytes(id.Path(resource.EncodeBytes(path.Dir(at)))), path.Base(at))}
		if real := resolveSource(m, at); real != "" && real != paths[0] { // it is read through a link
			paths = append(paths, real)
		}
		for _, at := range paths {
			if strings.HasSuffix(p, "/") {
				below.Homes = append(below.Homes, resource.EncodeBytes(at))
			} else {
				below.Kept = append(below.Kept, resource.EncodeBytes(at))
			}
		}
	}
}

// resolveSource returns the physical path of a source; "": it is not there. A run that renames things asks twice.
func resolveSource(m *Machine, at string) string {
	if real, known := m.sources[at]; known {
		return real
	}
	real, err := m.tree.Resolve(at)
	if err != nil {
		real = ""
	}
	if m.sources == nil {
		m.sources = map[string]string{}
	}
	m.sources[at] = real
	return real
}
