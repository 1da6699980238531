package resources_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

func TestSparseObject(t *testing.T) {
	v := cty.ObjectVal(map[string]cty.Value{
		"s": cty.StringVal("x"), "b": cty.True, "null": cty.NullVal(cty.String), "n": cty.NumberIntVal(1),
		"l": cty.ListVal([]cty.Value{cty.StringVal("a"), cty.NullVal(cty.String), cty.StringVal("b")}),
		"t": cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.NumberIntVal(1)}), "set": cty.SetVal([]cty.Value{cty.StringVal("z"), cty.StringVal("y")}),
		"e": cty.ListValEmpty(cty.String),
	})
	for _, nothing := range []cty.Value{cty.NilVal, resources.Absent, cty.EmptyObjectVal, cty.StringVal("s")} {
		if resources.HasAttr(nothing, "s") || resources.GetAttr(nothing, "s") != cty.NilVal || resources.StringAttr(nothing, "s") != "" ||
			resources.BoolAttr(nothing, "b") || resources.StringsAttr(nothing, "l") != nil {
			t.Errorf("%#v has attributes", nothing)
		}
	}
	got := map[string]any{
		"has s": resources.HasAttr(v, "s"), "has null": resources.HasAttr(v, "null"), "null": resources.GetAttr(v, "null") == cty.NilVal,
		"s": resources.StringAttr(v, "s"), "n": resources.StringAttr(v, "n"), "b": resources.BoolAttr(v, "b"), "s as bool": resources.BoolAttr(v, "s"),
		"l": resources.StringsAttr(v, "l"), "t": resources.StringsAttr(v, "t"), "set": resources.StringsAttr(v, "set"),
		"e": resources.StringsAttr(v, "e"), "s as list": resources.StringsAttr(v, "s"),
	}
	want := map[string]any{
		"has s": true, "has null": true, "null": true, "s": "x", "n": "", "b": true, "s as bool": false,
		"l": []string{"a", "b"}, "t": []string{"a"}, "set": []string{"y", "z"}, "e": []string{}, "s as list": []string(nil),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWith(t *testing.T) {
	one := resources.With(cty.NilVal, "a", cty.StringVal("1"))
	two := resources.With(one, "b", cty.StringVal("2"))
	three := resources.With(two, "a", cty.StringVal("3"))
	for _, c := range []struct{ got, want cty.Value }{
		{one, obj("a=1")},
		{two, obj("a=1 b=2")},
		{three, obj("a=3 b=2")},
		{resources.With(resources.Absent, "a", cty.StringVal("1")), obj("a=1")},
		{resources.With(cty.EmptyObjectVal, "a", cty.StringVal("1")), obj("a=1")},
	} {
		if !c.got.RawEquals(c.want) {
			t.Errorf("got %#v, want %#v", c.got, c.want)
		}
	}
}
