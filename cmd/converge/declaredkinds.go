package main

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine"
	"converge/internal/resource"
	"converge/resources"
)

// declaredPackages are the packages that the manifest declares, but those of
// symlink farms.
func (s *site) declaredPackages() []*resource.Resource {
	return s.declaredOf(func(r *resource.Resource) bool {
		return r.Kind.Name == "package" && !r.Off && resource.Must[resources.PackageWant](r.Want).Provider.Value != resources.Stow2
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

// seeing returns node, and makes the site remember the facts that the manifest read.
func (s *site) seeing(node func() (cty.Value, error)) func() (cty.Value, error) {
	return func() (cty.Value, error) {
		v, err := node()
		if err == nil {
			s.node = v
		}
		return v, err
	}
}

// sameMeaning reports whether two evaluations declare the same.
func sameMeaning(was, now []*resource.Resource) bool {
	if len(was) != len(now) {
		return false
	}
	for i, r := range was {
		n := now[i]
		a, errA := engine.Fingerprint(r.Want)
		b, errB := engine.Fingerprint(n.Want)
		if r.Addr.Compare(n.Addr) != 0 || r.Off != n.Off || errA != nil || errB != nil || a != b {
			return false
		}
	}
	return true
}
