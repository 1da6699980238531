package syntax

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/source"
)

// TestMistakenFor shows the errors about for expressions in the form of other languages, or nearly in ours: they contain
// the intended expression with the author's own names.
func TestMistakenFor(t *testing.T) {
	const url = `"http://localhost:${port}/"`
	const object = "{ for name, port in var.ports : name => " + url + " }"
	const pair = "{ for name, port in var.ports : name => port }"
	const list = "[for name in keys(var.ports) : upper(name)]"
	const some = `[for name in keys(var.ports) : upper(name) if name != "shop"]`
	for _, c := range []struct{ given, want string }{
		// Between a name and its value.
		{"{ for name, port in var.ports : name = " + url + " }", object},
		{"{ for name, port in var.ports : name : " + url + " }", object},
		{"{ for name, port in var.ports : name, " + url + " }", object},
		{"{ for name, port in var.ports : name " + url + " }", object},
		{"{ for name, port in var.ports : name -> " + url + " }", object},
		{"{ for name, port in var.ports : (name) = port }", "{ for name, port in var.ports : (name) => port }"},
		{"{ for name, port in var.ports : { name => port } }", pair},
		{"{ for name, port in var.ports : name=>port, }", pair},

		// Between the collection and the result.
		{"{ for name, port in var.ports name => " + url + " }", object},
		{"{ for name, port in var.ports => name => port }", pair},
		{"{ for name, port in var.ports { name => port } }", pair},
		{"[for name in keys(var.ports), upper(name)]", list},
		{"[for name in keys(var.ports) => upper(name)]", list},
		{"[for name in keys(var.ports) do upper(name)]", list},
		{"[for name in keys(var.ports)]", "[for name in keys(var.ports) : name]"},

		// The names.
		{"{ for name, port => var.ports : name => port }", pair},
		{"{ for name, port of var.ports : name => port }", pair},
		{"{ for (name, port) in var.ports : name => port }", pair},
		{"{ for name => port in var.ports : name => port }", pair},
		{"{ for name: port in var.ports : name => port }", pair},

		// The order of Python, and other words.
		{"{ name: port for name, port in var.ports }", pair},
		{"{ name => port for name, port in var.ports }", pair},
		{"[upper(name) for name in keys(var.ports)]", list},
		{`[upper(name) for name in keys(var.ports) if name != "shop"]`, some},
		{"[foreach name in keys(var.ports) : upper(name)]", list},
		{"for name in keys(var.ports) : upper(name)", list},

		// The condition.
		{`[for name in keys(var.ports) if name != "shop" : upper(name)]`, some},
		{`[for name in keys(var.ports) : if name != "shop" upper(name)]`, some},
		{`[for name in keys(var.ports) : upper(name) when name != "shop"]`, some},
		{`[for name in keys(var.ports) : upper(name) unless name == "shop"]`, `[for name in keys(var.ports) : upper(name) if !(name == "shop")]`},

		// Brackets and braces.
		{"[for name, port in var.ports : name => port]", pair},
		{"{ for name in keys(var.ports) : upper(name) }", list},
		{"[for name in keys(var.ports) : name, upper(name)]", "[for name in keys(var.ports) : [name, upper(name)]]"},

		// In a call, with a conditional, and over several lines.
		{`jsonencode({ for name, port in var.ports : name = port })`, pair},
		{`[for name in var.all ? keys(var.ports) : [] upper(name)]`, "[for name in var.all ? keys(var.ports) : [] : upper(name)]"},
		{"{ for name, port in var.ports : name = {\n  port = port\n} }", "{ for name, port in var.ports : name => … }"},
	} {
		doc := source.Document{Name: "site.hcl", Data: []byte("locals {\n  urls = " + c.given + "\n}\n")}
		_, diags := Parse(Whole(doc))
		if len(diags) != 1 {
			t.Errorf("%s: %d errors, not one: %v", c.given, len(diags), diags)
			continue
		}
		if _, form, _ := strings.Cut(diags[0].Detail, " Here: "); form != c.want+"." {
			t.Errorf("%s\n got: %s\nwant: %s", c.given, diags[0].Detail, c.want)
		}
		if _, bad := hclsyntax.ParseExpression([]byte(c.want), "", diags[0].Subject.Start); bad.HasErrors() && !strings.Contains(c.want, "…") {
			t.Errorf("%s is no expression: %v", c.want, bad)
		}
	}
}
