package completion

import (
	"slices"
	"strings"
	"testing"
)

const breaks = " \t\n\"'@><=;|&(:" // as bash has them

// TestReadLine shows the words of lines, and which part of the last one readline keeps.
func TestReadLine(t *testing.T) {
	for _, c := range []struct{ line, words, prefix string }{
		{"converge plan ", "converge|plan|", ""},
		{"converge --target=fi", "converge|--target=fi", "--target="},
		{"converge --target='fi", "converge|--target=fi", "--target="},
		{"converge path:/etc/mo", "converge|path:/etc/mo", "path:"},
		{"converge 'path:/etc/mo", "converge|path:/etc/mo", ""},
		{`converge path\:/e`, "converge|path:/e", ""},
		{`converge a"b c"'d'\ e`, "converge|ab cd e", ""},
		{`converge '' "" x`, "converge|||x", ""},
		{`converge "a\"b\n`, `converge|a"b\n`, ""},
		{"converge $SITE/a '$SITE' ~/b ~x $SITE", "converge|/srv/a|$SITE|/home/b|~x|$SITE", ""},
		{"converge ${SITE} \\", `converge|/srv|\`, ""},
		{"", "", ""},
	} {
		got := ReadLine(c.line, breaks, func(name string) string {
			return map[string]string{"SITE": "/srv", "HOME": "/home"}[name]
		})
		if words := strings.Join(got.Words, "|"); words != c.words || got.Prefix != c.prefix {
			t.Errorf("%s: words %q, prefix %q; want %q, %q", c.line, words, got.Prefix, c.words, c.prefix)
		}
	}
}

// TestQuote shows what readline puts into the line.
func TestQuote(t *testing.T) {
	values := []Reply{{Value: `file["a"]`}, {Value: `file["it's"]`}, {Value: "plain"}, {Value: "path:x"}}
	for _, c := range []struct {
		word string
		want []string
	}{
		{"", []string{`'file["a"]'`, `'file["it'\''s"]'`, `'plain'`, `'path:x'`}},
		{"p", []string{"plain", "path:x"}},
		{"path:", []string{"x"}},
		{"'", []string{`file["a"]`, `file["it'\''s"]`, "plain", "path:x"}},
		{`"file`, []string{`file[\"a\"]`, `file[\"it's\"]`}},
		{`file\[`, []string{`file\[\"a\"\]`, `file\[\"it\'s\"\]`}},
	} {
		var got []string
		for _, r := range ReadLine("converge "+c.word, breaks, nil).Quote(values) {
			got = append(got, r.Value)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.word, got, c.want)
		}
	}
}

// TestPad shows replies with what they are for.
func TestPad(t *testing.T) {
	got := Pad([]Reply{{"plan", "Show what apply would change"}, {"apply", ""}, {"fmt", "Form"}}, 30)
	want := []string{"plan   (Show what apply woul…)", "apply", "fmt    (Form)"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzReadLine holds that what stays on the line begins the word.
func FuzzReadLine(f *testing.F) {
	f.Add(`converge plan --target='file["x`)
	f.Fuzz(func(t *testing.T, text string) {
		l := ReadLine(text, breaks, func(string) string { return "" })
		if last := l.Words[len(l.Words)-1]; !strings.HasPrefix(last, l.Prefix) {
			t.Errorf("%q: the word %q does not begin with %q", text, last, l.Prefix)
		}
	})
}
