package edit

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// After any replacements, a text with a gap equals the same text without a gap.
func TestGap(t *testing.T) {
	pick := rand.New(rand.NewPCG(5, 6)).IntN
	for range 200 {
		want := strings.Repeat("abc", pick(5))
		g := newGap([]byte(want))
		for range 20 {
			at := pick(len(want) + 1)
			n := pick(len(want) - at + 1)
			text := strings.Repeat("xy", pick(4))
			g.replace(at, n, text)
			want = want[:at] + text + want[at+n:]
			if string(g.bytes()) != want || g.size() != len(want) {
				t.Fatalf("%q of %d bytes, want %q", g.bytes(), g.size(), want)
			}
			from := pick(len(want) + 1)
			to := from + pick(len(want)-from+1)
			if !g.has(from, want[from:to]) || g.has(from, want[from:to]+"?") || to > from && g.has(from, want[from:to-1]+"?") {
				t.Fatalf("%q has not %q at %d, or more than that", want, want[from:to], from)
			}
		}
	}
}
