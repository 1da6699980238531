package resource_test

import (
	"encoding/json"
	"path"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

func TestNamesOfAnyBytesSurviveAsText(t *testing.T) {
	seen := map[string]string{}
	for _, name := range resourcetest.OddNames() {
		text := resource.EncodeBytes(name)
		if other, ok := seen[text]; ok {
			t.Errorf("%q and %q are both written %q", name, other, text)
		}
		seen[text] = name
		through := cty.StringVal(text).AsString()
		b, err := json.Marshal(through)
		if err == nil {
			err = json.Unmarshal(b, &through)
		}
		if got := resource.DecodeBytes(through); err != nil || got != name {
			t.Errorf("%q came back as %q, %v", name, got, err)
		}
		if a, b := resource.EncodeBytes(path.Dir(name)), path.Dir(text); name != "" && a != b {
			t.Errorf("the parent of %q is %q, and %q of the encoded one", name, a, b)
		}
	}
	for _, plain := range []string{"/p/plain", "/p/é", "/p/日本", "/p/q\\xe8"} {
		if got := resource.EncodeBytes(plain); got != plain {
			t.Errorf("%q is text, and encoded as %q", plain, got)
		}
	}
}

func FuzzEncodeBytes(f *testing.F) {
	for _, name := range resourcetest.OddNames() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		text := cty.StringVal(resource.EncodeBytes(name)).AsString()
		if got := resource.DecodeBytes(text); got != name {
			t.Errorf("%q came back as %q", name, got)
		}
	})
}

// A message keeps every byte on its way through JSON, also beside names that it
// holds encoded.
func TestMessagesOfAnyBytesSurviveAsText(t *testing.T) {
	for _, name := range resourcetest.OddNames() {
		message := resource.EncodeInvalid("read " + resource.EncodeBytes(name) + ": \xe9 \xff")
		b, err := json.Marshal(message)
		var through string
		if err == nil {
			err = json.Unmarshal(b, &through)
		}
		if got, want := resource.DecodeMessage(through), "read "+name+": \xe9 \xff"; err != nil || got != want {
			t.Errorf("%q came back as %q, %v", want, got, err)
		}
	}
	for in, want := range map[string]string{
		`no "\U0010ffe" and \U0010ff`: `no "\U0010ffe" and \U0010ff`,
		`"a\U0010ffcc\U0010ff81"`:     "\"a\u0301\"",
		`"\U0010ffe9" \U0010ff7f`:     "\"\xe9\" " + `\U0010ff7f`,
	} {
		if got := resource.DecodeMessage(in); got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
	}
}
