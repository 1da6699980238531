package syntax

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/source"
)

// TestToNative shows JSON expressions as native ones, with their values.
func TestToNative(t *testing.T) {
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"x": cty.StringVal("web")}}
	for in, want := range map[string]string{
		`1.5`:                    `*hclsyntax.LiteralValueExpr cty.NumberFloatVal(1.5)`,
		`null`:                   `*hclsyntax.LiteralValueExpr cty.NullVal(cty.DynamicPseudoType)`,
		`true`:                   `*hclsyntax.LiteralValueExpr cty.True`,
		`"plain"`:                `*hclsyntax.TemplateExpr cty.StringVal("plain")`,
		`"${x}"`:                 `*hclsyntax.TemplateWrapExpr cty.StringVal("web")`,
		`"a ${x}"`:               `*hclsyntax.TemplateExpr cty.StringVal("a web")`,
		`["${x}", 1]`:            `*hclsyntax.TupleConsExpr cty.TupleVal([]cty.Value{cty.StringVal("web"), cty.NumberIntVal(1)})`,
		`{"k": "${x}"}`:          `*hclsyntax.ObjectConsExpr cty.ObjectVal(map[string]cty.Value{"k":cty.StringVal("web")})`,
		`{"${x}": [{"a": [] }]}`: `*hclsyntax.ObjectConsExpr cty.ObjectVal(map[string]cty.Value{"web":cty.TupleVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{"a":cty.EmptyTupleVal})})})`,
		`"${"`:                   `*json.expression error`,
		`["${"]`:                 `*json.expression error`,
		`{"a": 1, "a": 2}`:       `*json.expression error`,
	} {
		attrs, diags := ParseAttributes(source.Document{Name: "t.json", Data: []byte(`{"a": ` + in + `}`), JSON: true})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		expr := ToNative(attrs["a"].Expr)
		v, diags := expr.Value(ctx)
		got := fmt.Sprintf("%T %#v", expr, v)
		if diags.HasErrors() {
			got = fmt.Sprintf("%T error", expr)
		}
		if got != want {
			t.Errorf("%s: got %s,\nwant %s", in, got, want)
		}
	}
}

// TestLiteral shows which expressions have a value without evaluation.
func TestLiteral(t *testing.T) {
	for in, want := range map[string]string{
		`1`: `cty.NumberIntVal(1)`, `true`: `cty.True`, `null`: `cty.NullVal(cty.DynamicPseudoType)`, `"x"`: `cty.StringVal("x")`, `""`: `cty.StringVal("")`,
		"<<E\na\nb\nE\n": `cty.StringVal("a\nb\n")`,
		`"x ${y}"`:       "", `y`: "", `[1]`: "", `1 + 1`: "", `"${1}"`: "",
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(in), "t", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		got := ""
		if v, ok := Literal(expr); ok {
			got = v.GoString()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

// TestTraversalText shows references as messages write them.
func TestTraversalText(t *testing.T) {
	for in, want := range map[string]string{
		`var.x`: `var.x`, `file["/etc/motd"].path`: `file["/etc/motd"].path`, `module.web["eu"].out`: `module.web["eu"].out`, `local.a[0].b`: `local.a[…].b`,
	} {
		tr, diags := hclsyntax.ParseTraversalAbs([]byte(in), "t", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if got := TraversalText(tr); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// TestDepth shows which nesting is refused before parsing.
func TestDepth(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		json, deep bool
	}{
		{"brackets", "a = " + strings.Repeat("(", maxBrackets+1), false, true},
		{"brackets in order", "a = 1" + strings.Repeat(" + (1)", maxBrackets+1), false, false},
		{"templates", "a = " + strings.Repeat(`"${`, maxBrackets+1), false, true},
		{"operators", "a = 1" + strings.Repeat("+1", maxOperators+1), false, true},
		{"operators on lines of their own", strings.Repeat("a = 1 + 1\n", maxOperators), false, false},
		{"operators between commas", "a = [" + strings.Repeat("1+1,", maxOperators) + "]", false, false},
		{"arrays", `{"a": ` + strings.Repeat("[", maxBrackets+1), true, true},
		{"arrays in order", `{"a": [` + strings.Repeat("[],", maxBrackets+1) + "1]}", true, false},
		{"brackets in a string", `{"a": "` + strings.Repeat("[", maxBrackets+1) + `"}`, true, false},
		{"brackets in a template", `{"a": "${` + strings.Repeat("(", maxBrackets+1) + `"}`, true, true},
	} {
		_, diags := Split(source.Document{Name: "t", Data: []byte(tt.text), JSON: tt.json}, 0)
		if diags.HasErrors() != tt.deep || tt.deep && diags[0].Summary != "Nested too deep" {
			t.Errorf("%s: %v", tt.name, diags)
		}
	}
}
