package assembly

import (
	"slices"
	"strings"

	"converge/internal/resource"
)

// leaveReplaced ends the way to a declared directory at a link that converge has put in its place: the link's target
// is another thing, and the site does not ask to merge the two. links are those that the site declares.
func leaveReplaced(id *Identity, rs []*resource.Resource, of linkList, names Names, links map[string]string) {
	if names.Replaced == nil || names.Spot == nil {
		return
	}
	for _, p := range declaredFolders(rs, of) { // the outer ones first: the places of the others depend on them
		at := id.paths.place(p)
		if _, declared := id.paths.declared[at]; declared || id.paths.isShown(p) || len(id.paths.via(p)) == 0 || !names.Replaced(PathKey+at) {
			continue
		}
		links[p] = ""
		id.paths.declare(links)
	}
}

// declaredFolders are the paths at which a site declares a directory, sorted.
func declaredFolders(rs []*resource.Resource, links linkList) (out []string) {
	for i := range rs {
		l := links.at(i)
		if !l.Follows || !rs[i].IsEnforced() || len(l.Provides) == 0 || resource.WantsAbsent(rs[i].Want) || typeOf(rs[i]) != "directory" {
			continue
		}
		if path, ok := strings.CutPrefix(l.Provides[0], PathKey); ok {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// Occupied returns the folder on the way to a path that the site replaces by a link; "": there is none.
func Occupied(id *Identity, key string) (folder string) {
	path, ok := strings.CutPrefix(key, PathKey)
	if id == nil || !ok {
		return ""
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	EachFolder(path, func(dir string) {
		if id.paths.declared[dir] != "" && id.paths.isFolder(dir) {
			folder = dir
		}
	})
	return folder
}
