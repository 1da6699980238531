package plantest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/manifest/values"
)

// Result is the result of a test.
type Result struct {
	File, Name string
	Line       int
	Failures   []Failure // none: the test passed
	Elapsed    time.Duration
	Updated    string // the golden file that was rewritten
}

// Passed reports whether the test passed.
func (r *Result) Passed() bool { return len(r.Failures) == 0 }

// Failure is one reason why a test failed.
type Failure struct {
	Place     string // file:line
	Message   string
	Condition string  // of an assertion
	Values    []Value // of the references in the condition
	Text      string  // a difference, or diagnostics
}

// Value is a reference in a condition, with its value.
type Value struct{ Reference, Value string }

// maxValue is how many bytes of a value a failure shows.
const maxValue = 400

// Judge evaluates the assertions of a test over its plan.
func (t *Test) Judge(p *Plan) (failures []Failure) {
	for _, a := range t.Asserts {
		if f := t.reader.judge(p, a); f != nil {
			failures = append(failures, *f)
		}
	}
	return failures
}

// judge evaluates one assertion; nil: it is true.
func (r *reader) judge(p *Plan, a *Assertion) *Failure {
	refs := p.references(a.Condition)
	ctx := r.scope.NewChild()
	ctx.Variables = map[string]cty.Value{"plan": p.scope(refs), "counts": countsValue(p.Counts), "node": orEmpty(p.Node), "var": objectOf(p.Variables)}
	f := &Failure{Place: diag.Place(a.At), Message: a.Message, Condition: a.Text}
	v, diags := r.eval.Value(a.Condition, ctx)
	if diags.HasErrors() {
		f.Text = describeFault(p, refs, diags)
		return f
	}
	v = values.Unmark(v)
	switch {
	case v.IsNull() || v.Type() != cty.Bool:
		f.Text = "The condition must be true or false, and is " + show(v) + "."
	case v.True():
		return nil
	}
	f.Values = r.showReferences(a.Condition, ctx)
	return f
}

// describeFault explains why a condition has no value; a missing resource comes first.
func describeFault(p *Plan, refs []reference, diags hcl.Diagnostics) string {
	for _, r := range refs {
		if r.resource != nil {
			continue
		}
		var known []string
		for _, one := range p.Resources {
			known = append(known, one.Address)
		}
		return "The plan has no resource " + r.text + "." + diag.Suggest(r.text, known, "")
	}
	var out []string
	for _, d := range diag.Tidy(diags) {
		if d.Summary == "Unknown variable" {
			d.Detail += ` A condition is about plan["KIND.NAME"], counts, node and var.`
		}
		out = append(out, d.Summary+": "+d.Detail)
	}
	return strings.Join(out, "\n")
}

// showReferences returns the references in a condition with their values, each once.
func (r *reader) showReferences(expr hcl.Expression, ctx *hcl.EvalContext) (out []Value) {
	for _, t := range expr.Variables() {
		text := syntax.TraversalText(t)
		if slices.ContainsFunc(out, func(v Value) bool { return v.Reference == text }) || len(t) == 1 {
			continue
		}
		v, diags := t.TraverseAbs(ctx)
		if diags.HasErrors() {
			continue
		}
		out = append(out, Value{text, show(v)})
	}
	return out
}

// show writes a value as in a manifest, in one line.
func show(v cty.Value) string {
	switch {
	case values.IsSensitive(v):
		return "(sensitive)"
	case !v.IsWhollyKnown():
		return "(unknown)"
	}
	text := strings.Join(strings.Fields(string(hclwrite.TokensForValue(v).Bytes())), " ")
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "") + "…"
	}
	return text
}

func countsValue(counts map[string]int) cty.Value {
	out := map[string]cty.Value{}
	for name, n := range counts {
		out[name] = cty.NumberIntVal(int64(n))
	}
	return cty.ObjectVal(out)
}

func objectOf(m map[string]cty.Value) cty.Value {
	if m == nil {
		return cty.EmptyObjectVal
	}
	return cty.ObjectVal(m)
}

func orEmpty(v cty.Value) cty.Value {
	if v == cty.NilVal {
		return cty.EmptyObjectVal
	}
	return v
}

// Named returns the blocks of the plan that the test covers: by an assertion, by an expected error, or all of them by a
// golden plan.
func (t *Test) Named(p *Plan) []string {
	named := map[string]bool{}
	for _, a := range t.Asserts {
		for _, r := range p.references(a.Condition) {
			if r.resource != nil {
				named[r.resource.Block] = true
			}
		}
	}
	for _, r := range p.Resources {
		if t.Golden != "" || t.ExpectError != "" && r.Error != "" {
			named[r.Block] = true
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// CompareGolden returns the difference between the text of a plan and the content of a golden file; "": none.
func CompareGolden(name string, want, got []byte) string {
	if string(want) == string(got) {
		return ""
	}
	d := string(diff.Diff(name, want, "the plan", got))
	if _, rest, found := strings.Cut(d, "\n"); found {
		return rest
	}
	return d
}

// HasError reports whether the errors of a plan contain the error that the test expects, ignoring line breaks.
func (t *Test) HasError(said string) bool {
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.Contains(plain(said), plain(t.ExpectError))
}
