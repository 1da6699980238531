package values

import (
	"strings"
	"testing"

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

// TestMarks shows what is sensitive, and the same without marks.
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
