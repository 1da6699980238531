package main

import "converge/resources"

// declaredPackages are the packages that the manifest declares, but those of
// symlink farms.
func (s *site) declaredPackages() []*resources.Resource {
	return s.declaredOf(func(r *resources.Resource) bool {
		return r.Kind.Name == "package" && !r.Off && resources.StringAttr(r.Want, "provider") != resources.Stow2
	})
}

func (s *site) declaredOf(wanted func(*resources.Resource) bool) []*resources.Resource {
	var out []*resources.Resource
	for _, r := range s.Resources {
		if wanted(r) {
			out = append(out, r)
		}
	}
	return out
}
