package apt

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Declare records all packages that the manifest declares, changed or not. A
// transaction must not undo the declaration of another resource.
func (p *Provider) Declare(rs []*resource.Resource) {
	p.declared = rs
}

// declaredIn returns the declared packages by the names that the database has
// for them.
func (s *sources) declaredIn(db *database) map[string]*resource.Resource {
	out := make(map[string]*resource.Resource, len(s.declared))
	for _, r := range s.declared {
		out[db.nameOf(r.Label())] = r
	}
	return out
}

// explainContradiction describes how an operation on a package that is as declared would
// undo its declaration; "" if it does not.
func explainContradiction(o operation, want cty.Value) string {
	w := resource.Must[resources.PackageWant](want)
	set, err := parseVersionSet(w.Version.Value)
	gone := w.IsAbsent()
	switch {
	case err != nil:
		return ""
	case o.removes() && !gone:
		return "apt would remove " + o.name
	case !o.removes() && gone && o.old == "":
		return "apt would install " + o.name
	case !o.removes() && !gone && !set.AllowsPlace(o.new):
		return "apt would make " + o.name + " version " + o.new
	}
	return ""
}

func isAbsent(ensure string) bool { return ensure == "absent" || ensure == "purged" }
