package plantest

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/eval"
	"converge/internal/manifest/functions"
	"converge/internal/manifest/source"
	"converge/internal/manifest/syntax"
)

// Suffix is the end of the name of a file of tests.
const Suffix = ".test.hcl"

// File is a file of tests.
type File struct {
	Name  string
	Tests []*Test
}

// Test is a block test: the inputs of a plan, and assertions about it. Paths are as in the file, relative to its folder.
type Test struct {
	Name string
	At   hcl.Range

	Manifest  string               // "": the folder of the file
	Facts     string               // a file; "": Node holds all known facts
	Node      map[string]cty.Value // facts and attributes that override those
	Variables map[string]cty.Value
	VarFiles  []string
	Live      string // a folder to copy to the empty host

	ExpectError string // a part of the expected error; "": none
	Golden      string // the file with the expected text of the plan

	Asserts []*Assertion

	reader *reader
}

// Assertion is a block assert.
type Assertion struct {
	At        hcl.Range
	Condition hcl.Expression
	Text      string // of the condition
	Message   string
}

// reader evaluates the expressions of a file.
type reader struct {
	text  []byte
	eval  *eval.Evaluator
	scope *hcl.EvalContext
}

// Parse reads the tests of a file.
func Parse(name string, text []byte) (*File, hcl.Diagnostics) {
	doc := source.Document{Name: name, Data: text}
	if _, diags := syntax.Split(doc, 0); diags.HasErrors() {
		return nil, diag.Tidy(diags)
	}
	parsed, diags := syntax.Parse(syntax.Whole(doc))
	if diags.HasErrors() {
		return nil, diag.Tidy(diags)
	}
	r := newReader(text)
	content, diags := r.readContent(parsed.Body, "", &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "test", LabelNames: []string{"name"}}}})
	out := &File{Name: name}
	seen := map[string]hcl.Range{}
	for _, b := range content.Blocks {
		t, more := r.readTest(b)
		diags = append(diags, more...)
		if first, twice := seen[t.Name]; twice {
			diags = append(diags, diag.Failure("Duplicate test", "The test "+t.Name+" is there already, at "+diag.Place(first)+": each needs a name of its own.", &b.DefRange))
		}
		seen[t.Name] = b.DefRange
		out.Tests = append(out.Tests, t)
	}
	return out, diag.Tidy(diags)
}

func newReader(text []byte) *reader {
	met := &eval.Met{}
	r := &reader{text: text, scope: &hcl.EvalContext{Functions: functions.PureFunctions(met.Allow)}}
	r.eval = eval.New(met, eval.Options{Source: r.textAt, Stopped: func() error { return nil }, Cheap: functions.AllCheap()})
	return r
}

func (r *reader) textAt(at hcl.Range) string {
	if !at.CanSliceBytes(r.text) {
		return ""
	}
	return string(at.SliceBytes(r.text))
}

