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
