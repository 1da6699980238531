package values

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
)

// TestSize shows how values are counted, and which are refused.
func TestSize(t *testing.T) {
	secret := cty.StringVal("pw").Mark(Sensitive)
	shared := cty.TupleVal([]cty.Value{cty.StringVal("ab"), cty.True})
	for _, tt := range []struct {
		name string
		v    cty.Value
		want Size
		err  string
	}{
		{"none", cty.NilVal, Size{}, ""},
		{"null", cty.NullVal(cty.String), Size{}, ""},
		{"unknown", cty.UnknownVal(cty.String), Size{}, ""},
		{"text", cty.StringVal("abc"), Size{Parts: 1, Text: 3}, ""},
		{"number", cty.NumberIntVal(7), Size{Parts: 1}, ""},
		{"infinite", cty.PositiveInfinity, Size{Parts: 1}, "it is infinite; a number must not be"},
		{"list", cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("bc")}), Size{Parts: 3, Text: 3}, ""},
		{"set of texts", cty.SetVal([]cty.Value{cty.StringVal("a"), cty.StringVal("bc")}), Size{Parts: 3}, ""},
		{"object", cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal("a")}), Size{Parts: 2, Text: 4}, ""},
		{"twice the same", cty.TupleVal([]cty.Value{shared, shared}), Size{Parts: 7, Text: 4}, ""},
		{"secret", secret, Size{Parts: 1, Text: 2, Secret: true}, ""},
		{"secret within", cty.TupleVal([]cty.Value{cty.True, secret}), Size{Parts: 3, Text: 2, Secret: true}, ""},
		{"too long", cty.StringVal(strings.Repeat("x", MaxText+1)), Size{Parts: 1, Text: MaxText + 1}, "it holds more than 64 MiB of text"},
	} {
		var s Size
		err := s.Add(tt.v)
		if s != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("%s: %+v, %v; want %+v, %s", tt.name, s, err, tt.want, tt.err)
		}
	}
}

// TestMarks shows which values are sensitive, and the same values without marks.
func TestMarks(t *testing.T) {
	secret := cty.StringVal("pw").Mark(Sensitive)
	for _, tt := range []struct {
		name   string
		v      cty.Value
		secret bool
	}{
		{"plain", cty.StringVal("x"), false},
		{"marked", secret, true},
		{"element", cty.TupleVal([]cty.Value{cty.True, secret}), true},
		{"attribute", cty.ObjectVal(map[string]cty.Value{"a": secret}), true},
		{"set", cty.SetVal([]cty.Value{secret}), true},
		{"null", cty.NullVal(cty.String).Mark(Sensitive), true},
	} {
		if got := IsSensitive(tt.v); got != tt.secret {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.secret)
		}
		if plain := Unmark(tt.v); IsSensitive(plain) || plain.ContainsMarked() {
			t.Errorf("%s: still marked", tt.name)
		}
	}
	if IsSensitive(cty.NilVal) {
		t.Error("no value is not sensitive")
	}
}

// TestSpelling shows that names of the same bytes have one spelling.
func TestSpelling(t *testing.T) {
	apart := "e\u0301" // cty would join the two
	for _, name := range []string{"plain", "é", apart, "\xff"} {
		once := SpellBytes(SpellText(name))
		if again := SpellBytes(once); again != once {
			t.Errorf("%q: %q, then %q", name, once, again)
		}
		v, err := SpellAll(cty.TupleVal([]cty.Value{cty.StringVal(SpellText(name)), cty.True, cty.NullVal(cty.String), cty.StringVal(once).Mark(Sensitive)}))
		if err != nil {
			t.Fatal(err)
		}
		parts := v.AsValueSlice()
		secret, _ := parts[3].Unmark()
		if first := parts[0].AsString(); first != secret.AsString() || !parts[3].IsMarked() || !parts[1].True() || !parts[2].IsNull() {
			t.Errorf("%q: %#v", name, v)
		}
	}
}

