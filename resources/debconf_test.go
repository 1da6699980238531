package resources

import (
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestChoices(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                     nil,
		"a":                                    {"a"},
		"a, b":                                 {"a", "b"},
		"a,  b,\tc":                            {"a", "b", "c"},
		"a,b":                                  {"a,b"},
		`a\, b, c`:                             {"a, b", "c"},
		`a\ b, c\d`:                            {"a b", `c\d`},
		"de_DE.UTF-8 UTF-8, en_US.UTF-8 UTF-8": {"de_DE.UTF-8 UTF-8", "en_US.UTF-8 UTF-8"},
		"a,":                                   {"a,"},
	} {
		if got := splitChoices(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What a list declares is what debconf splits the text into.
func FuzzChoices(f *testing.F) {
	f.Add("a, b", ",", " ")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		items := []string{a, b, c}
		for _, item := range items {
			if !isChoice(item) {
				return
			}
		}
		if got := splitChoices(joinChoices(items)); !slices.Equal(got, items) {
			t.Errorf("%q becomes %q", items, got)
		}
	})
}

func TestAnswersThatAreRefused(t *testing.T) {
	object := func(typ string, value cty.Value) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"type": cty.StringVal(typ), "value": value})
	}
	text := cty.StringVal
	for want, v := range map[string]cty.Value{
		"must be answers by the names of their questions":            text("a"),
		"must have at least one answer":                              cty.EmptyObjectVal,
		`must be by names of questions, such as tzdata/Areas; "a b"`: cty.ObjectVal(map[string]cty.Value{"a b": object("string", text("x"))}),
		`"a,b" is none`: cty.ObjectVal(map[string]cty.Value{"a,b": object("string", text("x"))}),
		"must be an object of type and value for a/q":                cty.ObjectVal(map[string]cty.Value{"a/q": text("x")}),
		"must have one of the types string, boolean":                 cty.ObjectVal(map[string]cty.Value{"a/q": object("text2", text("x"))}),
		"must be true or false (the question a/q)":                   cty.ObjectVal(map[string]cty.Value{"a/q": object("boolean", text("yes"))}),
		"a backslash before an n":                                    cty.ObjectVal(map[string]cty.Value{"a/q": object("password", text(`x\ny`))}),
		"must be a list of choices, none empty":                      cty.ObjectVal(map[string]cty.Value{"a/q": object("multiselect", cty.TupleVal([]cty.Value{text("")}))}),
		"must have a text as its value":                              cty.ObjectVal(map[string]cty.Value{"a/q": object("select", cty.TupleVal([]cty.Value{text("a")}))}),
		"must have type and value, and nothing else, for a/q":        cty.ObjectVal(map[string]cty.Value{"a/q": cty.ObjectVal(map[string]cty.Value{"typo": text("x")})}),
		"must have a value; an empty one is \"\" (the question a/q)": cty.ObjectVal(map[string]cty.Value{"a/q": cty.ObjectVal(map[string]cty.Value{"type": text("string")})}),
	} {
		if err := checkAnswers(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Records of several changes of one resource are joined by question: the first counts.
func TestJoinedDebconfPasts(t *testing.T) {
	const first, then = `{"a":{"type":"string","value":"1"}}`, `{"a":{"type":"string","value":"2"},"b":{"type":"select","registered":true}}`
	const want = `{"a":{"type":"string","value":"1"},"b":{"type":"select","registered":true}}`
	if got := joinDebconfPasts(resource.EncodeText(first), resource.EncodeText(then)); got != want {
		t.Error(got)
	}
	if got := joinDebconfPasts("of another version", then); got != "of another version" {
		t.Error(got)
	}
}

// An answer that goes is a side of the thing that protect keeps; another answer is not.
func TestLosesAnswer(t *testing.T) {
	a, b := "a", "b"
	for name, c := range map[string]struct {
		have, want Answers
		loses      bool
	}{
		"none to some": {Answers{"q": nil}, Answers{"q": &a}, false},
		"another":      {Answers{"q": &a}, Answers{"q": &b}, false},
		"none":         {Answers{"q": &a, "r": &b}, Answers{"q": &a, "r": nil}, true},
	} {
		if got := losesAnswer(AnswersVal(c.have), AnswersVal(c.want)); got != c.loses {
			t.Errorf("%s: %v", name, got)
		}
		if got := losesAnswer(resource.BlobVal(PasswordsBlob(c.have)), resource.BlobVal(PasswordsBlob(c.want))); got != c.loses {
			t.Errorf("%s, of passwords: %v", name, got)
		}
	}
}