// readTest reads one block. The test is never nil.
func (r *reader) readTest(b *hcl.Block) (*Test, hcl.Diagnostics) {
	t := &Test{Name: b.Labels[0], At: b.DefRange, reader: r}
	var schema hcl.BodySchema
	texts := map[string]*string{
		"manifest": &t.Manifest, "facts": &t.Facts, "live": &t.Live, "expect_error": &t.ExpectError, "golden": &t.Golden,
	}
	objects := map[string]*map[string]cty.Value{"node": &t.Node, "variables": &t.Variables}
	for _, name := range []string{"manifest", "facts", "node", "variables", "var_files", "live", "expect_error", "golden"} {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	schema.Blocks = []hcl.BlockHeaderSchema{{Type: "assert"}}
	content, diags := r.readContent(b.Body, "test", &schema)
	for name, attr := range content.Attributes {
		var more hcl.Diagnostics
		switch {
		case texts[name] != nil:
			*texts[name], more = r.readSomeText(attr)
		case objects[name] != nil:
			*objects[name], more = r.readObject(attr)
		default:
			t.VarFiles, more = r.readTexts(attr)
		}
		diags = append(diags, more...)
	}
	for _, block := range content.Blocks {
		a, more := r.readAssertion(block)
		diags = append(diags, more...)
		t.Asserts = append(t.Asserts, a)
	}
	if len(t.Asserts) == 0 && t.ExpectError == "" && t.Golden == "" && !diags.HasErrors() {
		diags = append(diags, diag.Failure("Test without a question", "A test needs an assert block, a golden plan or expect_error.", &b.DefRange))
	}
	return t, diags
}

func (r *reader) readAssertion(b *hcl.Block) (*Assertion, hcl.Diagnostics) {
	a := &Assertion{At: b.DefRange}
	content, diags := r.readContent(b.Body, "assert", &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "condition", Required: true}, {Name: "message"}}})
	if c := content.Attributes["condition"]; c != nil {
		a.Condition, a.At = r.eval.Bind(c.Expr), c.Range
		a.Text = strings.Join(strings.Fields(r.textAt(c.Expr.Range())), " ")
	}
	if m := content.Attributes["message"]; m != nil {
		var more hcl.Diagnostics
		a.Message, more = r.readText(m)
		diags = append(diags, more...)
	}
	return a, diags
}

func (r *reader) value(attr *hcl.Attribute) (cty.Value, hcl.Diagnostics) {
	return r.eval.Value(r.eval.Bind(attr.Expr), r.scope)
}

func (r *reader) readText(attr *hcl.Attribute) (string, hcl.Diagnostics) {
	v, diags := r.value(attr)
	if diags.HasErrors() {
		return "", diags
	}
	if v.IsNull() || v.Type() != cty.String || v.IsMarked() {
		return "", hcl.Diagnostics{wrongType(attr, "a string")}
	}
	return v.AsString(), nil
}

// readSomeText reads a text that is not empty: an empty one would mean that the attribute is left out.
func (r *reader) readSomeText(attr *hcl.Attribute) (string, hcl.Diagnostics) {
	text, diags := r.readText(attr)
	if text == "" && !diags.HasErrors() {
		at := attr.Expr.Range()
		return "", hcl.Diagnostics{diag.Failure("Empty text", attr.Name+" is empty; leave it out instead.", &at)}
	}
	return text, diags
}

func (r *reader) readTexts(attr *hcl.Attribute) (out []string, diags hcl.Diagnostics) {
	v, diags := r.value(attr)
	if diags.HasErrors() {
		return nil, diags
	}
	if v.IsNull() || v.IsMarked() || !(v.Type().IsTupleType() || v.Type().IsListType()) {
		return nil, hcl.Diagnostics{wrongType(attr, "a list of strings")}
	}
	for _, e := range v.AsValueSlice() {
		if e.IsNull() || e.Type() != cty.String || e.IsMarked() || e.AsString() == "" {
			return nil, hcl.Diagnostics{wrongType(attr, "a list of strings that are not empty")}
		}
		out = append(out, e.AsString())
	}
	return out, nil
}

func (r *reader) readObject(attr *hcl.Attribute) (map[string]cty.Value, hcl.Diagnostics) {
	v, diags := r.value(attr)
	if diags.HasErrors() {
		return nil, diags
	}
	if v.IsNull() || v.ContainsMarked() || !(v.Type().IsObjectType() || v.Type().IsMapType()) {
		return nil, hcl.Diagnostics{wrongType(attr, "an object without sensitive values")}
	}
	out := v.AsValueMap()
	if out == nil {
		out = map[string]cty.Value{}
	}
	return out, nil
}

func wrongType(attr *hcl.Attribute, want string) *hcl.Diagnostic {
	at := attr.Expr.Range()
	return diag.Failure("Wrong type", attr.Name+" must be "+want+".", &at)
}
