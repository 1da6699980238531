package event

import (
	"encoding/json"
	"testing"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// FuzzPlainText holds what plain texts are written and read as against what the libraries make of them.
func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"", "0644", "/etc/nginx/nginx.conf", `a"b`, `a\b`, "a\nb", "ä", "\x7f", "<a> & b", "\xff", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := cty.StringVal(s)
		want, err := ctyjson.Marshal(v, cty.String)
		if err != nil {
			t.Fatal(err) // the library writes every text
		}
		got := jsonOf(v)
		if string(got) != string(want) {
			t.Errorf("%q is written as %s, not %s", s, got, want)
		}
		var read string
		if text, plain := PlainText(got); plain {
			if err := json.Unmarshal(got, &read); err != nil || read != text {
				t.Errorf("%s is read as %q, not %q (%v)", got, text, read, err)
			}
		}
	})
}
