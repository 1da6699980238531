package site

import (
	"github.com/zclconf/go-cty/cty"

	"slices"

	"converge/internal/engine"
	"converge/internal/resource"
	"converge/resources"
)

// DeclaredPackages are the packages that the manifest declares, but those of
// symlink farms.
func (s *Site) DeclaredPackages() []*resource.Resource {
	return s.selectResources(func(r *resource.Resource) bool {
		return r.Kind.Name == "package" && !r.Off && resource.Must[resources.PackageWant](r.Want).Provider.Value != resources.Stow2
	})
}

func (s *Site) selectResources(wanted func(*resource.Resource) bool) []*resource.Resource {
	var out []*resource.Resource
	for _, r := range s.Resources {
		if wanted(r) {
			out = append(out, r)
		}
	}
	return out
}

// rememberFacts returns node, and makes the site remember the facts that the manifest read.
func (s *Site) rememberFacts(node func() (cty.Value, error)) func() (cty.Value, error) {
	return func() (cty.Value, error) {
		v, err := node()
		if err == nil {
			s.Node = v
		}
		return v, err
	}
}

// SameMeaning reports whether two evaluations declare the same.
func SameMeaning(was, now []*resource.Resource) bool {
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

// HasSecrets reports whether anything of the site is sensitive.
func (s *Site) HasSecrets() bool {
	return len(s.Secrets) > 0 || len(s.Inputs.Sensitive) > 0 ||
		slices.ContainsFunc(s.Resources, func(r *resource.Resource) bool { return len(r.Secret) > 0 })
}
