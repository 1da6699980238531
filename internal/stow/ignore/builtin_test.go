package ignore

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestBuiltInIsItsText compares the hand-written matcher with the regular expressions of its text, for names made of
// their parts.
func TestBuiltInIsItsText(t *testing.T) {
	text, err := newFileList("built-in", builtInText)
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{
		"RCS", ",v", "CVS", ".#", ".cvsignore", ".svn", "_darcs", ".hg", ".git", "ignore", "modules", "~", "#", "##",
		"README", "LICENSE", "COPYING", ".stow-local-ignore", "/", "/", "a", ".", "\n", "\n", "x.txt", "\xe9", ",", "v", "-", "_",
	}
	g := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for range 300_000 {
		var b strings.Builder
		for range 1 + g.IntN(4) {
			b.WriteString(pieces[g.IntN(len(pieces))])
		}
		path := b.String()
		if path[0] == '/' {
			path = "a" + path
		}
		want, err := text.matchesPath(path)
		if err != nil {
			t.Fatal(err)
		}
		pattern, got := builtInPattern(path)
		if got != want {
			t.Fatalf("%q: by hand %v (%q), by its text %v", path, got, pattern, want)
		}
		if got {
			matched++
			checkAlone(t, text, pattern, path)
		}
	}
	if matched < 10_000 {
		t.Errorf("only %d names matched", matched)
	}
}

// checkAlone checks that the returned pattern matches by itself.
func checkAlone(t *testing.T, text *fileList, pattern, path string) {
	t.Helper()
	if pattern == localPattern {
		return
	}
	for _, li := range text.lines {
		// A list contains \# for #; a Reason quotes the list's text.
		if li.pattern != strings.ReplaceAll(pattern, `\#`, "#") {
			continue
		}
		re, err := li.compileLine()
		if err != nil {
			t.Fatal(err)
		}
		if !re.Match("/"+path) && !re.Match(baseName(path)) {
			t.Fatalf("%q: not by %q", path, pattern)
		}
		return
	}
	t.Fatalf("%q: %q is not on the list", path, pattern)
}
