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

// TestValue shows what expressions come to: a value, or a diagnostic; and which
// sensitive strings were met on the way.
func TestValue(t *testing.T) {
	secret := func(s string) cty.Value { return cty.StringVal(s).Mark(values.Sensitive) }
	ctx := &hcl.EvalContext{
		Functions: map[string]function.Function{"upper": stdlib.UpperFunc, "jsondecode": stdlib.JSONDecodeFunc},
		Variables: map[string]cty.Value{
			"var": cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("web"), "pw": secret("hunter2"), "list": cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")})}),
		},
	}
	for _, tt := range []struct {
		text string
		want string
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
		{`var.zzzzzzz`, `Unsupported attribute: There is no "zzzzzzz" in var. It has list, name, pw.`, ""},
		{`uper("x")`, `Call to unknown function: There is no function "uper". Did you mean "upper"?`, ""},
		{`uuid()`, `Call to unknown function: There is no function "uuid". It is left out because its result is not the same every time and everywhere, so a plan could not foretell it.`, ""},
		{`jsondecode(var.pw)`, `Error in function call: The reason is withheld, because it may quote a sensitive value.`, ""},
		{`var.pw + 1`, `Invalid operand: The reason is withheld, because it may quote a sensitive value.`, ""},
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
		words := met.Words()
		slices.Sort(words)
		if strings.Join(words, ",") != tt.met {
			t.Errorf("%s: met %q, want %q", tt.text, words, tt.met)
		}
	}
}

// A loop notices that the result is not wanted any more; nothing else has to.
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

// TestCheckWatch shows which evaluation is blamed for time and memory.
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
