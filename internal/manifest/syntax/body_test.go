package syntax

import (
	"cmp"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/source"
)

// TestListBlocks compares the blocks of a manifest, and their attributes, with HCL's result for the same schema, in both
// syntaxes.
func TestListBlocks(t *testing.T) {
	schema := NewSchema([]hcl.BlockHeaderSchema{{Type: "a", LabelNames: []string{"name"}}, {Type: "b"}})
	for _, tt := range []struct {
		text         string
		blocks, errs int
		json         bool
	}{
		{"", 0, 0, false},
		{"a \"x\" {\n  z = 1\n  y = 2\n}\nb {}\na \"y\" {\n  c {}\n  z = 1\n  y = 2\n}", 3, 0, false},
		{"a {}\nb {}", 1, 1, false},
		{"a \"x\" \"y\" {}\nb \"x\" {}", 0, 2, false},
		{"c {}\na \"x\" {}", 1, 1, false},
		{"a = 1\nb {}", 1, 1, false},
		{`{"a": {"x": {"z": 1, "y": 2}}, "b": {}}`, 2, 0, true},
		{`{"c": {}, "b": {}}`, 1, 1, true},
	} {
		file, diags := Parse(Whole(source.Document{Name: "t", Data: []byte(tt.text), JSON: tt.json}))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		got, diags := schema.ListBlocks(file.Body)
		want, wantDiags := file.Body.Content(&schema.BodySchema)
		if !reflect.DeepEqual(got, want.Blocks) && len(got)+len(want.Blocks) > 0 || len(got) != tt.blocks {
			t.Errorf("%q: got the blocks %v, want %v", tt.text, got, want.Blocks)
		}
		if wantDiags = schema.explainJSONBlocks(wantDiags); !reflect.DeepEqual(diags, wantDiags) || len(diags) != tt.errs {
			t.Errorf("%q: got %v, want %v", tt.text, diags, wantDiags)
		}
		for _, b := range got {
			checkAttributes(t, b)
		}
	}
}

func checkAttributes(t *testing.T, b *hcl.Block) {
	t.Helper()
	got, diags := ListAttributes(b)
	want, wantDiags := b.Body.JustAttributes()
	if !reflect.DeepEqual(diags, wantDiags) || len(got) != len(want) {
		t.Errorf("%v: got %v and %v, want %v and %v", b.DefRange, got, diags, want, wantDiags)
	}
	for _, a := range got {
		if w := want[a.Name]; w == nil || !reflect.DeepEqual(a, Attribute{w.Name, w.Expr, &w.NameRange}) {
			t.Errorf("%v: got %v, want %v", b.DefRange, a, w)
		}
	}
	if !slices.IsSortedFunc(got, func(a, b Attribute) int { return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte) }) {
		t.Errorf("%v: %v are not in order", b.DefRange, got)
	}
}
