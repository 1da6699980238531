package edit

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestJoin: the joined hunks of several edits of one part restore the file from before the first of them, and later
// additions of others stay.
func TestJoin(t *testing.T) {
	match := regexp.MustCompile(`^x `)
	setting := func(value string) Part { return &Setting{Format: Space, Key: "MIN", Value: value} }
	line := func(text string) Part { return Line{Text: text, Match: match} }
	all := func(text string) Part {
		return Line{Text: text, Match: regexp.MustCompile("^A="), Multiple: "all"}
	}
	block := func(text string) Part { return Block{Marker: "b", Comment: "#", Content: text} }
	for name, tt := range map[string]struct {
		src   string
		edits []Part
	}{
		"a value":                     {"A 1\nMIN 5\nZ 9\n", []Part{setting("60"), setting("30"), setting("300")}},
		"a value that grows":          {"A 1\nMIN 10\nZ 9\n", []Part{setting("15"), setting("25"), setting("1"), setting("")}},
		"commented out":               {"A 1\n#MIN 5\nZ 9\n", []Part{setting("7"), setting("9"), setting("7")}},
		"a new key":                   {"A 1\n", []Part{setting("7"), setting("9")}},
		"no last newline":             {"A 1", []Part{setting("7"), setting("9")}},
		"removed and back":            {"A 1\nMIN 5\nZ 9\n", []Part{&Setting{Format: Space, Key: "MIN", Absent: true}}},
		"removed, and made elsewhere": {"A 1\nMIN 5\nY 8\nZ 9\n", []Part{&Setting{Format: Space, Key: "MIN", Absent: true}, setting("7"), setting("8")}},
		"removed and made, three times": {"A 1\nMIN 5\nY 8\nZ 9\n", []Part{
			&Setting{Format: Space, Key: "MIN", Absent: true}, setting("7"), &Setting{Format: Space, Key: "MIN", Absent: true}, setting("8"), &Setting{Format: Space, Key: "MIN", Absent: true}, setting("9"),
		}},
		"a line that comes back above": {"A\nB\nx 1 # c\n", []Part{Line{Match: match, Absent: true}, Line{Text: "x 1", Match: match, Before: regexp.MustCompile("A")}}},
		"a line":                       {"x 1\nx2\n", []Part{line("x 2"), line("x 33"), line("x 2")}},
		"all lines, twice":             {"A=1\n# c\nA=1\nA=1\n", []Part{all("A=2"), all("A=3")}},
		"all lines, which differ":      {"A=1\n# c\nA=4\nA=1\nA=5\n", []Part{all("A=2"), all("A=33"), all("A="), all("A=2")}},
		"all lines, once right":        {"A=1\n# c\nA=2\nA=1\n", []Part{all("A=2"), all("A=3")}},
		"all lines, then none":         {"A=1\n# c\nA=4\nA=1\n", []Part{all("A=2"), Line{Match: regexp.MustCompile("^A="), Absent: true}, all("A=3")}},
		"all of many lines":            {strings.Repeat("A=1\nA=2\n# c\n", 40), []Part{all("A=3"), all("A=4"), all("A=5")}},
		"none of the lines, twice":     {"A=1\n# c\nA=4\n", []Part{Line{Match: regexp.MustCompile("^A="), Absent: true}, all("A=3"), Line{Match: regexp.MustCompile("^A="), Absent: true}}},
		"all lines, and one of others": {"A=1\n# c\nA=1\nA=1\n", []Part{all("A=2"), Line{Text: "theirs"}, all("A=3")}},
		"no last line end":             {"# c\n\nx 1", []Part{Line{Match: match, Absent: true}, line("x 2"), line("x 3")}},
		"a block":                      {"a\n", []Part{block("1\n"), block("2\n3\n"), block("")}},
		"a value of the same":          {"MIN 5\nMAX 5\n", []Part{setting("55"), setting("5")}},
		"carriage returns":             {"A 1\r\nMIN 5\r\n", []Part{setting("60"), setting("30")}},
		"comment on the line":          {"A 1\nMIN 5 # five\n", []Part{setting("60"), setting("30")}},
		"an edit by others too":        {"A 1\n#MIN 5\nZ 9\n", []Part{setting("7"), Line{Text: "theirs"}, setting("9")}},
	} {
		t.Run(name, func(t *testing.T) {
			joined, src := joinEdits(t, tt.src, tt.edits)
			want := tt.src
			if strings.Contains(src, "theirs\n") {
				want += "theirs\n"
			}
			out, done := Restore([]byte(src), [][]Hunk{joined})
			if string(out) != want || !done[0] {
				t.Errorf("got %q (%v) from %q, want %q; by %+v", out, done, src, want, joined)
			}
		})
	}
}

// joinEdits makes edits one after the other, and joins the hunks of all except those of the line "theirs".
func joinEdits(t *testing.T, text string, edits []Part) (joined []Hunk, out string) {
	t.Helper()
	src := []byte(text)
	for _, p := range edits {
		hunks, err := Record(src, []Part{p})
		if err != nil {
			t.Fatal(err)
		}
		if src, err = Edit(src, []Part{p}); err != nil {
			t.Fatal(err)
		}
		switch {
		case p == (Part)(Line{Text: "theirs"}):
		case joined == nil:
			joined = hunks[0]
		default:
			joined = Join(joined, hunks[0])
		}
	}
	return joined, string(src)
}

// TestJoinAtRandom joins the hunks of several values in a row in a file with many keys.
func TestJoinAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var lines []string
		for i := range 1 + r.IntN(8) {
			lines = append(lines, fmt.Sprintf("%sKEY%d %d", strings.Repeat("#", r.IntN(2)), i, r.IntN(12)))
		}
		text := strings.Join(slices.Compact(lines), "\n") + "\n"
		var edits []Part
		for range 1 + r.IntN(5) {
			edits = append(edits, &Setting{Format: Space, Key: "KEY0", Value: fmt.Sprint(r.IntN(120))})
		}
		joined, src := joinEdits(t, text, edits)
		if out, _ := Restore([]byte(src), [][]Hunk{joined}); string(out) != text {
			t.Fatalf("got %q from %q, want %q; by %+v", out, src, text, joined)
		}
	}
}
