package machine

import (
	"path"

	"converge/internal/resource"
)

// listFrom is the number of paths in a folder from which on the folder is listed: fewer paths take less time one by
// one.
const listFrom = 16

// FindMissing returns a function that finds the missing ones of paths. Most paths of a site are in few folders, each of
// which it lists once.
func FindMissing(m *Machine) func(paths []string) map[string]bool {
	return func(paths []string) map[string]bool {
		folders := map[string][]string{}
		for _, p := range paths {
			dir := path.Dir(p)
			folders[dir] = append(folders[dir], p)
		}
		missing := map[string]bool{}
		for dir, in := range folders {
			there := listFolder(m, dir, len(in))
			for _, p := range in {
				if !there(p) {
					missing[p] = true
				}
			}
		}
		return missing
	}
}

// listFolder returns a function that tests whether a path in a folder exists. n is the number of paths to be tested.
func listFolder(m *Machine, dir string, n int) func(path string) bool {
	if n < listFrom {
		return IsThere(m)
	}
	names, err := m.tree.Names(resource.DecodeBytes(dir))
	if err != nil {
		return IsThere(m)
	}
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	return func(p string) bool { return known[resource.DecodeBytes(path.Base(p))] }
}
