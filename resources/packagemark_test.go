package resources_test

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
	"converge/resources"
)

// A rollback that restores the mark of a package shows the mark, and not that the package stays present.
func TestAMarkIsShown(t *testing.T) {
	for _, c := range []struct{ summary, have, mark, want string }{
		{"declared", "automatic", "", "present"},
		{"a dependency again", "manual", "auto", "automatic"},
		{"installed again as a dependency", "absent", "auto", "present"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			want := map[string]cty.Value{"name": cty.StringVal("p"), "ensure": cty.StringVal("present")}
			if c.mark != "" {
				want["mark"] = cty.StringVal(c.mark)
			}
			got := event.Attrs(resource.Change{
				Kind: resources.Package(nil), Want: cty.ObjectVal(want),
				Attrs: []resource.AttrChange{{Name: "ensure", Have: cty.StringVal(c.have), Want: want["ensure"]}},
			})
			if string(got[0].After) != `"`+c.want+`"` {
				t.Errorf("got %s, want %s", got[0].After, c.want)
			}
		})
	}
}
