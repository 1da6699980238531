package resources_test

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

func TestMaskContradictions(t *testing.T) {
	t.Parallel()
	const at = "/etc/systemd/system/a.service"
	of := func(kind, key string, kv ...string) *resource.Resource {
		m := map[string]cty.Value{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = cty.StringVal(kv[i+1])
		}
		if kind == "service" {
			m["masked"] = cty.True
		}
		return &resource.Resource{Kind: &resource.Kind{Name: kind}, Addr: resource.Addr{Kind: kind, Name: "x"}, Key: key, Want: cty.ObjectVal(m)}
	}
	service := of("service", "service:a.service", "name", "a.service")
	for name, c := range map[string]struct {
		other *resource.Resource
		bad   bool
	}{
		"its unit file":               {of("file", "path:"+at, "path", at, "content", "x"), true},
		"its unit file, absent":       {of("file", "path:"+at, "path", at, "ensure", "absent"), true},
		"the mask itself":             {of("link", "path:"+at, "path", at, "target", "/dev/null"), false},
		"the mask itself, absent":     {of("link", "path:"+at, "path", at, "target", "/dev/null", "ensure", "absent"), true},
		"an alias":                    {of("link", "path:"+at, "path", at, "target", "b.service"), true},
		"the file that a package has": {of("file", "path:/usr/lib/systemd/system/a.service", "path", "/usr/lib/systemd/system/a.service", "content", "x"), false},
	} {
		diags := resources.Service(nil).Contradict([]*resource.Resource{service, c.other})
		if diags.HasErrors() != c.bad || c.bad && !strings.Contains(diags.Error(), at) {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

// TestSwapContradictions: no swap space at all, and what else a manifest may say of swap space.
func TestSwapContradictions(t *testing.T) {
	t.Parallel()
	of := func(name, path, ensure string, off bool) *resource.Resource {
		m := map[string]cty.Value{"part": cty.StringVal(resources.PartSwap), "path": cty.StringVal(path)}
		if ensure != "" {
			m["ensure"] = cty.StringVal(ensure)
		}
		return &resource.Resource{Kind: resources.Swap(nil), Addr: resource.Addr{Kind: "swap", Name: name}, Key: "swap:" + path, Want: cty.ObjectVal(m), Off: off}
	}
	for name, c := range map[string]struct {
		rs   []*resource.Resource
		want string
	}{
		"a file":            {[]*resource.Resource{of("a", "/a", "", false), of("none", "*", "absent", false)}, `swap.a declares swap space, and swap.none wants the host to have none.`},
		"a file that goes":  {[]*resource.Resource{of("none", "*", "absent", false), of("a", "/a", "absent", false)}, ""},
		"a file, not here":  {[]*resource.Resource{of("none", "*", "absent", false), of("a", "/a", "", true)}, ""},
		"none but not here": {[]*resource.Resource{of("none", "*", "absent", true), of("a", "/a", "", false)}, ""},
		"two files":         {[]*resource.Resource{of("a", "/a", "", false), of("b", "/b", "absent", false)}, ""},
	} {
		diags := resources.Swap(nil).Contradict(c.rs)
		if diags.HasErrors() != (c.want != "") || c.want != "" && !strings.Contains(diags.Error(), c.want) {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
