package resources_test

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// TestEntryServesAll: what reads things of all kinds at a path knows every
// attribute that a wanted one of them has.
func TestEntryServesAll(t *testing.T) {
	for _, k := range []*resource.Kind{resources.File(nil), resources.Template(nil), resources.Directory(nil), resources.Link(nil)} {
		for _, a := range k.Attrs {
			_, err := resource.Decode[resources.Entry](cty.ObjectVal(map[string]cty.Value{a.Name: cty.NullVal(a.Type)}))
			if rendered := a.Name == "inline" || a.Name == "vars"; rendered != (err != nil) {
				t.Errorf("%s: Entry has a field for %q or has none: %v", k.Name, a.Name, err)
			}
		}
	}
}
