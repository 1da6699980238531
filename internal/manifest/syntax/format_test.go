package syntax

import (
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, in, want, err string }{
		{"a.hcl", "file \"a\" {\npath=\"/a\"\n  content   =   \"x\"\n}", "file \"a\" {\n  path    = \"/a\"\n  content = \"x\"\n}\n", ""},
		{"a.hcl", "", "", ""},
		{"a.hcl", "# kept\nlocals {\n  a=1 # this, too\n}\n", "# kept\nlocals {\n  a = 1 # this, too\n}\n", ""},
		{"a.hcl", "file {", "", "Missing closing brace"},
		{"a.hcl.json", `{"b":[1,{"z":1,"a":2}]}`, "{\n  \"b\": [\n    1,\n    {\n      \"z\": 1,\n      \"a\": 2\n    }\n  ]\n}\n", ""},
		{"a.hcl.json", `{"b":}`, "", "Missing value"},
		{"a.hcl", strings.Repeat("(", 5000), "", "Nested too deep"},
	} {
		got, diags := Format([]byte(c.in), c.name)
		if diags.HasErrors() != (c.err != "") || diags.HasErrors() && diags[0].Summary != c.err || string(got) != c.want {
			t.Errorf("%q: got %q, %v, want %q, %s", c.in, got, diags, c.want, c.err)
		}
	}
}
