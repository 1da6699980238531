package resources

import (
	"fmt"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// benchNode is a machine of a few hundred facts.
func benchNode() cty.Value {
	ifs := map[string]cty.Value{}
	for i := range 100 {
		ifs[fmt.Sprint("eth", i)] = cty.ObjectVal(map[string]cty.Value{
			"mac": cty.StringVal("02:00:00:00:00:00"), "mtu": cty.NumberIntVal(1500),
			"addresses": cty.ListVal([]cty.Value{cty.StringVal("192.0.2.1"), cty.StringVal("2001:db8::1")}),
		})
	}
	return cty.ObjectVal(map[string]cty.Value{"os": cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal("debian")}), "interfaces": cty.ObjectVal(ifs)})
}

// What one of many templates of a site costs.
func BenchmarkTemplate(b *testing.B) {
	for name, text := range map[string]string{
		"no node":          "listen {{ .port }};\n",
		"node":             "listen {{ .port }}; # {{ .node.os.id | upper }}\n",
		"node, written to": "{{ $_ := set .vars \"a\" 1 }}listen {{ .port }}; # {{ .node.os.id }}\n",
	} {
		b.Run(name, func(b *testing.B) {
			plain := resource.GoValue(benchNode())
			k := Template(nil)
			in := resource.Input{
				Node: func(string) any { return plain },
			}
			b.ReportAllocs()
			for b.Loop() {
				in.Attrs = map[string]cty.Value{
					"path": cty.StringVal("/etc/x"), "inline": cty.StringVal(text),
					"vars": cty.ObjectVal(map[string]cty.Value{"port": cty.NumberIntVal(80)}),
				}
				if _, err := k.Prepare(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
