package site

import (
	"slices"

	"converge/internal/diagram"
	"converge/internal/engine"
	"converge/internal/resource"
	"converge/resources"
)

// DeclaredPackages returns the packages that the manifest declares, except those of symlink farms.
func (s *Site) DeclaredPackages() []*resource.Resource {
	var out []*resource.Resource
	for _, r := range s.Resources {
		if r.Kind.Name == "package" && !r.Off && resource.Must[resources.PackageWant](r.Want).Provider.Value != resources.Stow2 {
			out = append(out, r)
		}
	}
	return out
}

// SameMeaning reports whether two evaluations declare the same resources.
func SameMeaning(was, now []*resource.Resource) bool {
	if len(was) != len(now) {
		return false
	}
	for i, r := range was {
		n := now[i]
		a, errA := engine.Fingerprint(r.Want)
		b, errB := engine.Fingerprint(n.Want)
		if r.Addr.Compare(n.Addr) != 0 || r.Off != n.Off || r.Protect != n.Protect || r.Audit != n.Audit || errA != nil || errB != nil || a != b {
			return false
		}
	}
	return true
}

// HasSecrets reports whether anything of the site is sensitive.
func (s *Site) HasSecrets() bool {
	return len(s.Secrets.Secrets) > 0 || len(s.Inputs.Sensitive) > 0 ||
		slices.ContainsFunc(s.Resources, func(r *resource.Resource) bool { return len(r.Secret) > 0 })
}

// Diagram draws the chosen resources (nil: all), in the order of a run.
func (s *Site) Diagram(chosen map[int]bool) *diagram.Diagram {
	d := &diagram.Diagram{}
	order, _ := s.Graph.Order() // assembly.Assemble refuses cycles
	at := make(map[int]int, len(order))
	for _, i := range order {
		if chosen != nil && !chosen[i] {
			continue
		}
		r := s.Resources[i]
		at[i] = len(d.Nodes)
		d.Nodes = append(d.Nodes, diagram.Node{Address: r.Addr.String(), Kind: r.Addr.Kind, Place: FormatPlace(r.Range), Group: r.Addr.Module})
	}
	for _, e := range s.Graph.Edges() {
		from, ok1 := at[e.From]
		to, ok2 := at[e.To]
		if ok1 && ok2 {
			d.Edges = append(d.Edges, diagram.Edge{From: from, To: to, Reason: e.Reason.Text, Place: FormatPlace(e.Reason.Range)})
		}
	}
	return d
}
