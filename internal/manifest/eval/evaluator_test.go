package eval

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"converge/internal/manifest/values"
)

// TestValue shows the results of expressions: a value or a diagnostic, and the sensitive strings that were met.
func TestValue(t *testing.T) {
	secret := func(s string) cty.Value { return cty.StringVal(s).Mark(values.Sensitive) }
	ctx := &hcl.EvalContext{
		Functions: map[string]function.Function{"upper": stdlib.UpperFunc, "jsondecode": stdlib.JSONDecodeFunc, "range": stdlib.RangeFunc},
		Variables: map[string]cty.Value{
			"var": cty.ObjectVal(map[string]cty.Value{
				"name": cty.StringVal("web"), "pw": secret("hunter2"), "list": cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")}),
				"n": cty.NumberIntVal(3).Mark(values.Sensitive), "on": cty.True.Mark(values.Sensitive), "secrets": cty.MapVal(map[string]cty.Value{"k": secret("swordfish1"), "webk": secret("swordfish2")}),
				"objects": cty.ListVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{"pw": secret("swordfish3")})}),
			}),
		},
	}
	for _, tt := range []struct {
		text string
		want string // its beginning
		met  string
	}{
		{`1 + 2`, `cty.NumberIntVal(3)`, ""},
		{`"x ${var.name}"`, `cty.StringVal("x web")`, ""},
		{`upper(var.name)`, `cty.StringVal("WEB")`, ""},
		{`[for x in var.list : upper(x)]`, `cty.TupleVal([]cty.Value{cty.StringVal("A"), cty.StringVal("B")})`, ""},
		{`true ? "yes" : "no"`, `cty.StringVal("yes")`, ""},
		{`var.pw`, `cty.StringVal("hunter2").Mark("sensitive")`, ""},
		{`"pw=${var.pw}"`, `cty.StringVal("pw=hunter2").Mark("sensitive")`, "pw=hunter2"},
		{`upper("${var.pw}!")`, `cty.StringVal("HUNTER2!").Mark("sensitive")`, "HUNTER2!,hunter2!"},
		{`[for x in [var.pw] : "${x}?"]`, `cty.TupleVal([]cty.Value{cty.StringVal("hunter2?").Mark("sensitive")})`, "hunter2,hunter2?"},
		{`1 / 0`, `Operation failed: Error during operation: it divides by zero.`, ""},
		{`7 % 0`, `Operation failed: Error during operation: it divides by zero.`, ""},
		{`var.nmae`, `Unsupported attribute: There is no "nmae" in var. Did you mean "name"?`, ""},
		{`var.zzzzzzz`, `Unsupported attribute: There is no "zzzzzzz" in var. It has list, n, name, objects, on, pw, secrets.`, ""},
		{`uper("x")`, `Call to unknown function: There is no function "uper". Did you mean "upper"?`, ""},
		{`uuid()`, `Call to unknown function: There is no function "uuid". It is left out because its result is not the same every time and everywhere, so a plan could not foretell it.`, ""},
		{`jsondecode(var.pw)`, `Error in function call: The reason is withheld, because it may quote a sensitive value.`, ""},
		{`var.pw + 1`, `Invalid operand: The reason is withheld, because it may quote a sensitive value.`, ""},
		{`(var.pw)`, `cty.StringVal("hunter2").Mark("sensitive")`, "hunter2"},
		{`"${var.pw}"`, `cty.StringVal("hunter2").Mark("sensitive")`, "hunter2"},
		{`-var.n`, `cty.NumberIntVal(-3).Mark("sensitive")`, ""},
		{`!var.on`, `cty.False.Mark("sensitive")`, ""},
		{`var.on ? "a" : "b"`, `cty.StringVal("a").Mark("sensitive")`, ""},
		{`var.on ? "x${var.name}" : "y${var.pw}"`, `cty.StringVal("xweb").Mark("sensitive")`, "xweb,yhunter2"},
		{`var.n * 2`, `cty.NumberIntVal(6).Mark("sensitive")`, ""},
		{`var.pw == "hunter2"`, `cty.True.Mark("sensitive")`, ""},
		{`var.secrets["k"]`, `cty.StringVal("swordfish1").Mark("sensitive")`, ""},
		{`var.secrets["${var.name}k"]`, `cty.StringVal("swordfish2").Mark("sensitive")`, "swordfish2"},
		{`var.objects[*].pw`, `cty.ListVal([]cty.Value{cty.StringVal("swordfish3").Mark("sensitive")})`, "swordfish3"},
		{`{ a = "x${var.pw}", (var.name) = 1 }`, `cty.ObjectVal(map[string]cty.Value{"a":cty.StringVal("xhunter2").Mark("sensitive"), "web":cty.NumberIntVal(1)})`, "xhunter2"},
		{`{ "k${var.pw}" = 1 }`, `cty.ObjectVal(map[string]cty.Value{"khunter2":cty.NumberIntVal(1)}).Mark("sensitive")`, "khunter2"},
		{`[var.pw, "y${var.pw}"]`, `cty.TupleVal([]cty.Value{cty.StringVal("hunter2").Mark("sensitive"), cty.StringVal("yhunter2").Mark("sensitive")})`, "hunter2,yhunter2"},
		{`{ for k, v in var.secrets : k => "${v}+" }`, `cty.ObjectVal(map[string]cty.Value{"k":cty.StringVal("swordfish1+").Mark("sensitive"), "webk":cty.StringVal("swordfish2+").Mark("sensitive")})`, "swordfish1,swordfish1+,swordfish2,swordfish2+"},
		{`{ for k, v in var.secrets : k => "${v}+" if v != "x" }`, `cty.ObjectVal(map[string]cty.Value{"k":cty.StringVal("swordfish1+").Mark("sensitive"), "webk":cty.StringVal("swordfish2+").Mark("sensitive")}).Mark("sensitive")`, "swordfish1,swordfish1+,swordfish2,swordfish2+"},
		{`[for s in "a" : s]`, `Iteration over non-iterable value: A value of type string cannot be used as the collection in a 'for' expression.`, ""},
		{`upper(upper("a${var.pw}"))`, `cty.StringVal("AHUNTER2").Mark("sensitive")`, "AHUNTER2,ahunter2"},
		{`[for i in range(3) : i]`, `cty.TupleVal([]cty.Value{cty.NumberIntVal(0), cty.NumberIntVal(1), cty.NumberIntVal(2)})`, ""},
		{`var.list[7]`, `Invalid index: The reason is withheld, because it may quote a sensitive value.`, ""},
		{`var.secrets.zzz`, `Missing map element: The reason is withheld, because it may quote a sensitive value.`, ""},
		{`var.name.x`, `Unsupported attribute: var.name is a string and has no "x": write var.name alone.`, ""},
		{`1 % 2`, `cty.NumberIntVal(1)`, ""},
		{`10 / 4`, `cty.NumberFloatVal(2.5)`, ""},
		{`true ? { a = 1 } : { b = "x", c = 2 }`, `cty.MapVal(map[string]cty.Value{"a":cty.StringVal("1")})`, ""},
		{`true ? [1, 2] : ["x"]`, `cty.ListVal([]cty.Value{cty.StringVal("1"), cty.StringVal("2")})`, ""},
		{`false ? [1, 2] : []`, `cty.ListValEmpty(cty.Number)`, ""},
		{`true ? (false ? "a" : "b") : "c"`, `cty.StringVal("b")`, ""},
		{`sensitive(1) + "x"`, `Invalid operand: Unsuitable value for right operand: a number is required.`, ""},
		{`true ? null : { a = 1 }`, `cty.NullVal(cty.Object(map[string]cty.Type{"a":cty.Number}))`, ""},
		{`"%{ if var.on }yes%{ else }no${var.pw}%{ endif }"`, `cty.StringVal("yes").Mark("sensitive")`, "nohunter2"},
		{`"%{ for x in var.list }${x}-${var.pw} %{ endfor }"`, `cty.StringVal("a-hunter2 b-hunter2 ").Mark("sensitive")`, "a-hunter2 ,a-hunter2 b-hunter2 ,b-hunter2 "},
		{`[for i in var.list : [for j in var.list : [for k in var.list : i]]]`, `cty.TupleVal(`, ""},
	} {
		met := &Met{}
		e := New(met, Options{Stopped: func() error { return nil }, Source: func(hcl.Range) string { return "" }})
		expr, diags := hclsyntax.ParseExpression([]byte(tt.text), "t", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		v, diags := e.Value(e.Bind(expr), ctx)
		got := strings.ReplaceAll(v.GoString(), "values.mark", "")
		if diags.HasErrors() {
			got = diags[0].Summary + ": " + diags[0].Detail
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: got %s,\nwant %s", tt.text, got, tt.want)
		}
		words := met.Words().Secrets
		slices.Sort(words)
		if strings.Join(words, ",") != tt.met {
			t.Errorf("%s: met %q, want %q", tt.text, words, tt.met)
		}
	}
}

