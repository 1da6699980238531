package assembly

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestCycleReasons shows a cycle in which one resource comes after another for two reasons: to take one of them away mends
// nothing, so both are named.
func TestCycleReasons(t *testing.T) {
	kind := &resource.Kind{Name: "thing", Verbs: []string{"restart"}}
	at := func(line int) hcl.Range { return hcl.Range{Filename: "site.hcl", Start: hcl.Pos{Line: line}} }
	addr := func(name string) resource.Addr { return resource.Addr{Kind: "thing", Name: name} }
	rs := []*resource.Resource{
		{Addr: addr("a"), Kind: kind, Want: cty.EmptyObjectVal, DependsOn: []resource.Dep{{On: addr("b"), Reason: "depends_on", Range: at(2)}}},
		{Addr: addr("b"), Kind: kind, Want: cty.EmptyObjectVal, DependsOn: []resource.Dep{{On: addr("a"), Reason: "depends_on", Range: at(5)}, {On: addr("a"), Reason: "refers to thing.a.name", Range: at(6)}}},
	}
	_, diags := link(rs, linksOf(rs))
	if len(diags) != 1 {
		t.Fatal(diags)
	}
	for _, want := range []string{
		"thing.b comes after thing.a: depends_on (site.hcl:5), and refers to thing.a.name (site.hcl:6)\n",
		"thing.a comes after thing.b: depends_on (site.hcl:2)\n",
		"Take one of these away, with all its reasons.",
	} {
		if !strings.Contains(diags[0].Detail, want) {
			t.Errorf("%s\nlacks %q", diags[0].Detail, want)
		}
	}
}
