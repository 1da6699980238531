package render

import (
	"strings"
	"testing"
)

// A number is printed in digits, and a format that does not fit is an error, not text of the file.
func TestNumbersArePrintedInDigits(t *testing.T) {
	data := map[string]any{"f": 1000000.5, "small": 1e-7, "n": 1, "s": "x", "l": []any{123456789.25, "a"}, "m": map[string]any{"x": []any{2500000.25}}, "odd": "%!d(string=x)"}
	for _, c := range []struct{ text, want, err string }{
		{text: "{{ .f }} {{ .small }} {{ .n }}", want: "1000000.5 0.0000001 1"},
		{text: "{{ range .l }}{{ . }},{{ end }}", want: "123456789.25,a,"},
		{text: "{{ .f | quote }} {{ .f | squote }} {{ toString .f }} {{ print .f }} {{ cat .f }}", want: "\"1000000.5\" '1000000.5' 1000000.5 1000000.5 1000000.5"},
		{text: "{{ addf .f 1 }} {{ mulf .f 2 }} {{ lt .f 2.0 }} {{ int .f }}", want: "1000001.5 2000001 false 1000000"},
		{text: `{{ printf "%.2f %v %s %g" .f .f .f .f }}`, want: "1000000.50 1000000.5 1000000.5 1.0000005e+06"},
		{text: `{{ printf "%.3v|%6.2v|%T|%10v|%-10s|" 1.23456 .f .f .f .f }}`, want: "1.23| 1e+06|float64| 1000000.5|1000000.5 |"},
		{text: `{{ printf "%+.1f|%08.1f|%e|%x" 1.5 1.25 1.5 1.5 }}`, want: "+1.5|000001.2|1.500000e+00|0x1.8p+00"},
		{text: `{{ printf "%q" .f }}`, err: "the format does not fit what it is given: %!q(float64=1.0000005e+06)"},
		{text: `{{ printf "a" .f }}`, err: "the format does not fit what it is given: %!(EXTRA float64=1000000.5)"},
		{text: `{{ join "," .l }} {{ toStrings .l | join ";" }} {{ list .f 2 | join ":" }} {{ sortAlpha .l | join " " }}`, want: "123456789.25,a 123456789.25;a 1000000.5:2 123456789.25 a"},
		{text: "{{ toString .l }} {{ print .l }}", want: `[123456789.25 a] [123456789.25 a]`},
		{text: `{{ toString .m }} {{ printf "%v %.1f" .m .l | trimSuffix "a]" }}`, err: "the format does not fit what it is given: %!f(string=a)"},
		{text: `{{ printf "%v|%s|%.1f" .m .l .m.x }} {{ .m.x | join "" }}`, want: "map[x:[2500000.25]]|[123456789.25 a]|[2500000.2] 2500000.25"},
		{text: `{{ (dict .f .f) | keys | join "" }} {{ range dict "a" .f }}{{ addf . 1 }}{{ end }}`, want: "1000000.5 1000001.5"},
		{text: `{{ $l := .l }}{{ $x := join "," $l }}{{ addf (index $l 0) 1 }}`, want: "123456790.25"},
		{text: `{{ printf "%v" (list "%!s(int=3)") }} {{ printf "%s %d" "%!d(string=x)" 1 }}`, want: "[%!s(int=3)] %!d(string=x) 1"},
		{text: `{{ printf "%s %d" "%!s(int=3)" "x" }}`, err: "the format does not fit what it is given: %!d(string=x)"},
		{text: "1e+06 {{ .n }}", want: "1e+06 1"},
		{text: `{{ $x := .f }}{{ $x }}`, want: "1000000.5"},
		{text: `{{ printf "%d" .s }}`, err: "the format does not fit what it is given: %!d(string=x)"},
		{text: `{{ printf "%d" .f }}`, err: "the format does not fit what it is given: %!d(float64=1.0000005e+06)"},
		{text: `{{ printf "%.2f" .n }}`, err: "the format does not fit what it is given: %!f(int=01)"},
		{text: `{{ printf "a" .n }}`, err: "the format does not fit what it is given: %!(EXTRA int=1)"},
		{text: `{{ printf "%d" }}`, err: "the format does not fit what it is given: %!d(MISSING)"},
		{text: `{{ printf "100%%!" }} {{ printf "%s" .odd }}`, want: "100%! %!d(string=x)"},
	} {
		got, err := new(Renderer).Render("t", c.text, data)
		if string(got) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v; want %q %q", c.text, got, err, c.want, c.err)
		}
	}
}
