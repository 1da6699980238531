package eval

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/functions"
	"converge/internal/manifest/values"
)

// directScope has values of every form that a reference may have.
func directScope() *hcl.EvalContext {
	outer := &hcl.EvalContext{
		Functions: functions.PureFunctions(func(cty.Value) {}),
		Variables: map[string]cty.Value{
			"v": cty.ObjectVal(map[string]cty.Value{
				"text": cty.StringVal("a\u0308b"), "mark": cty.StringVal("\u0301c"), "n": cty.NumberFloatVal(1.5), "yes": cty.True, "null": cty.NullVal(cty.String),
				"unknown": cty.UnknownVal(cty.String), "any": cty.DynamicVal, "secret": cty.StringVal("hunter2").Mark(values.Sensitive),
				"list": cty.ListVal([]cty.Value{cty.StringVal("x"), cty.StringVal("y")}), "tuple": cty.TupleVal([]cty.Value{cty.StringVal("x"), cty.Zero, cty.NullVal(cty.Number)}),
				"set": cty.SetVal([]cty.Value{cty.StringVal("q"), cty.StringVal("p")}), "map": cty.MapVal(map[string]cty.Value{"k": cty.StringVal("m"), "l": cty.StringVal("n")}),
				"secrets": cty.MapVal(map[string]cty.Value{"k": cty.StringVal("m").Mark(values.Sensitive)}), "hidden": cty.ListVal([]cty.Value{cty.StringVal("x")}).Mark(values.Sensitive),
				"object": cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("1"), "b": cty.True, "c": cty.EmptyTupleVal}), "none": cty.ListValEmpty(cty.String), "nothing": cty.NullVal(cty.List(cty.String)),
			}),
			"over": cty.StringVal("outer"),
		},
	}
	ctx := outer.NewChild()
	ctx.Variables = map[string]cty.Value{"over": cty.StringVal("inner")}
	return ctx
}

// TestDirect compares the direct evaluation with HCL's, for all kinds of values and in all places that use it.
func TestDirect(t *testing.T) {
	refs := []string{
		"over", "lacking", "v.lacking", "v.list.x", `v.list["0"]`, "v.list[0]", "v.list[2]", "v.list[-1]", "v.list[0.5]", "v.list[null]",
		"v.tuple[0]", "v.tuple[1]", "v.tuple[2]", "v.tuple[3]", `v.map["k"]`, "v.map.k", "v.map.z", "v.secrets.k", "v.hidden[0]", "v.object.a", "v.object.b", "v.object.c", "v.object.a.b",
		`v["text"]`, "v[0]", "v.set[0]", "v.any.x", "v.unknown.x", "v.null.x", "v.nothing[0]", "v.text", "v.mark", "v.n", "v.yes", "v.null", "v.unknown", "v.any", "v.secret",
	}
	var texts []string
	for _, r := range refs {
		texts = append(texts, r, fmt.Sprintf(`"<${%s}>"`, r), fmt.Sprintf(`"${v.text}${%s}${over}"`, r), fmt.Sprintf(`"${upper("${%s}")}-"`, r),
			fmt.Sprintf("[for x in v.list : %s]", r), fmt.Sprintf(`{ for x in v.list : "${x}${%s}" => %s }`, r, r), fmt.Sprintf(`[for x in v.list : x if %s]`, r))
	}
	for _, coll := range []string{"list", "tuple", "set", "map", "secrets", "hidden", "object", "none", "nothing", "unknown", "any", "null", "secret", "n", "lacking"} {
		for _, body := range []string{
			"[for x in v.%s : x]", "[for i, x in v.%s : i]", "{ for x in v.%s : x => x }", "{ for i, x in v.%s : i => x }", `{ for i, x in v.%s : "${i}${over}" => "${x}!" }`, "{ for x in v.%s : over => x }",
			"{ for x in v.%s : over => x... }", `[for x in v.%s : x if x == "x"]`, "[for i, x in v.%s : x if i != 0]", "[for x in v.%s : over if v.null]", "[for x in v.%s : [for y in v.list : y]]",
			"[for x in [for y in v.%s : y] : x]", "[for over in v.%s : over]", "(([for x in v.%s : { a = x }]))", `{ for x in v.%s : v.null => x }`, `{ for x in v.%s : v.secret => x }`,
			`{ for i, x in v.%s : i => v.yes ? x : over }`, `[for x in v.%s : x.y]`, `[for x in v.%s : upper(x) if length(x) > 0]`,
		} {
			texts = append(texts, fmt.Sprintf(body, coll))
		}
	}
	texts = append(texts, callTexts()...)
	for _, text := range texts {
		e := New(&Met{}, Options{Stopped: func() error { return nil }, Source: func(hcl.Range) string { return "" }, Cheap: functions.AllCheap()})
		got, gotDiags := e.Bounded(e.Bind(parseDirect(t, text)), directScope())
		want, wantDiags := parseDirect(t, text).Value(directScope())
		if g, w := describeDirect(got, gotDiags), describeDirect(want, wantDiags); g != w {
			t.Errorf("%s: got %s,\nwant %s", text, g, w)
		}
	}
}

