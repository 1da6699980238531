package functions

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestBytesNameFiles(t *testing.T) {
	for in, want := range map[string]string{
		"/p/plain": "/p/plain", `/p/caf\xe9`: "/p/caf\xe9", `/p/e\xcc\x81`: "/p/e\u0301", `/p/\xc3\xa9`: "/p/é", `a\\xe9`: `a\xe9`,
		`\x`: "", `\xg0`: "", `\x00`: "", `\n`: "", `tail\`: "",
	} {
		got, err := MakeTextFunc(unescapeBytes).Call([]cty.Value{cty.StringVal(in)})
		switch {
		case (err == nil) != (want != ""):
			t.Errorf("bytes(%q): %v", in, err)
		case err == nil && resource.DecodeBytes(got.AsString()) != want:
			t.Errorf("bytes(%q) is %q", in, got.AsString())
		}
	}
}
