package resource_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestSparseObject(t *testing.T) {
	v := cty.ObjectVal(map[string]cty.Value{
		"s": cty.StringVal("x"), "b": cty.True, "null": cty.NullVal(cty.String), "n": cty.NumberIntVal(1),
	})
	for _, nothing := range []cty.Value{cty.NilVal, resource.Absent, cty.EmptyObjectVal, cty.StringVal("s")} {
		if resource.HasAttr(nothing, "s") || resource.GetAttr(nothing, "s") != cty.NilVal || resource.StringAttr(nothing, "s") != "" ||
			resource.BoolAttr(nothing, "b") {
			t.Errorf("%#v has attributes", nothing)
		}
	}
	got := map[string]any{
		"has s": resource.HasAttr(v, "s"), "has null": resource.HasAttr(v, "null"), "null": resource.GetAttr(v, "null") == cty.NilVal,
		"s": resource.StringAttr(v, "s"), "n": resource.StringAttr(v, "n"), "b": resource.BoolAttr(v, "b"), "s as bool": resource.BoolAttr(v, "s"),
	}
	want := map[string]any{
		"has s": true, "has null": true, "null": true, "s": "x", "n": "", "b": true, "s as bool": false,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWith(t *testing.T) {
	one := resource.With(cty.NilVal, "a", cty.StringVal("1"))
	two := resource.With(one, "b", cty.StringVal("2"))
	three := resource.With(two, "a", cty.StringVal("3"))
	for _, c := range []struct{ got, want cty.Value }{
		{one, obj("a=1")},
		{two, obj("a=1 b=2")},
		{three, obj("a=3 b=2")},
		{resource.With(resource.Absent, "a", cty.StringVal("1")), obj("a=1")},
		{resource.With(cty.EmptyObjectVal, "a", cty.StringVal("1")), obj("a=1")},
	} {
		if !c.got.RawEquals(c.want) {
			t.Errorf("got %#v, want %#v", c.got, c.want)
		}
	}
}
