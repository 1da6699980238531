package render

import "testing"

// A template that cannot tell what node is does not have it found out.
func TestTemplateAsksForNodeWhereItCounts(t *testing.T) {
	for text, asks := range map[string]bool{
		"plain. text":                              false,
		"{{ .a }}":                                 false,
		"{{ .vars.a }} {{ $x := 1.5 }}{{ $x }}":    false,
		"{{ $.a }} 10.0.0.1 a.conf":                false,
		"{{ .node.os }}":                           true,
		"{{ index . \"no\" }}":                     true,
		"{{ toJson $ }}":                           true,
		"{{ range $k, $v := . }}{{ $k }}{{ end }}": true,
		"{{ .a }}. It errs on the side of asking":  true,
	} {
		if got := seesNode(text); got != asks {
			t.Errorf("%q: %v, want %v", text, got, asks)
		}
	}
}
