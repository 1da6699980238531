package render

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

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

// FuzzSeesNode: a template that is not said to see the node gives the same without
// one.
func FuzzSeesNode(f *testing.F) {
	for _, text := range []string{"{{ .a }}", "{{ .node.os }}", "{{ index . \"no\" }}", "{{ range $k, $v := . }}{{ $k }}{{ end }}", "{{ $x := .vars }}{{ $x.a }}", "{{with .a}}{{.}}{{end}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if seesNode(text) || strings.Contains(text, "repeat") || strings.Contains(text, "until") || strings.Contains(text, "seq") {
			return
		}
		data := func(node map[string]any) map[string]any {
			return map[string]any{"a": "x", "vars": map[string]any{"a": "x"}, "node": node}
		}
		with, withErr := new(Renderer).Render("t", text, data(map[string]any{"os": "debian"}))
		without, withoutErr := new(Renderer).Render("t", text, data(map[string]any{}))
		if string(with) != string(without) || (withErr == nil) != (withoutErr == nil) {
			t.Errorf("with a node %q (%v), without %q (%v)", with, withErr, without, withoutErr)
		}
	})
}

// TestLeavesDataAlone shows which templates work on a copy of their data: those that
// may write into it, or print where in memory it lies.
func TestLeavesDataAlone(t *testing.T) {
	funcs := templateFuncs()
	for text, want := range map[string]bool{
		"{{ .a }}":                             true,
		"{{ set .a \"k\" 1 }}":                 false,
		"{{ merge .a .b }}":                    false,
		"{{ unset .a \"k\" }}":                 false,
		"{{ sortAlpha .a }}":                   false,
		"{{ printf \"%d%%\" .a }}":             true,
		"{{ printf \"%p\" .a }}":               false,
		"{{ printf \"%-5p\" .a }}":             false,
		"{{ printf `%[1]p` .a }}":              false,
		"{{ $f := \"%p\" }}{{ printf $f .a }}": false,
		"{{ .a | printf }}":                    false,
		"{{ printf \"%printf\" .a }}":          false,
		"100% pure {{ printf \"%d\" .a }}":     false, // more than needs one
		"100% pure {{ .a }}":                   true,
	} {
		r := &Renderer{funcs: funcs}
		if got := leavesDataAlone(text, r.named(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// TestCopyData: what a template does to its copy is not seen in the original.
func TestCopyData(t *testing.T) {
	data := map[string]any{"m": map[string]any{"k": 1}, "l": []any{map[string]any{"k": 2}, "s"}}
	c := copyData(data).(map[string]any)
	c["m"].(map[string]any)["k"], c["l"].([]any)[0].(map[string]any)["k"], c["l"].([]any)[1] = 7, 8, 9
	want := map[string]any{"m": map[string]any{"k": 1}, "l": []any{map[string]any{"k": 2}, "s"}}
	if !reflect.DeepEqual(data, want) {
		t.Errorf("the original is %v", data)
	}
}

// TestRenderErrors shows where an error of text/template lies, and in which words.
func TestRenderErrors(t *testing.T) {
	for text, want := range map[string]RenderError{
		"something else":                                                 {Name: "n", Msg: "something else"},
		"template: n:3: unexpected EOF":                                  {Name: "n", Line: 3, Msg: "unexpected EOF"},
		"template: n:3:4: executing \"n\" at <.a.b>: no b":               {Name: "n", Line: 3, Col: 5, At: ".a.b", Msg: "{{.a.b}}: no b"},
		"template: n:3:4: executing \"n\" at <{{template \"x\"}}>: deep": {Name: "n", Line: 3, Col: 5, At: "template \"x\"", Msg: "{{template \"x\"}}: deep"},
		"template: n:1: function \"now\" not defined":                    {Name: "n", Line: 1, Msg: "function \"now\" not defined: it is not a pure function of its input, so no plan could foretell what it gives"},
		"template: n:99999999999999999999: x":                            {Name: "n", Line: math.MaxInt, Msg: "x"},
		"template: other:3: x":                                           {Name: "n", Msg: "template: other:3: x"},
		"template: n:3:4: executing \"n\" at <.a>: two\nlines":           {Name: "n", Line: 3, Col: 5, At: ".a", Msg: "{{.a}}: two\nlines"},
	} {
		if got := *renderError("n", errors.New(text)); got != want {
			t.Errorf("%q\n got %+v\nwant %+v", text, got, want)
		}
	}
	for e, want := range map[RenderError][2]string{
		{Name: "n", Msg: "m"}:                            {"n: m", "n: cannot render; the reason is withheld, because it may quote a sensitive value"},
		{Name: "n", Line: 2, Msg: "m"}:                   {"n:2: m", "n:2: cannot render; the reason is withheld, because it may quote a sensitive value"},
		{Name: "n", Line: 2, Col: 3, At: ".a", Msg: "m"}: {"n:2:3: m", "n:2:3: cannot render {{.a}}; the reason is withheld, because it may quote a sensitive value"},
	} {
		if e.Error() != want[0] || e.Redacted() != want[1] {
			t.Errorf("%+v: %s, %s", e, e.Error(), e.Redacted())
		}
	}
}
