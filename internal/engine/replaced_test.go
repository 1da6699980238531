package engine

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestOutermostTreeIsNotified shows that what is owed for things in nested trees that are put
// back passes to the outermost, in whatever order the run changed them.
func TestOutermostTreeIsNotified(t *testing.T) {
	service := &resource.Kind{Name: "service"}
	kind := &resource.Kind{Name: "tree", Revert: func(p resource.Past) ([]resource.RevertTarget, error) {
		return []resource.RevertTarget{{Want: map[string]cty.Value{"path": cty.StringVal(p.Name)}, Replaces: p.Name != "/a/b/c"}}, nil
	}}
	for _, order := range [][]string{{"/a", "/a/b", "/a/b/c"}, {"/a/b/c", "/a/b", "/a"}, {"/a/b", "/a/b/c", "/a"}} {
		for range 20 { // a map has no order
			var taken []RevertSource
			for i, path := range order {
				taken = append(taken, RevertSource{
					Addr: resource.Addr{Kind: "tree", Name: path}, Kind: kind, Past: resource.Past{Name: path}, Batch: i,
					Notifies: []resource.Notify{{Target: resource.Addr{Kind: "service", Name: path}, Verb: "restart"}},
				})
			}
			var told []*resource.Resource
			for _, path := range order {
				told = append(told, &resource.Resource{Addr: resource.Addr{Kind: "service", Name: path}, Kind: service, Want: cty.EmptyObjectVal})
			}
			u := Undo("r", taken, told, func(string) *resource.Kind { return service })
			if got := u.Resources[0]; got.Addr.Name != "/a" || len(got.Notifies) != 3 {
				t.Fatalf("%v: %s notifies %v", order, got.Addr, got.Notifies)
			}
		}
	}
}
