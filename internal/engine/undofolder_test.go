package engine

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// TestWhatIsInAMovedFolderGoesFirst: what a run did in a folder after it had moved that is taken back where it
// was done, before the folder goes back; what it did there before comes after.
func TestWhatIsInAMovedFolderGoesFirst(t *testing.T) {
	text := func(name string) resource.Attr { return resource.Attr{Name: name, Type: cty.String} }
	owner := &resource.Kind{
		Name: "owner", Label: "name", Attrs: []resource.Attr{text("name"), text("home")},
		Links: func(v cty.Value) resource.Links {
			return resource.Links{Provides: []string{"owner:o"}, Folders: []string{resource.StringAttr(v, "home")}}
		},
	}
	thing := &resource.Kind{
		Name: "thing", Label: "name", Attrs: []resource.Attr{text("name"), text("text"), text("ensure")},
		Links: func(cty.Value) resource.Links {
			return resource.Links{Provides: []string{"thing:t"}, Needs: []resource.Need{{Key: "owner:o", Reason: "it is in its home"}}}
		},
	}
	val := func(pairs ...any) cty.Value { return cty.ObjectVal(resourcetest.Attrs(pairs...)) }
	for _, c := range []struct {
		summary     string
		batch       int // of the thing; that of the owner is 1
		to          string
		first, then string
	}{
		{"made after the move", 2, "/new", "thing", "owner"},
		{"made before the move", 0, "/new", "owner", "thing"},
		{"nothing is moved", 2, "/old", "owner", "thing"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			taken := []RevertSource{
				{Addr: resource.Addr{Kind: "owner", Name: "o"}, Kind: owner, Batch: 1, Whole: true, Past: resource.Past{
					Name: "o", Key: "owner:o", Before: val("name", "o", "home", "/old"), After: val("name", "o", "home", c.to),
				}},
				{Addr: resource.Addr{Kind: "thing", Name: "t"}, Kind: thing, Batch: c.batch, Whole: true, Past: resource.Past{
					Name: "t", Key: "thing:t", Before: val("name", "t", "text", "a"), After: val("name", "t", "text", "b"),
				}},
			}
			if c.to == "/old" { // something else of the owner was changed
				taken[0].Past.Before, taken[0].Past.After = val("name", "o", "home", "/old", "more", "1"), val("name", "o", "home", "/old", "more", "2")
				taken[0].Kind = &resource.Kind{Name: owner.Name, Label: owner.Label, Attrs: append(owner.Attrs, text("more")), Links: owner.Links}
			}
			u := Undo("run", taken, nil, nil)
			if edges := u.Graph.Edges(); len(edges) != 1 || u.Resources[edges[0].From].Addr.Kind != c.first || u.Resources[edges[0].To].Addr.Kind != c.then {
				t.Errorf("the order is %+v of %v, want %s first", edges, u.Resources, c.first)
			}
		})
	}
}
