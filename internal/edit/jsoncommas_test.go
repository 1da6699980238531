package edit

import (
	"fmt"
	"strings"
	"testing"
)

// TestLastCommas: each object with keys gets a comma after the last one, whatever surrounds it, and the file can be
// restored.
func TestLastCommas(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{}`, `{}`},
		{`{"a": 1}`, `{"a": 1,}`},
		{`{"a": {"b": [1, {"c": "}"}]}}`, `{"a": {"b": [1, {"c": "}",}],},}`},
		{"{\n  \"a\": 1 // }\n  /* {\n } */\n}\n", "{\n  \"a\": 1, // }\n  /* {\n } */\n}\n"},
		{"// only a comment\n", "// only a comment\n"},
	} {
		c := readCommas([]byte(tt.text), false)
		if got, _ := c.add([]byte(tt.text)); !c.isJSON || string(got) != tt.want {
			t.Errorf("%q becomes %q", tt.text, got)
		}
		if got := readCommas([]byte(tt.want), false).drop([]byte(tt.want)); string(got) != tt.text {
			t.Errorf("%q becomes %q", tt.want, got)
		}
	}
	for _, text := range []string{"a = 1\n", "[1]", "{]}", `{} {}`, "[section]\n"} {
		if readCommas([]byte(text), false).isJSON {
			t.Errorf("%q is taken for JSON", text)
		}
	}
}

// TestKeyOfLargeFile: an edit of a key reads only the lines around it, however large the file is.
func TestKeyOfLargeFile(t *testing.T) {
	lines := make([]string, 2000)
	for i := range lines {
		lines[i] = fmt.Sprintf("  \"k%d\": {\"n\": %d}", i, i)
	}
	text := "{\n" + strings.Join(lines, ",\n") + "\n}\n"
	at := strings.Index(text, "\"k1000\"")
	if from, to := piece(newGap([]byte(text)), []Hunk{{At: at, New: "\"k1000\": {\"n\": 1000}"}}); from < at-100 || to > at+100 {
		t.Errorf("of a key at %d, the file is read from %d to %d", at, from, to)
	}
}
