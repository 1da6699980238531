package render

import (
	"errors"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestRender(t *testing.T) {
	node := cty.ObjectVal(map[string]cty.Value{"os": cty.StringVal("debian")})
	vars := cty.ObjectVal(map[string]cty.Value{
		"workers": cty.NumberIntVal(4),
		"ratio":   cty.NumberFloatVal(0.5),
		"names":   cty.TupleVal([]cty.Value{cty.StringVal("b"), cty.StringVal("a")}),
		"ports":   cty.MapVal(map[string]cty.Value{"z": cty.NumberIntVal(1), "a": cty.NumberIntVal(2)}),
		"none":    cty.NullVal(cty.String),
		"big":     cty.MustParseNumberVal("18446744073709551617"),
		"list":    cty.TupleVal([]cty.Value{cty.NumberIntVal(1), cty.NullVal(cty.Number)}),
		"said":    cty.StringVal("e\u0301"),
	})
	for _, c := range []struct{ name, source, want, err string }{
		{name: "no action", source: "plain }} text\n", want: "plain }} text\n"},
		{name: "numbers", source: "{{.vars.workers}} {{.vars.ratio}} {{add .vars.workers 1}}", want: "4 0.5 5"},
		{name: "node", source: "{{ .node.os | upper }}", want: "DEBIAN"},
		{name: "map order", source: `{{ keys .vars.ports | join "," }} {{ values .vars.ports | join " " }}`, want: "a,z 2 1"},
		{name: "define", source: `{{define "x"}}<{{.}}>{{end}}{{template "x" .node.os}}`, want: "<debian>"},
		{name: "set in a pass is gone in the next", source: `{{ $_ := set .vars "seen" (not (hasKey .vars "seen")) }}{{ .vars.seen }}`, want: "true"},

		{name: "missing key", source: "a\n b {{ .vars.worker }}", err: `t.tmpl:2:13: there is no "worker" in .vars. Did you mean "workers"?`},
		{name: "through null", source: "{{ .vars.none.x }}", err: `t.tmpl:1:15: .vars.none is null, so it has no .x`},
		{name: "syntax", source: "\n\n{{ if }}", err: `t.tmpl:3:4: behind if a value is missing: {{ if .NAME }}`},
		{name: "impure", source: "{{ now }}", err: `t.tmpl:1:4: function "now" not defined: it is not a pure function of its input, so no plan could foretell what it gives`},
		{name: "unknown function", source: "{{ upcase 1 }}", err: `t.tmpl:1:4: there is no "upcase" here; it is upper`},
		{name: "address", source: "a\n{{ printf \"%p\" .vars.ports }}", err: "t.tmpl: rendering it twice gave different results, first in line 2 of the output; a template must depend on its data alone"},
		{name: "address by another way", source: "{{ $f := \"%5p\" }}{{ printf $f .vars.ports }}", err: "t.tmpl: rendering it twice gave different results, first in line 1 of the output; a template must depend on its data alone"},
		{name: "large number", source: "{{ .vars.big }} {{ printf \"%d\" .vars.big }} {{ .vars.big | toString }}", want: "18446744073709551617 18446744073709551617 18446744073709551617"},
		{name: "sum of large numbers", source: "{{ add .vars.big 1 }}", err: "t.tmpl:1:4: {{add .vars.big 1}}: error calling add: it cannot calculate with a number as large as 18446744073709551617"},
		{name: "null", source: "a\n{{ if true }}b {{ .vars.none }}{{ end }}", err: "t.tmpl:2:19: .vars.none is null, which a text cannot hold; {{ default \"…\" .vars.none }} gives one instead, and {{ if .vars.none }} asks whether there is any"},
		{name: "null in a pipe", source: "{{ .vars.none | upper }}", err: "t.tmpl:1:4: .vars.none is null, and {{ .vars.none | upper }} takes a text; {{ default \"…\" .vars.none }} gives one instead, and {{ if .vars.none }} asks whether there is any"},
		{name: "null in a variable", source: "{{ $y := .vars.none }}{{ $y | upper }}", err: "t.tmpl:1:26: $y is null, and {{ $y | upper }} takes a text; {{ default \"…\" $y }} gives one instead, and {{ if $y }} asks whether there is any"},
		{name: "null in a part", source: "{{ range .vars.list }}{{ if not . }}{{ . | upper }}{{ end }}{{ end }}", err: "t.tmpl:1:40: . is null, and {{ . | upper }} takes a text; {{ default \"…\" . }} gives one instead, and {{ if . }} asks whether there is any"},
		{name: "null in a map", source: "{{ $d := dict \"k\" .vars }}{{ range $k, $v := $d }}{{ upper $v.none }}{{ end }}", err: "t.tmpl:1:60: $v.none is null, and {{ upper $v.none }} takes a text; {{ default \"…\" $v.none }} gives one instead, and {{ if $v.none }} asks whether there is any"},
		{name: "null below a part", source: "{{ with .vars }}{{ .none | upper }}{{ end }}", err: "t.tmpl:1:20: .none is null, and {{ .none | upper }} takes a text; {{ default \"…\" .none }} gives one instead, and {{ if .none }} asks whether there is any"},
		{name: "null in a call", source: "{{ upper .vars.none }}", err: "t.tmpl:1:10: .vars.none is null, and {{ upper .vars.none }} takes a text; {{ default \"…\" .vars.none }} gives one instead, and {{ if .vars.none }} asks whether there is any"},
		{name: "null in a list", source: "{{ range .vars.list }}{{ . }},{{ end }}", err: "t.tmpl:1:26: a value that is printed here " + isNull},
		{name: "null, used well", source: `{{ if .vars.none }}x{{ end }}{{ .vars.none | default "d" }}{{ $x := .vars.none }}{{ quote .vars.none }}`, want: "d"},
		{name: "null, by a function", source: "{{ print .vars.none }}", err: "t.tmpl:1:10: .vars.none is null, which a text cannot hold; {{ default \"…\" .vars.none }} gives one instead, and {{ if .vars.none }} asks whether there is any"},
		{name: "null, in a format", source: "{{ .vars.none | printf \"%v\" }}", err: "t.tmpl:1:4: .vars.none is null, which a text cannot hold; {{ default \"…\" .vars.none }} gives one instead, and {{ if .vars.none }} asks whether there is any"},
		{name: "list with null", source: "{{ .vars.list }}", err: "t.tmpl:1:4: .vars.list contains null, which a text cannot hold; {{ default \"…\" .vars.list }} gives one instead, and {{ if .vars.list }} asks whether there is any"},
		{name: "map with null", source: "{{ dict \"a\" .vars.list }}", err: "t.tmpl:1:13: .vars.list contains null, which a text cannot hold; {{ default \"…\" .vars.list }} gives one instead, and {{ if .vars.list }} asks whether there is any"},
		{name: "list with null, joined", source: "{{ join \",\" .vars.list }}", err: "t.tmpl:1:13: .vars.list contains null, which a text cannot hold; {{ default \"…\" .vars.list }} gives one instead, and {{ if .vars.list }} asks whether there is any"},
		{name: "list with null, in a format", source: "{{ printf \"%v\" .vars.list }}", err: "t.tmpl:1:16: .vars.list contains null, which a text cannot hold; {{ default \"…\" .vars.list }} gives one instead, and {{ if .vars.list }} asks whether there is any"},
		{name: "list with null, as JSON", source: "{{ toJson .vars.list }}", want: "[1,null]"},
		{name: "list", source: "a\n{{ if true }}b {{ .vars.names }}{{ end }}", err: "t.tmpl:2:19: .vars.names is a list, which has no form in a text; {{ .vars.names | join \", \" }} joins it, {{ range .vars.names }}…{{ end }} writes each element, and {{ .vars.names | toJson }} writes JSON"},
		{name: "object", source: "{{ .vars.ports }}", err: "t.tmpl:1:4: .vars.ports is an object, which has no form in a text; {{ .vars.ports | toJson }} writes JSON, and {{ range .vars.ports }}…{{ end }} writes each element"},
		{name: "list of a function", source: "{{ splitList \",\" \"a,b\" | sortAlpha }}", err: "t.tmpl:1:4: splitList \",\" \"a,b\" | sortAlpha is a list, which has no form in a text; {{ splitList \",\" \"a,b\" | sortAlpha | join \", \" }} joins it, {{ range splitList \",\" \"a,b\" | sortAlpha }}…{{ end }} writes each element, and {{ splitList \",\" \"a,b\" | sortAlpha | toJson }} writes JSON"},
		{name: "empty list, in a template", source: "{{ define \"x\" }}{{ . }}{{ end }}{{ template \"x\" list }}", err: "t.tmpl:1:20: . is a list, which has no form in a text; {{ . | join \", \" }} joins it, {{ range . }}…{{ end }} writes each element, and {{ . | toJson }} writes JSON"},
		{name: "everything", source: "{{ . }}", err: "t.tmpl:1:4: a value that is printed here " + isNull},
		{name: "list, quoted", source: "{{ quote .vars.names }}", err: "t.tmpl:1:4: {{quote .vars.names}} is given a list, which has no form in a text; range goes through the elements, and toJson writes JSON"},
		{name: "list in a list, joined", source: "{{ list .vars.names | join \",\" }}", err: "t.tmpl:1:23: {{join \",\"}} is given a list of lists or objects, which has no form in a text; range goes through the elements, and toJson writes JSON"},
		{name: "parts of a list, joined", source: "{{ chunk 1 .vars.names | join \",\" }}", err: "t.tmpl:1:26: {{join \",\"}} is given a list of lists or objects, which has no form in a text; range goes through the elements, and toJson writes JSON"},
		{name: "object, joined", source: "{{ .vars.ports | join \",\" }}", err: "t.tmpl:1:18: {{join \",\"}} is given an object, which has no form in a text; range goes through the elements, and toJson writes JSON"},
		{name: "lists that are text", source: "[{{ .node.os }}]{{ \"[a b]\" }}{{ join \" \" .vars.names }} {{ printf \"%v\" .vars.names }} {{ print .vars.names }} {{ toString .vars.ports }} {{ toJson .vars.names }}", want: "[debian][a b]b a [b a] [b a] map[a:2 z:1] [\"b\",\"a\"]"},
		{name: "list, set", source: "{{ $x := .vars.names }}{{ $x = list 1 }}{{ index $x 0 }}", want: "1"},
		{name: "words that only look like null", source: "<no value>{{ if true }}<no value><nil>{{ end }}{{ \"<no value>\" }}{{ \"<nil>\" }}", want: "<no value><no value><nil><no value><nil>"},
		{name: "division by zero", source: "{{ div 1 0 }}", err: "t.tmpl:1:4: {{div 1 0}}: error calling div: runtime error: integer divide by zero"},

		{name: "panic", source: `{{ repeat -1 "x" }}`, err: `t.tmpl:1:4: {{repeat -1 "x"}}: error calling repeat: strings: negative Repeat count`},
		{name: "too large", source: `{{ range until 100 }}{{ repeat 1000000 "x" }}{{ end }}`, err: "t.tmpl: the result is larger than 64 MiB"},
		{name: "too many times", source: `{{ repeat 1000000000 "xxxxxxxxxx" }}`, err: `t.tmpl:1:4: {{repeat 1000000000 "xxxxxxxxxx"}}: error calling repeat: the result would be larger than 64 MiB`},
		{name: "doubled", source: `{{ $x := "xxxx" }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}`, err: `t.tmpl:1:47: {{print $x $x}}: error calling print: the result is larger than 64 MiB, or has more than 500000 elements`},
		{name: "shared", source: `{{ $x := list 1 }}{{ range until 40 }}{{ $x = list $x $x }}{{ end }}`, err: `t.tmpl:1:47: {{list $x $x}}: error calling list: it takes more than 500000 steps`},
		{name: "many rounds", source: `{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}`, err: `t.tmpl: it takes more than 500000 steps`},
		{name: "rounds of data", source: `{{ range .vars.names }}{{ template "r" $ }}{{ end }}{{ define "r" }}{{ range .vars.names }}{{ template "r" $ }}{{ end }}{{ end }}`, err: `t.tmpl: templates call templates more than 1000 deep`},
		{name: "rounds of templates", source: `{{ define "a" }}{{ end }}{{ range until 70 }}{{ range until 7000 }}{{ template "a" }}{{ end }}{{ end }}`, err: `t.tmpl: it takes more than 500000 steps`},
		{name: "many numbers", source: `{{ range until 1000000000 }}x{{ end }}`, err: `t.tmpl:1:10: {{until 1000000000}}: error calling until: the result would have more than 500000 elements`},
		{name: "sequence", source: `{{ seq 1 1 100000000 }}`, err: `t.tmpl:1:4: {{seq 1 1 100000000}}: error calling seq: the result would have more than 500000 elements`},
		{name: "wide", source: `{{ nospace (indent 900000000 "x") }}`, err: `t.tmpl:1:13: {{indent 900000000 "x"}}: error calling indent: the result would be larger than 64 MiB`},
		{name: "wide formats", source: `{{ printf "` + strings.Repeat("%9999d", 9999) + `" }}`, err: `t.tmpl:1:4: {{printf "` + strings.Repeat("%9999d", 9999) + `"}}: error calling printf: the result would be larger than 64 MiB`},
		{name: "endless", source: `{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`, err: `t.tmpl: templates call templates more than 1000 deep`},
	} {
		t.Run(c.name, func(t *testing.T) {
			plain := func(string) any { return resource.GoValue(node) }
			data := TemplateData(c.source, vars, plain)
			got, err := new(Renderer).Render("t.tmpl", c.source, data)
			if err != nil {
				if err.Error() != c.err {
					t.Fatalf("error %q, want %q", err, c.err)
				}
				return
			}
			if string(got) != c.want || c.err != "" {
				t.Errorf("got %q, want %q %q", got, c.want, c.err)
			}
			if d := cmp.Diff(TemplateData(c.source, vars, plain), data, sameInts()); d != "" {
				t.Errorf("the data was changed:\n%s", d)
			}
		})
	}
}

func sameInts() cmp.Option {
	return cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
}

func TestRenderErrorRedacted(t *testing.T) {
	data := map[string]any{"vars": map[string]any{"pw": "hunter2"}}
	_, err := new(Renderer).Render("t.tmpl", "x\n{{ fail .vars.pw }}", data)
	var re *RenderError
	if !errors.As(err, &re) {
		t.Fatalf("error %v is no RenderError", err)
	}
	if got := re.Redacted(); strings.Contains(got, "hunter2") || !strings.HasPrefix(got, "t.tmpl:2:4: cannot render {{fail .vars.pw}}") {
		t.Error(got)
	}
}

// A new release of a library must not bring an impure function unseen.
func TestPureFuncsAreKnown(t *testing.T) {
	const count = 181
	if names := slices.Sorted(maps.Keys(templateFuncs())); len(names) != count {
		t.Errorf("%d functions, want %d; look at what changed: %v", len(names), count, names)
	}
	for name := range templateFuncs() {
		for _, bad := range []string{"rand", "gen", "uuid", "env", "host", "now", "date"} {
			if strings.Contains(strings.ToLower(name), bad) {
				t.Errorf("%s looks impure", name)
			}
		}
	}
}

func TestGoValue(t *testing.T) {
	v := cty.ObjectVal(map[string]cty.Value{
		"i": cty.NumberIntVal(-3), "f": cty.NumberFloatVal(1.25), "huge": cty.MustParseNumberVal("18446744073709551615"), "real": cty.MustParseNumberVal("1e3000"),
		"b": cty.True, "n": cty.NullVal(cty.String), "s": cty.StringVal("x"),
		"set":  cty.SetVal([]cty.Value{cty.StringVal("b"), cty.StringVal("a")}),
		"map":  cty.MapVal(map[string]cty.Value{"k": cty.StringVal("v")}),
		"blob": resource.BlobVal(resource.BytesBlob([]byte("content"))), "list": cty.ListValEmpty(cty.String),
	})
	huge, _ := new(big.Int).SetString("18446744073709551615", 10)
	want := map[string]any{
		"i": -3, "f": 1.25, "huge": huge, "real": math.Inf(1), "b": true, "n": nil, "s": "x",
		"set": []any{"a", "b"}, "map": map[string]any{"k": "v"}, "blob": "content", "list": []any{},
	}
	if d := cmp.Diff(want, resource.GoValue(v), sameInts()); d != "" {
		t.Error(d)
	}
	if got := resource.GoValue(cty.NumberIntVal(math.MaxInt64)); got != math.MaxInt64 {
		t.Errorf("%T %v", got, got)
	}
}

func FuzzRender(f *testing.F) {
	f.Add("{{ .vars.a | upper }}")
	f.Add("{{range $k, $v := .vars}}{{$k}}{{end}}")
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Contains(source, "repeat") || strings.Contains(source, "until") || strings.Contains(source, "seq") {
			return // they cost what they are told to
		}
		data := map[string]any{"vars": map[string]any{"a": "x"}, "node": map[string]any{}}
		a, err := new(Renderer).Render("fuzz", source, data)
		b, again := new(Renderer).Render("fuzz", source, data)
		if (err == nil) != (again == nil) || string(a) != string(b) {
			t.Errorf("%q, %v, then %q, %v", a, err, b, again)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	var r Renderer
	data := map[string]any{"vars": map[string]any{"workers": 4}, "node": map[string]any{"os": "debian"}}
	const source = "worker_processes {{ .vars.workers }};\n# {{ .node.os | upper }}\n"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Render("t", source, data); err != nil {
			b.Fatal(err)
		}
	}
}