// callTexts returns calls of all cheap functions, with arguments of all kinds and in all positions.
func callTexts() (texts []string) {
	colls := []string{"v.list", "v.tuple", "v.set", "v.map", "v.secrets", "v.hidden", "v.object", "v.none", "v.nothing", "v.unknown", "v.any", "v.null", "v.secret", "v.text", "v.n", "v.lacking", "[]", `["x", v.secret]`, "{}", "{ k = v.secret, l = 1 }"}
	others := []string{`"x"`, `"k"`, `"l"`, `"a"`, `"z"`, "0", "1", "-1", "5", "0.5", `"1"`, "true", "null", "v.null", "v.unknown", "v.any", "v.secret", "v.list", "lacking", "v.mark"}
	for _, c := range colls {
		texts = append(texts, fmt.Sprintf("length(%s)", c), fmt.Sprintf("length(%s...)", c), fmt.Sprintf(`"${length(%s)} of them"`, c), fmt.Sprintf("[for x in v.list : length(%s)]", c))
		for _, o := range others {
			texts = append(texts, fmt.Sprintf("lookup(%s, %s)", c, o), fmt.Sprintf("element(%s, %s)", c, o), fmt.Sprintf("contains(%s, %s)", c, o), fmt.Sprintf("(%s)[%s]", c, o),
				fmt.Sprintf(`"${lookup(%s, %s, v.text)}!"`, c, o), fmt.Sprintf("[for x in v.list : contains(%s, %s)]", c, o), fmt.Sprintf("{ for i, x in v.list : element(%s, i) => %s if i != %[2]s }", c, o),
				fmt.Sprintf("[for x in v.list : x if contains(%s, %s) && x == %[2]s]", c, o), fmt.Sprintf("length(%s) + %s", c, o), fmt.Sprintf("length(%s) > 1 || %s", c, o),
				fmt.Sprintf(`format("%%v%%s", length(%s), %s)`, c, o), fmt.Sprintf(`contains(%s, %s) ? length(%[1]s) : over`, c, o), fmt.Sprintf(`try(element(%s, %s), over)`, c, o), fmt.Sprintf(`[for x in v.list : contains(%s, %s) ? x : lookup(%[1]s, %[2]s, over)]`, c, o), fmt.Sprintf(`"${contains(%s, x) ? 1 : %s}"`, c, o))
		}
	}
	for _, c := range others {
		for _, o := range others {
			texts = append(texts, fmt.Sprintf("[for x in v.list : %s ? %s : x]", c, o), fmt.Sprintf("[for x in v.list : %s ? %s : %[2]s]", c, o), fmt.Sprintf(`"${length(v.list) > 1 ? %s : %s}"`, c, o))
		}
	}
	for _, o := range others {
		texts = append(texts, fmt.Sprintf(`lookup(v.map, "k", %s)`, o), fmt.Sprintf(`lookup(v.map, "z", %s)`, o), fmt.Sprintf(`lookup(v.object, "z", %s)`, o), fmt.Sprintf("lookup(v.map, x, %s, 1)", o), fmt.Sprintf("lacking(%s)", o))
	}
	return texts
}

func parseDirect(t *testing.T, text string) hclsyntax.Expression {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "t", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	return expr
}

func describeDirect(v cty.Value, diags hcl.Diagnostics) string {
	parts := make([]string, 0, len(diags))
	for _, d := range diags {
		parts = append(parts, d.Summary+": "+d.Detail+" at "+d.Subject.String())
	}
	slices.Sort(parts)
	return v.GoString() + " " + strings.Join(parts, "; ")
}

// TestDirectRounds counts the rounds of a loop once, even if HCL must start it again.
func TestDirectRounds(t *testing.T) {
	ctx := directScope()
	many := make([]cty.Value, maxSteps*2/3)
	for i := range many {
		many[i] = cty.StringVal("x")
	}
	ctx.Variables["many"] = cty.ListVal(many)
	for text, want := range map[string]string{
		`[for x in many : x == v.secret]`:             "",
		`[for x in [for y in many : v.secret] : x]`:   "Too much to evaluate",
		`[for x in v.list : [for y in many : y]]`:     "Too much to evaluate",
		`[for x in v.list : v.secret if x != "many"]`: "",
	} {
		e := New(&Met{}, Options{Stopped: func() error { return nil }, Source: func(hcl.Range) string { return "" }})
		_, diags := e.Bounded(e.Bind(parseDirect(t, text)), ctx)
		got := ""
		if diags.HasErrors() {
			got = diags[0].Summary
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
