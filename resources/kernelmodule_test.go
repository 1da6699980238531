package resources

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// A parameter waits for modules that may bring it, and for no other.
func TestModulesBeforeParameters(t *testing.T) {
	for name, c := range map[string]struct {
		attr   string
		value  cty.Value
		before int
	}{
		"loaded":   {"at_boot", cty.True, 1},
		"disabled": {"disabled", cty.True, 0},
		"absent":   {"ensure", cty.StringVal("absent"), 0},
	} {
		k := KernelModule(nil)
		links := k.Links(cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("dummy"), c.attr: c.value}))
		if len(links.Before) != c.before {
			t.Errorf("%s: comes before %q", name, links.Before)
		}
	}
}
