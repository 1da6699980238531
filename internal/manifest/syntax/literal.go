package syntax

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Literal returns the value of a literal in native syntax. Most expressions
// of a large manifest are literals, and the general way costs five times as much.
func Literal(expr hcl.Expression) (cty.Value, bool) {
	switch e := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.Val, true
	case *hclsyntax.TemplateExpr:
		return joinLiterals(e.Parts)
	}
	return cty.NilVal, false
}

// joinLiterals joins the parts of a template that has no sequences; a heredoc
// has one for each line.
func joinLiterals(parts []hclsyntax.Expression) (cty.Value, bool) {
	var b strings.Builder
	for _, p := range parts {
		part, ok := p.(*hclsyntax.LiteralValueExpr)
		if !ok || part.Val.Type() != cty.String || part.Val.IsNull() || part.Val.IsMarked() {
			return cty.NilVal, false
		}
		if len(parts) == 1 {
			return part.Val, true
		}
		b.WriteString(part.Val.AsString())
	}
	return cty.StringVal(b.String()), true
}
