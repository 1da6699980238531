package manifest

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	hcljson "github.com/hashicorp/hcl/v2/json"
)

// Format puts a manifest into the one form that converge fmt writes. The name
// tells the syntax. What does not parse is left to its diagnostics. Formatting
// twice changes nothing.
func Format(src []byte, filename string) (out []byte, diags hcl.Diagnostics) {
	diags = guarded(func() hcl.Diagnostics {
		var more hcl.Diagnostics
		out, more = format(source{name: filename, data: src, json: strings.HasSuffix(filename, ".json")})
		return more
	})
	return out, tidy(diags)
}

func format(s source) ([]byte, hcl.Diagnostics) {
	if _, diags := split(s, 0); diags.HasErrors() {
		return nil, diags
	}
	if s.json {
		if _, diags := hcljson.Parse(s.data, s.name); diags.HasErrors() {
			return nil, diags
		}
		var b bytes.Buffer
		if err := json.Indent(&b, bytes.TrimSpace(s.data), "", "  "); err != nil {
			return nil, hcl.Diagnostics{failure("Invalid JSON", sentence(err), nil)}
		}
		b.WriteByte('\n')
		return b.Bytes(), nil
	}
	if _, diags := hclsyntax.ParseConfig(s.data, s.name, hcl.InitialPos); diags.HasErrors() {
		return nil, diags
	}
	out := hclwrite.Format(s.data)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return out, nil
}
