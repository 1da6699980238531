package resourcetest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"converge/internal/resource"
)

// Build makes a resource of attribute values as the manifest does: converts
// and checks them, fills in the defaults, lets the kind prepare them.
func Build(k *resource.Kind, w *World, name string, attrs map[string]cty.Value) (*resource.Resource, error) {
	locate := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(w.Dir, path)
	}
	in := resource.Input{
		Addr: resource.Addr{Kind: k.Name, Name: name}, Dir: w.Dir, Attrs: map[string]cty.Value{},
		Node:     func(string) any { return resource.GoValue(w.Node) },
		ReadFile: func(path string) ([]byte, error) { return os.ReadFile(locate(path)) },
		Source:   func(path string) (*resource.Blob, error) { return resource.FileBlob(locate(path), nil) },
	}
	for n := range attrs {
		if _, ok := k.Attr(n); !ok {
			return nil, fmt.Errorf("%s has no attribute %q", k.Name, n)
		}
	}
	for i := range k.Attrs {
		if err := set(in.Attrs, &k.Attrs[i], attrs); err != nil {
			return nil, err
		}
	}
	if k.Prepare != nil {
		var err error
		if in.Attrs, err = k.Prepare(in); err != nil {
			return nil, err
		}
	}
	want := cty.ObjectVal(in.Attrs)
	return &resource.Resource{Addr: in.Addr, Kind: k, Want: want, Secret: k.Secrets(want, nil)}, nil
}

func set(out map[string]cty.Value, a *resource.Attr, attrs map[string]cty.Value) error {
	v, ok := attrs[a.Name]
	if !ok || v.IsNull() {
		v = a.Default
	} else if a.Computed {
		return fmt.Errorf("%s cannot be set", a.Name)
	}
	switch {
	case v == cty.NilVal && a.Required:
		return fmt.Errorf("%s is required", a.Name)
	case v == cty.NilVal:
		return nil
	}
	v, err := convert.Convert(v, a.Type)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Name, err)
	}
	if len(a.OneOf) > 0 && !slices.Contains(a.OneOf, v.AsString()) {
		return fmt.Errorf("%s must be one of %q", a.Name, a.OneOf)
	}
	if a.Check != nil {
		if err := a.Check(v); err != nil {
			return fmt.Errorf("%s %w", a.Name, err)
		}
	}
	out[a.Name] = v
	return nil
}

// CheckKind proves what can be checked of a kind without a machine: it is documented, and its parts fit together.
func CheckKind(t testing.TB, k *resource.Kind) {
	t.Helper()
	if k.Name == "" || k.Doc == "" || k.Example == "" {
		t.Errorf("kind %q lacks a name, documentation or an example", k.Name)
	}
	if _, ok := k.Attr(k.Label); k.Label != "" && !ok {
		t.Errorf("the label fills in %q, which is no attribute", k.Label)
	}
	seen := map[string]bool{}
	for i := range k.Attrs {
		a := &k.Attrs[i]
		if seen[a.Name] {
			t.Errorf("attribute %q is there twice", a.Name)
		}
		seen[a.Name] = true
		if a.Doc == "" {
			t.Errorf("attribute %q is not documented", a.Name)
		}
		if a.Required && a.Default != cty.NilVal {
			t.Errorf("attribute %q is required and has a default", a.Name)
		}
		if err := set(map[string]cty.Value{}, &resource.Attr{Name: a.Name, Type: a.Type, OneOf: a.OneOf, Check: a.Check}, map[string]cty.Value{a.Name: a.Default}); a.Default != cty.NilVal && err != nil {
			t.Errorf("the default is not allowed: %v", err)
		}
		for _, from := range a.SecretIf {
			if _, ok := k.Attr(from); !ok {
				t.Errorf("attribute %q is secret if %q is, which is no attribute", a.Name, from)
			}
		}
	}
	for i, v := range k.Verbs {
		if slices.Index(k.Verbs, v) != i {
			t.Errorf("verb %q is there twice", v)
		}
		if seen[v+"_on"] {
			t.Errorf("attribute %q hides what the verb %q brings", v+"_on", v)
		}
	}
}

// Attrs is short for a map of attribute values.
func Attrs(pairs ...any) map[string]cty.Value {
	return With(map[string]cty.Value{}, pairs...)
}

// With copies attributes and adds some: nil takes one away.
func With(attrs map[string]cty.Value, pairs ...any) map[string]cty.Value {
	out := maps.Clone(attrs)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == nil {
			delete(out, pairs[i].(string))
			continue
		}
		out[pairs[i].(string)] = val(pairs[i+1])
	}
	return out
}

func val(v any) cty.Value {
	switch v := v.(type) {
	case cty.Value:
		return v
	case string:
		return cty.StringVal(v)
	case bool:
		return cty.BoolVal(v)
	case int:
		return cty.NumberIntVal(int64(v))
	case []string:
		out := make([]cty.Value, len(v))
		for i, s := range v {
			out[i] = cty.StringVal(s)
		}
		return cty.TupleVal(out)
	case map[string]any:
		out := make(map[string]cty.Value, len(v))
		for k, e := range v {
			out[k] = val(e)
		}
		return cty.ObjectVal(out)
	}
	panic(fmt.Sprintf("resourcetest: a %T cannot be an attribute", v))
}
