package render

import (
	"errors"
	"strings"
	"testing"
)

// TestExplained shows what is said about the mistakes of authors, and which word is marked.
func TestExplained(t *testing.T) {
	data := map[string]any{
		"vars": map[string]any{"port": 80, "name": "x", "db": map[string]any{"host": "h"}}, "node": map[string]any{},
		"port": 80, "name": "x", "db": map[string]any{"host": "h"}, "hosts": []any{map[string]any{"ip": "1"}}, "none": nil,
	}
	for text, want := range map[string]string{
		"a\n{{ range .hosts }}\nx\n":                           "2:1 {{ range .hosts }}: {{ range .hosts }} is not closed: an {{ end }} is missing",
		"{{ range .hosts }}\n  {{ if .ip }}\n  x\n{{ end }}\n": "2:3 {{ if .ip }}: {{ if .ip }} is not closed: an {{ end }} is missing",
		"a\n{{ end }}":                                      "2:1 {{ end }}: {{ end }} belongs to no {{ if }}, {{ range }} or {{ with }} before it",
		"{{ if .port }}x{{ end if }}":                       "1:23 if: {{ end }} stands alone, without \"if\"",
		"{{ port }}":                                        "1:4 port: there is no function \"port\", and a variable has a dot in front of it: {{ .port }}",
		"{{ if tls }}x{{ end }}":                            "1:7 tls: there is no function \"tls\", and a variable has a dot in front of it: {{ .tls }}",
		"{{ .name | uper }}":                                "1:12 uper: there is no function \"uper\" in templates. Did you mean \"upper\"?",
		"{{ .name | frobnicate }}":                          "1:12 frobnicate: there is no function \"frobnicate\" in templates; they are those of text/template and of sprig",
		"{{ for x in hosts }}":                              "1:4 for: there is no \"for\" here; it is {{ range .items }}{{ . }}{{ end }}",
		"{% for x in hosts %}\n{{ x }}\n{% endfor %}":       "1:1 {% for x in hosts %}: this is Jinja; here a loop is {{ range .items }}{{ . }}{{ end }}, a condition {{ if .tls }}…{{ else }}…{{ end }}, a value {{ .port }}",
		"a\n<%= @port %>\n":                                 "2:1 <%= @port %>: this is ERB; here a loop is {{ range .items }}{{ . }}{{ end }}, a condition {{ if .tls }}…{{ else }}…{{ end }}, a value {{ .port }}",
		"{{#if tls}}x{{/if}}":                               "1:1 {{#if tls}}: this is Handlebars or Mustache; here a loop is {{ range .items }}{{ . }}{{ end }}, a condition {{ if .tls }}…{{ else }}…{{ end }}, a value {{ .port }}",
		"{{ if .port == 80 }}x{{ end }}":                    "1:13 =: two values are compared by eq: {{ if eq .os \"debian\" }}; a variable is set by {{ $x := .port }}",
		"{{ if .port && .name }}x{{ end }}":                 "1:13 &: two conditions are joined by and: {{ if and .tls .port }}",
		"{{ .port + 1 }}":                                   "1:10 +: numbers are added by add: {{ add .port 1 }}; texts are joined by print: {{ print .a .b }}",
		"{{ .hosts[0] }}":                                   "1:10 [: an element is taken by index: {{ index .ports 0 }}, {{ index .users \"max\" }}",
		"{{ if eq .name 'x' }}{{ end }}":                    "1:7 eq .name 'x': a text has double quotes: {{ if eq .os \"debian\" }}",
		"x {{ .port\ny":                                     "1:3 {{ .port: what begins with {{ ends with }}, and here that is missing",
		"{{ $x }}":                                          "1:4 $x: $x is set nowhere before; {{ $x := .port }} sets it, and a variable of the manifest is {{ .x }}",
		"{{ .prot }}":                                       "1:5 prot: there is no \"prot\". Did you mean \"port\"?",
		"{{ .db.hots }}":                                    "1:8 hots: there is no \"hots\" in .db. Did you mean \"host\"?",
		"{{ .frob }}":                                       "1:5 frob: there is no \"frob\"; there is db, hosts, name, none, port",
		"{{ range .hosts }}{{ .port }}{{ end }}":            "1:23 port: there is no .port of this element of .hosts: inside of range the dot is the element; what the template is given is $.port",
		"{{ range .hosts }}{{ .pi }}{{ end }}":              "1:23 pi: there is no .pi of this element of .hosts; there is .ip",
		"{{ range .hosts }}{{ .frobnicate }}{{ end }}":      "1:23 frobnicate: there is no .frobnicate of this element of .hosts; there is .ip",
		"{{ range .hosts }}{{ .prot }}{{ end }}":            "1:23 prot: there is no .prot of this element of .hosts. Did you mean $.port, of what the template is given?",
		"{{ range $h := .hosts }}{{ $h.pi }}{{ end }}":      "1:31 pi: there is no .pi in $h; there is .ip",
		"{{ range $i, $h := .hosts }}{{ $h.pi }}{{end}}":    "1:35 pi: there is no .pi in $h; there is .ip",
		"{{ with .db }}{{ .hots }}{{ end }}":                "1:19 hots: there is no .hots in .db. Did you mean .host?",
		"{{ with .db }}{{ .port }}{{ end }}":                "1:19 port: there is no .port in .db: inside of with the dot is .db; what the template is given is $.port",
		"{{ with $d := .db }}{{ $d.hots }}{{ end }}":        "1:27 hots: there is no .hots in $d. Did you mean $d.host?",
		"{{ range .hosts }}{{ $.db.hots }}{{ end }}":        "1:27 hots: there is no \"hots\" in $.db. Did you mean \"host\"?",
		"{{ range $.hosts }}{{ if .pi }}{{ end }}{{ end }}": "1:27 pi: there is no .pi of this element of $.hosts; there is .ip",
		"{{ range .db }}{{ .port }}{{ end }}":               "1:20 port: this is a text, so it has no .port; what the template is given is $.port",
		"{{ range .hosts | uniq }}{{ .pi }}{{ end }}":       "1:30 pi: there is no .pi of this element",
		"{{ .port.number }}":                                "1:10 number: .port is a number, so it has no .number",
		"{{ .none.number }}":                                "1:10 number: .none is null, so it has no .number",
		"{{ upper }}":                                       "1:4 upper: upper takes 1 argument, and here it has 0",
		"{{ upper .port }}":                                 "1:10 .port: {{.port}} takes a text, and is given a number; toString makes a text of it",
		"{{ template \"x\" }}":                              "1:4 template \"x\": there is no {{ define \"x\" }} in this file",
		"{{ default(\"x\") }}":                              "1:11 (: a function has no parentheses around its arguments: {{ default \"x\" .name }}",
	} {
		_, err := new(Renderer).Render("t", text, data)
		var re *RenderError
		if !errors.As(err, &re) {
			t.Errorf("%q: error %v", text, err)
			continue
		}
		got := strings.TrimPrefix(re.place(), "t:")
		if got = strings.TrimSuffix(got, ": ") + " " + re.Word + ": " + re.Msg; got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

// FuzzExplained renders any text: explaining its mistakes does not fail.
func FuzzExplained(f *testing.F) {
	for _, text := range []string{"{{", "{{ if", "{{/* ", "{{ end", "a {{ \"", "{{ .a.b\n}}", "{% if %}{{ x }}", "{{ range .a }}{{ .b }}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "repeat") || strings.Contains(text, "until") || strings.Contains(text, "seq") {
			return
		}
		_, err := new(Renderer).Render("t", text, map[string]any{"a": []any{map[string]any{}}})
		var re *RenderError
		if err != nil && !errors.As(err, &re) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
