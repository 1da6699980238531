package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"converge/internal/manifest/eval"
	"converge/internal/manifest/values"
)

// manyWords are expressions in which many elements become a collection.
func manyWords() []string {
	return []string{
		`toset(local.words)`, `tolist(local.words)`, `tomap({ for w in local.words : w => w })`, `concat(local.words, ["x"])`,
		`[for w in local.words : upper(w)]`, `{ for w in local.words : w => { name = w } }`,
		`tomap({ for w in local.words : w => { name = w } })`, `tolist([for w in local.words : [w, w]])`,
		`join("", local.words)`, `sort(local.words)`, `distinct(local.words)`, `compact(local.words)`, `setunion(local.words, ["x"])`,
		`matchkeys(local.words, local.words, local.words)`, `flatten([local.words, [local.words]])`,
		`merge({ for w in local.words : w => 1 }, { x = 1 })`, `zipmap(local.words, local.words)`,
		`length(local.words) > 1 ? local.words : []`, `(false ? {} : { for w in local.words : w => w })`,
		`tolist(concat(local.words, [1, true]))`, `formatlist("%s", local.words)`, `slice(local.words, 1, 2)`, `local.words[*]`,
		`setproduct(local.words, [1, 2])`, `chunklist(local.words, 10)`, `reverse(local.words)`, `transpose({ a = local.words })`,
	}
}

// manyInputs are types of variables, and values for them.
func manyInputs() map[string]string {
	return map[string]string{
		"list(string)":                      `local.words`,
		"set(string)":                       `local.words`,
		"list(any)":                         `local.words`,
		"any":                               `local.words`,
		"map(string)":                       `{ for w in local.words : w => w }`,
		"object({ a = list(string) })":      `{ a = local.words }`,
		"map(object({ a = list(string) }))": `{ for w in local.words : w => { a = [w] } }`,
		"list(list(any))":                   `[for w in local.words : [w]]`,
		"list(object({ w = string, o = optional(string, \"x\") }))": `[for w in local.words : { w = w }]`,
	}
}

func wordsOf(n int) string {
	var b strings.Builder
	b.WriteString("locals {\n  words = [\n")
	for i := range n {
		fmt.Fprintf(&b, "    \"w%d\",\n", i)
	}
	b.WriteString("  ]\n}\n")
	return b.String()
}

// BenchmarkMany shows that time grows linearly with the number of elements: compare 100000 with 10000.
func BenchmarkMany(b *testing.B) {
	for _, expr := range manyWords() {
		benchMany(b, expr, map[string]string{"site.hcl": "locals { it = " + expr + "}\nfile \"/a\" {}\n"})
	}
	for ty, value := range manyInputs() {
		benchMany(b, "input "+ty, map[string]string{
			"site.hcl":   "module \"m\" {\n  source = \"./m\"\n  in = " + value + "\n}\n",
			"m/main.hcl": "variable \"in\" { type = " + ty + " }\nfile \"/a\" {}\n",
		})
	}
	benchMany(b, "attribute", map[string]string{"site.hcl": "exec \"all\" { command = local.words }\n"})
	benchMany(b, "for_each", map[string]string{"site.hcl": "file \"each\" {\n  for_each = local.words\n  path = \"/${each.key}\"\n}\n"})
}

func benchMany(b *testing.B, name string, files map[string]string) {
	b.Helper()
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
			dir := b.TempDir()
			files["words.hcl"] = wordsOf(n)
			for file, text := range files {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					b.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					b.Fatal(err)
				}
			}
			benchLoad(b, dir, 1)
		})
	}
}

// For any number of elements, the values are the same as those of cty and HCL.
func TestConversionIsThatOfTheLibrary(t *testing.T) {
	for _, n := range []int{2, values.SmallSize, values.SmallSize + 1, 3 * values.SmallSize} {
		within := eval.New(&eval.Met{}, eval.Options{Stopped: func() error { return nil }})
		words := make([]cty.Value, n)
		for i := range words {
			words[i] = cty.StringVal(fmt.Sprintf("w%d", i))
		}
		with := func(v cty.Value) cty.Value { return cty.TupleVal(append([]cty.Value{v}, words...)) }
		vals := []cty.Value{
			with(cty.True), with(cty.Zero), with(cty.NullVal(cty.DynamicPseudoType)), with(cty.NullVal(cty.String)), with(cty.EmptyObjectVal),
			with(cty.StringVal("x").Mark(values.Sensitive)), cty.TupleVal(words).Mark(values.Sensitive), with(cty.EmptyTupleVal), cty.ListVal(words),
		}
		ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"local": cty.ObjectVal(map[string]cty.Value{"words": cty.TupleVal(words)})}}
		for _, expr := range manyInputs() {
			vals = append(vals, evalText(t, expr, ctx, within.Bounded))
		}
		for _, v := range vals {
			for ty := range manyInputs() {
				checkConversion(t, v, ty)
			}
		}
		for _, expr := range []string{
			`true ? local.words : []`, `false ? local.words : []`, `true ? local.words : ["a"]`, `false ? {} : { for w in local.words : w => w }`,
			`true ? { for w in local.words : w => w } : { for w in local.words : w => 1 }`, `true ? null : local.words`,
			`true ? local.words : null`, `true ? [1] : (false ? local.words : [])`, `true ? { for w in local.words : w => [w] } : { a = [1, 2] }`,
		} {
			want := evalText(t, expr, ctx, func(e hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) { return e.Value(ctx) })
			if got := evalText(t, expr, ctx, within.Bounded); !got.RawEquals(want) {
				t.Errorf("%d, %s: %s, want %s", n, expr, brief(got), brief(want))
			}
		}
	}
}

func evalText(t *testing.T, text string, ctx *hcl.EvalContext, eval func(hcl.Expression, *hcl.EvalContext) (cty.Value, hcl.Diagnostics)) cty.Value {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "t", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	v, diags := eval(expr, ctx)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	return v
}

// checkConversion compares with the library, including defaults. The library names a different element in its errors
// each time.
func checkConversion(t *testing.T, v cty.Value, text string) {
	t.Helper()
	expr, _ := hclsyntax.ParseExpression([]byte(text), "t", hcl.InitialPos)
	ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(expr)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	given, applied := v, v
	if defaults != nil {
		given, applied = values.ApplyDefaults(defaults, v), defaults.Apply(v)
	}
	want, wantErr := convert.Convert(applied, ty)
	got, err := values.Convert(given, ty)
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%s to %s: %v, want %v", brief(v), text, err, wantErr)
	}
	if err == nil && wantErr == nil && !got.RawEquals(want) {
		t.Errorf("%s to %s: %s, want %s", brief(v), text, brief(got), brief(want))
	}
}

func brief(v cty.Value) string {
	s := fmt.Sprintf("%#v", v)
	return s[:min(len(s), 160)]
}