// TestConvert shows the results and errors of conversions. Large values are not left to cty.
func TestConvert(t *testing.T) {
	text, number := cty.StringVal("7"), cty.NumberIntVal(7)
	large := func(last ...cty.Value) []cty.Value {
		return append(slices.Repeat([]cty.Value{number}, SmallSize+1), last...)
	}
	texts := slices.Repeat([]cty.Value{text}, SmallSize+1)
	pair := func(v cty.Value) cty.Value { return cty.ObjectVal(map[string]cty.Value{"a": v}) }
	list, set, dict := cty.List(cty.String), cty.Set(cty.String), cty.Map(cty.String)
	for name, c := range map[string]struct {
		v    cty.Value
		to   cty.Type
		want cty.Value
		err  string
	}{
		"number to text":              {v: number, to: cty.String, want: text},
		"text to bool":                {v: text, to: cty.Bool, err: "a bool is required"},
		"null":                        {v: cty.NullVal(cty.DynamicPseudoType), to: list, want: cty.NullVal(list)},
		"tuple to list":               {v: cty.TupleVal([]cty.Value{text, number}), to: list, want: cty.ListVal([]cty.Value{text, text})},
		"tuple to set":                {v: cty.TupleVal([]cty.Value{text, number}), to: set, want: cty.SetVal([]cty.Value{text})},
		"object to map":               {v: pair(number), to: dict, want: cty.MapVal(map[string]cty.Value{"a": text})},
		"empty object to map":         {v: cty.EmptyObjectVal, to: dict, want: cty.MapValEmpty(cty.String)},
		"large tuple to list":         {v: cty.TupleVal(large()), to: list, want: cty.ListVal(texts)},
		"large tuple to set":          {v: cty.TupleVal(large()), to: set, want: cty.SetVal([]cty.Value{text})},
		"large tuple to anything":     {v: cty.TupleVal(large(text)), to: cty.List(cty.DynamicPseudoType), want: cty.ListVal(append(texts, text))},
		"large tuple, bad element":    {v: cty.TupleVal(large(cty.EmptyObjectVal)), to: list, err: "element 65: string required, but have object"},
		"large tuple, nothing common": {v: cty.TupleVal(large(cty.EmptyObjectVal)), to: cty.List(cty.DynamicPseudoType), err: "all list elements must have the same type"},
		"large tuple of objects":      {v: cty.TupleVal(slices.Repeat([]cty.Value{pair(number)}, SmallSize+1)), to: cty.List(dict), want: cty.ListVal(slices.Repeat([]cty.Value{cty.MapVal(map[string]cty.Value{"a": text})}, SmallSize+1))},
		"marked large tuple":          {v: cty.TupleVal(large()).Mark(Sensitive), to: list, want: cty.ListVal(texts).Mark(Sensitive)},
		"within an object":            {v: pair(cty.TupleVal(large())), to: cty.Object(map[string]cty.Type{"a": list}), want: pair(cty.ListVal(texts))},
		"within an object, bad":       {v: pair(cty.TupleVal(large(cty.EmptyObjectVal))), to: cty.Object(map[string]cty.Type{"a": list}), err: "element 65: string required, but have object"},
		"map of bad":                  {v: pair(cty.EmptyObjectVal), to: dict, err: `element "a": string required, but have object`},
		"list already":                {v: cty.ListVal(texts), to: cty.List(cty.DynamicPseudoType), want: cty.ListVal(texts)},
		"text to list":                {v: text, to: list, err: "list of string required, but have string"},
	} {
		got, err := Convert(c.v, c.to)
		switch {
		case c.err != "":
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: %#v, %v; want the error %s", name, got, err, c.err)
			}
		case err != nil || !got.RawEquals(c.want):
			t.Errorf("%s: %#v, %v; want %#v", name, got, err, c.want)
		}
	}
}

// TestApplyDefaults: elements of large collections get their defaults one by one.
func TestApplyDefaults(t *testing.T) {
	element := &typeexpr.Defaults{
		Type:          cty.ObjectWithOptionalAttrs(map[string]cty.Type{"a": cty.String, "b": cty.Number}, []string{"a"}),
		DefaultValues: map[string]cty.Value{"a": cty.StringVal("x")},
	}
	given := cty.ObjectVal(map[string]cty.Value{"b": cty.Zero})
	whole := cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("x"), "b": cty.Zero})
	many := func(v cty.Value) []cty.Value { return slices.Repeat([]cty.Value{v}, SmallSize+1) }
	named := func(v cty.Value) map[string]cty.Value {
		out := map[string]cty.Value{}
		for i, e := range many(v) {
			out[fmt.Sprint(i)] = e
		}
		return out
	}
	lists := &typeexpr.Defaults{Type: cty.List(element.Type), Children: map[string]*typeexpr.Defaults{"": element}}
	maps := &typeexpr.Defaults{Type: cty.Map(element.Type), Children: map[string]*typeexpr.Defaults{"": element}}
	for name, c := range map[string]struct {
		d       *typeexpr.Defaults
		v, want cty.Value
	}{
		"an object":    {element, given, whole},
		"a tuple":      {lists, cty.TupleVal(many(given)), cty.TupleVal(many(whole))},
		"named":        {maps, cty.ObjectVal(named(given)), cty.ObjectVal(named(whole))},
		"null of many": {lists, cty.NullVal(lists.Type), cty.NullVal(lists.Type)},
	} {
		if got := ApplyDefaults(c.d, c.v); !got.RawEquals(c.want) {
			t.Errorf("%s: %#v, want %#v", name, got, c.want)
		}
	}
}
