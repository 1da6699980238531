package resources

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestQuietChangesOfPackages(t *testing.T) {
	t.Parallel()
	k := Package(nil)
	differs := func(attrs ...string) resource.Change {
		c := resource.Change{Action: resource.Update}
		for i := 0; i < len(attrs); i += 2 {
			c.Attrs = append(c.Attrs, resource.AttrChange{Name: attrs[i], Have: cty.StringVal(attrs[i+1]), Want: cty.StringVal("x")})
		}
		return c
	}
	for _, tt := range []struct {
		summary string
		c       resource.Change
		want    bool
	}{
		{"held from now on", differs("hold", "false"), true},
		{"marked as asked for", differs("ensure", "automatic"), true},
		{"both", differs("hold", "false", "ensure", "automatic"), true},
		{"installed", differs("ensure", "absent"), false},
		{"another version", differs("version", "1", "hold", "false"), false},
		{"made anew", resource.Change{Action: resource.Create}, false},
		{"nothing", resource.Change{Action: resource.Update}, false},
	} {
		if got := k.Quiet(tt.c); got != tt.want {
			t.Errorf("%s: got %v", tt.summary, got)
		}
	}
}
