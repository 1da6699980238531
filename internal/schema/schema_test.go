package schema_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/app/kinds"
	"converge/internal/schema"
)

// compile compiles the schema for validation.
func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(schema.Of(kinds.New().All()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("converge.json", read(t, text)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("converge.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return v
}

// TestExamples validates the examples of the kinds, of the folder examples and of the language page in JSON.
func TestExamples(t *testing.T) {
	t.Parallel()
	s := compile(t)
	manifests := map[string]string{}
	for _, k := range kinds.New().All() {
		manifests[k.Name] = k.Example
	}
	err := filepath.WalkDir("../../examples", func(path string, e fs.DirEntry, err error) error {
		if e != nil && e.IsDir() && e.Name() == "data" {
			return fs.SkipDir // values of variables
		}
		if err != nil || !strings.HasSuffix(path, ".hcl") || strings.HasSuffix(path, ".test.hcl") || e.Name() == "pack.hcl" {
			return err
		}
		text, err := os.ReadFile(path)
		manifests[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range manifests {
		if err := s.Validate(read(t, toJSON(t, name, text))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAccepts shows the ways in which HCL writes the same in JSON.
func TestAccepts(t *testing.T) {
	t.Parallel()
	s := compile(t)
	for _, text := range []string{
		`{}`,
		`[{"//": "a comment"}, {"locals": {"a": 1, "b": [true]}}]`,
		`{"file": {"/etc/motd": {"content": "hello", "//": "why"}}}`,
		`{"file": [{"/etc/motd": {"content": "hello"}}, {"/etc/issue": [{"content": "hello"}]}]}`,
		`{"file": {"each": {"for_each": ["a"], "path": "/${each.key}", "mode": 644, "when": "${node.os.id == \"debian\"}"}}}`,
		`{"file": {"each": {"for_each": {"a": 1}, "path": "/x", "mode": null, "sensitive": "true"}}}`,
		`{"package": {"web": {"ensure": "%{ if var.gone }absent%{ else }present%{ endif }", "notifies": ["immediately(service.web.reload)"]}}}`,
		`{"service": {"web": {"restart_on": ["file.conf"], "depends_on": "${[package.web]}"}}}`,
		`{"variable": {"n": {"type": "list(number)", "validation": [{"condition": "${var.n > 1}", "error_message": "no"}]}}}`,
		`{"module": {"web": {"source": "./m", "own": {"input": 1}}}, "settings": {"prune": true}, "forget": [{"things": ["path:/x"]}]}`,
	} {
		if err := s.Validate(read(t, []byte(text))); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestRefuses shows mistakes, and where the schema finds each.
func TestRefuses(t *testing.T) {
	t.Parallel()
	s := compile(t)
	for _, c := range []struct{ manifest, at string }{
		{`{"fil": {"/etc/motd": {"content": "x"}}}`, "'fil'"},
		{`{"file": {"/etc/motd": {"contnet": "x"}}}`, "'contnet'"},
		{`{"file": {"path": "/etc/motd"}}`, "/file/path"},
		{`{"file": "/etc/motd"}`, "/file"},
		{`{"file": {"": {"path": "/etc/motd"}}}`, "/file"},
		{`{"file": {"/x": {"ensure": "here"}}}`, "/file/~1x/ensure"},
		{`{"file": {"/x": {"content": ["x"]}}}`, "/file/~1x/content"},
		{`{"file": {"/x": {"when": "yes"}}}`, "/file/~1x/when"},
		{`{"service": {"x": {"depends_on": "package.nginx"}}}`, "/service/x/depends_on"},
		{`{"service": {"x": {"running": {}}}}`, "/service/x/running"},
		{`{"output": {"x": {}}}`, "'value'"},
		{`{"setting": {"x": {"value": "1"}}}`, "'path'"},
		{`{"settings": {"prune": 1}}`, "/settings/prune"},
		{`{"variable": {"n": {"validation": {"condition": true}}}}`, "'error_message'"},
		{`{"path": "/etc/motd"}`, "'path'"},
		{`[["file"]]`, "/0"},
	} {
		err := s.Validate(read(t, []byte(c.manifest)))
		if err == nil {
			t.Errorf("%s is accepted", c.manifest)
		} else if !strings.Contains(err.Error(), c.at) {
			t.Errorf("%s: %v\nwant %s", c.manifest, err, c.at)
		}
	}
}

// TestDescribed shows that every block and every attribute has a description.
func TestDescribed(t *testing.T) {
	t.Parallel()
	s := schema.Of(kinds.New().All())
	for name, a := range s.Defs["attribute"].Defs {
		if a.Description == "" {
			t.Errorf("%s is not described", name)
		}
	}
	for name, block := range s.Defs["manifest"].Properties {
		if block.Description == "" {
			t.Errorf("%s is not described", name)
		}
		body := s.Defs[name]
		if body == nil {
			continue // a comment
		}
		for attr, a := range body.Properties {
			if a.Description == "" && a.Ref == "" {
				t.Errorf("%s.%s is not described", name, attr)
			}
		}
	}
}

// toJSON writes a manifest as JSON: constants unchanged, other expressions as ${…}.
func toJSON(t *testing.T, name, text string) []byte {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(text), name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	out, err := json.Marshal(bodyOf(file.Body.(*hclsyntax.Body), []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func bodyOf(b *hclsyntax.Body, text []byte) map[string]any {
	out := map[string]any{}
	for name, a := range b.Attributes {
		if out[name] = valueOf(a.Expr, text); name == "type" {
			out[name] = string(a.Expr.Range().SliceBytes(text))
		}
	}
	for _, block := range b.Blocks {
		var one any = bodyOf(block.Body, text)
		for i := len(block.Labels) - 1; i >= 0; i-- {
			one = map[string]any{block.Labels[i]: one}
		}
		list, _ := out[block.Type].([]any)
		out[block.Type] = append(list, one)
	}
	return out
}

func valueOf(x hclsyntax.Expression, text []byte) any {
	if v, diags := x.Value(nil); !diags.HasErrors() && !v.IsNull() {
		b, err := ctyjson.Marshal(v, v.Type())
		if err == nil && v.Type() != cty.DynamicPseudoType {
			return json.RawMessage(b)
		}
	}
	if list, ok := x.(*hclsyntax.TupleConsExpr); ok {
		out := make([]any, len(list.Exprs))
		for i, e := range list.Exprs {
			out[i] = valueOf(e, text)
		}
		return out
	}
	return "${" + string(x.Range().SliceBytes(text)) + "}"
}
