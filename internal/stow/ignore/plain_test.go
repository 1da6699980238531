package ignore

import (
	"math/rand/v2"
	"strings"
	"testing"

	"converge/internal/stow/perlre"
)

// TestPlain compares matching without a regular expression with the regular expression of the same lines.
func TestPlain(t *testing.T) {
	g := rand.New(rand.NewPCG(3, 4))
	build := func(from ...string) string {
		var b strings.Builder
		for range 1 + g.IntN(4) {
			b.WriteString(from[g.IntN(len(from))])
		}
		return b.String()
	}
	plains, joined := 0, 0
	for range 8000 {
		var names []string
		for range 1 + g.IntN(3) {
			names = append(names, build("a", "b", ".*", ".+", `\.`, `\+`, ".", "+", "*", `\`, "[ab]", "#", "~", "{", "$"))
		}
		full, want := perlre.Compile(nameRE(strings.Join(names, "|")))
		l, err := newFileList("f", strings.ReplaceAll(strings.Join(names, "\n"), "#", `\#`))
		if l == nil {
			if want == nil {
				t.Fatalf("%q: %v", names, err)
			}
			continue
		}
		if parsed := l.lines; len(parsed) != len(names) || strings.Join(names, "|") != l.nameText {
			continue // blanks were trimmed, or a line is repeated
		}
		if want != nil {
			t.Fatalf("%q is taken: %v", names, want)
		}
		plains += len(l.plains)
		joined++
		for range 20 {
			name := build("a", "b", "a", ".", "+", "~", "#", " ", "\n", "{", `\`)
			want, _ := full.Try(name)
			if got, err := l.matchesName(name); got != want || err != nil {
				t.Fatalf("%q on %q: %v, %v", names, name, got, err)
			}
		}
	}
	if plains < 1000 || joined < 1000 {
		t.Errorf("only %d lists, %d plain lines", joined, plains)
	}
}
