package main

import (
	"converge/internal/resource"
	"converge/resources"
)

// declaredPackages are the packages that the manifest declares, but those of
// symlink farms.
func (s *site) declaredPackages() []*resource.Resource {
	return s.declaredOf(func(r *resource.Resource) bool {
		return r.Kind.Name == "package" && !r.Off && resource.StringAttr(r.Want, "provider") != resources.Stow2
	})
}

func (s *site) declaredOf(wanted func(*resource.Resource) bool) []*resource.Resource {
	var out []*resource.Resource
	for _, r := range s.Resources {
		if wanted(r) {
			out = append(out, r)
		}
	}
	return out
}
