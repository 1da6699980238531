package resources_test

import (
	"encoding/json"
	"path"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// oddNames are names that text does not hold as they are, and their likes.
func oddNames() []string {
	return []string{
		"/p/plain", "/p/é", "/p/e\u0301", "/p/a\xe8", "/p/a\xe9/b", "/\xff\xfe", "/p/\u0301x", "/p/\U0010ffe8", "/p/a\xe8\U0010ffe8",
		"/p/\xf4\x8f\xbf", "/p/日本", "/p/\u1100\u1161", "/p/a\u0323\u0307/b\xe8", "/p/\x01\x7f", "/p/q\\xe8", "/", "",
	}
}

func TestNamesOfAnyBytesSurviveAsText(t *testing.T) {
	seen := map[string]string{}
	for _, name := range oddNames() {
		text := resources.EncodeBytes(name)
		if other, ok := seen[text]; ok {
			t.Errorf("%q and %q are both written %q", name, other, text)
		}
		seen[text] = name
		through := cty.StringVal(text).AsString()
		b, err := json.Marshal(through)
		if err == nil {
			err = json.Unmarshal(b, &through)
		}
		if got := resources.DecodeBytes(through); err != nil || got != name {
			t.Errorf("%q came back as %q, %v", name, got, err)
		}
		if a, b := resources.EncodeBytes(path.Dir(name)), path.Dir(text); name != "" && a != b {
			t.Errorf("the parent of %q is %q, and %q of the encoded one", name, a, b)
		}
	}
	for _, plain := range []string{"/p/plain", "/p/é", "/p/日本", "/p/q\\xe8"} {
		if got := resources.EncodeBytes(plain); got != plain {
			t.Errorf("%q is text, and encoded as %q", plain, got)
		}
	}
}

func FuzzEncodeBytes(f *testing.F) {
	for _, name := range oddNames() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		text := cty.StringVal(resources.EncodeBytes(name)).AsString()
		if got := resources.DecodeBytes(text); got != name {
			t.Errorf("%q came back as %q", name, got)
		}
	})
}

// A message keeps every byte on its way through JSON, also beside names that it
// holds encoded.
func TestMessagesOfAnyBytesSurviveAsText(t *testing.T) {
	for _, name := range oddNames() {
		message := resources.EncodeInvalid("read " + resources.EncodeBytes(name) + ": \xe9 \xff")
		b, err := json.Marshal(message)
		var through string
		if err == nil {
			err = json.Unmarshal(b, &through)
		}
		if got, want := resources.DecodeMessage(through), "read "+name+": \xe9 \xff"; err != nil || got != want {
			t.Errorf("%q came back as %q, %v", want, got, err)
		}
	}
	for in, want := range map[string]string{
		`no "\U0010ffe" and \U0010ff`: `no "\U0010ffe" and \U0010ff`,
		`"a\U0010ffcc\U0010ff81"`:     "\"a\u0301\"",
		`"\U0010ffe9" \U0010ff7f`:     "\"\xe9\" " + `\U0010ff7f`,
	} {
		if got := resources.DecodeMessage(in); got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
	}
}
