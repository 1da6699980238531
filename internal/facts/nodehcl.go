package facts

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// maxNesting limits nested brackets: the parser recurses, and a file must not be able to exhaust the stack.
const maxNesting = 200

// parseHCL reads attributes: names with constant values, no blocks, no
// references. The error is [hcl.Diagnostics].
func parseHCL(name string, b []byte) (map[string]cty.Value, error) {
	if diags := checkNesting(name, b); diags.HasErrors() {
		return nil, diags
	}
	f, diags := hclsyntax.ParseConfig(b, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	attrs, diags := f.Body.JustAttributes()
	if diags.HasErrors() {
		for _, d := range diags {
			d.Detail = "Node attributes have no blocks: one is NAME = VALUE, and several in one are NAME = { … }."
		}
		return nil, diags
	}
	out := make(map[string]cty.Value, len(attrs))
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		a := attrs[key]
		d := checkConstant(a.Expr)
		if !d.HasErrors() {
			var more hcl.Diagnostics
			out[key], more = a.Expr.Value(nil)
			d = append(d, more...)
		}
		diags = append(diags, d...)
	}
	for _, d := range diags {
		explainAttribute(d, b)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return out, nil
}

// explainAttribute describes what an attribute may be, where the library only describes what it must not be.
func explainAttribute(d *hcl.Diagnostic, b []byte) {
	word := ""
	if d.Subject != nil && d.Subject.CanSliceBytes(b) {
		word = string(d.Subject.SliceBytes(b))
	}
	switch d.Summary {
	case "Variables not allowed":
		if slices.Contains([]string{"var", "local", "node", "each", "module", "secret", "path"}, word) {
			d.Summary, d.Detail = "Not a constant", fmt.Sprintf("Node attributes are constants: what refers to %s belongs in the manifest.", word)
			return
		}
		d.Summary, d.Detail = "Not a constant", fmt.Sprintf("Node attributes are constants, and a text has quotes: %q.", word)
	case "Function calls not allowed":
		d.Summary, d.Detail = "Not a constant", fmt.Sprintf("Node attributes are constants: a call of %s belongs in the manifest.", word)
	}
}

// checkConstant refuses expressions that cost more to evaluate than to read, or that may be infinite: loops and
// divisions.
func checkConstant(expr hcl.Expression) (diags hcl.Diagnostics) {
	refuse := func(what string, at hcl.Range) {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Not a constant", Subject: &at,
			Detail: "Node attributes are constants: " + what + " belongs in the manifest.",
		})
	}
	node, ok := expr.(hclsyntax.Node)
	if !ok {
		return nil
	}
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics { // the visitor has none
		switch e := n.(type) {
		case *hclsyntax.ForExpr:
			refuse("a loop", e.Range())
		case *hclsyntax.BinaryOpExpr:
			if e.Op == hclsyntax.OpDivide || e.Op == hclsyntax.OpModulo {
				refuse("a division", e.Range())
			}
		}
		return nil
	})
	return diags
}

func checkNesting(name string, b []byte) hcl.Diagnostics {
	tokens, _ := hclsyntax.LexConfig(b, name, hcl.InitialPos) // the parser reports errors
	depth, run := 0, 0                                        // of brackets; of operators that the parser recurses on
	for i := range tokens {
		switch tokens[i].Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			depth--
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenQuestion:
			run++
		case hclsyntax.TokenNewline, hclsyntax.TokenComma:
			run = 0
		}
		if depth+run > maxNesting {
			return hcl.Diagnostics{{
				Severity: hcl.DiagError, Summary: "Too deeply nested",
				Detail:  fmt.Sprintf("Node attributes may be nested %d deep.", maxNesting),
				Subject: &tokens[i].Range,
			}}
		}
	}
	return nil
}