// A password in a URL is a secret without being marked.
func TestPasswordsInURLsAreMet(t *testing.T) {
	for text, want := range map[string]string{
		"https://ada:pass%2Fword@x.example.com/":      "pass%2Fword,pass/word",
		"https://ghp_0123456789abcdef@x/y":            "ghp_0123456789abcdef",
		"https://operator@x/y":                        "",
		"https://x/y":                                 "",
		"see https://ada:hunter2@x/ for the rest":     "",
		strings.Repeat(" ", 40) + "https://a:bcdef@x": "",
	} {
		met := &Met{}
		met.AddPasswords(cty.MapVal(map[string]cty.Value{"x": cty.StringVal(text)}))
		words := met.Words().Secrets
		slices.Sort(words)
		if got := strings.Join(words, ","); got != want {
			t.Errorf("%s: met %q, want %q", text, got, want)
		}
	}
}

// A loop checks whether the result is still wanted; nothing else needs to.
func TestStopped(t *testing.T) {
	e := New(&Met{}, Options{Stopped: func() error { return errors.New("stopped") }, Source: func(hcl.Range) string { return "" }})
	for text, want := range map[string]string{`1 + 1`: "", `[for i in [1, 2] : i]`: "Too much to evaluate: It was interrupted."} {
		expr, _ := hclsyntax.ParseExpression([]byte(text), "t", hcl.InitialPos)
		_, diags := e.Value(e.Bind(expr), &hcl.EvalContext{})
		got := ""
		if diags.HasErrors() {
			got = diags[0].Summary + ": " + diags[0].Detail
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestCheckWatch shows which evaluation exceeds the bounds of time and memory.
func TestCheckWatch(t *testing.T) {
	at := func(line int) *hcl.Range { return &hcl.Range{Start: hcl.Pos{Line: line}} }
	w := &watch{maxTime: 10}
	if d := w.check(0, 1000); d != nil {
		t.Errorf("nothing in progress: %v", d)
	}
	first := w.begin(at(1))
	if d := w.check(0, 8); d != nil {
		t.Errorf("within the bound: %v", d)
	}
	second := w.begin(at(2))
	if d := w.check(0, 4); d != nil {
		t.Errorf("half each: %v", d)
	}
	if d := w.check(maxMemory+1, 0); d == nil || d.Subject.Start.Line != 1 {
		t.Errorf("memory: %v", d)
	}
	if d := w.check(0, 2); d == nil || d.Subject.Start.Line != 1 {
		t.Errorf("time: %v", d)
	}
	first.end()
	if d := w.check(0, 7); d != nil {
		t.Errorf("the first has ended: %v", d)
	}
	second.end()
}
