package edit

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestRestoreLinesAlike: of several equal lines, with edits of others beside them, each is found between its known
// neighbours.
func TestRestoreLinesAlike(t *testing.T) {
	src := "; first\n; a\n; note\n; b\n; note\n[s]\n; a\n; note\n"
	hunks, err := Record([]byte(src), []Part{Line{Text: "; note!", Match: regexp.MustCompile("^; note"), Multiple: "all"}})
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.ReplaceAll(strings.NewReplacer("; first\n", "; first\n; theirs\n", "; b\n", "; theirs\n; b\n").Replace(src), "note", "note!")
	out, done := Restore([]byte(edited), hunks)
	if want := strings.ReplaceAll(edited, "note!", "note"); !done[0] || string(out) != want {
		t.Errorf("%q became %q; want %q", edited, out, want)
	}
}

// TestReturnBesideEdit: a key returns behind its neighbour even if others have edited the lines around it since.
func TestReturnBesideEdit(t *testing.T) {
	src := []byte("# c\nk=1\nl=1\n")
	part := func(key, value string) *Setting {
		return &Setting{Format: KeyValue, Key: key, Value: value, Absent: value == ""}
	}
	first := recordAll(t, src, []Part{part("l", "2")}, nil, "l")
	set := recordAll(t, []byte("# c\nk=1\nl=2\n"), []Part{part("k", ""), part("l", "")}, map[string]*Ground{"l": first.Ground[0]}, "k", "l")
	now := []byte("# theirs\n# c\nk=1\n")
	b := Back{Layout: ReadLayout(now, map[string]*Ground{"l": set.Ground[1]}), Keys: []string{"l"}, Hunks: set.Hunks[1:], Ground: set.Ground[1:]}
	out, err := EditBack(now, []Part{part("l", "2")}, b)
	if want := "# theirs\n# c\nk=1\nl=2\n"; err != nil || string(out) != want {
		t.Errorf("it became %q, %v; want %q", out, err, want)
	}
}

// recordAll records parts of a file, whose other parts the ledger has.
func recordAll(t *testing.T, src []byte, parts []Part, kept map[string]*Ground, keys ...string) Recorded {
	t.Helper()
	n := len(parts)
	rec, err := RecordBack(src, parts, Back{Layout: ReadLayout(src, kept), Keys: keys, Hunks: make([][]Hunk, n), Ground: make([]*Ground, n)})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestGapsOfLargeFile: a removed line is searched beside its former neighbours, and not at each line of its file.
func TestGapsOfLargeFile(t *testing.T) {
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "# about %d\n# theirs\n", i)
	}
	removed := Hunk{Old: "k = 1\n", Prev: "# about 999\n", Next: "# about 1000\n# abo"}
	if at := removed.places(text.String()); len(at) != 2 {
		t.Errorf("there are %d places", len(at))
	}
	for _, tt := range []struct {
		text, prev, next string
		want             int
	}{
		{"a\nb\nc\n", "x\na\n", "y\n", 2}, // below a
		{"a\nb\nc\n", "x\n", "c\n", 4},    // above c
		{"a\nb\n", "", "b\n", 2},
		{"a\nb\n", "b\n", "", 4},
		{"xb\nb\n", "", "b\n", 3}, // not inside a line
	} {
		h := Hunk{Old: "k\n", Prev: tt.prev, Next: tt.next}
		if at := h.places(tt.text); len(at) != 1 || at[0] != tt.want {
			t.Errorf("between %q and %q in %q it is at %v", tt.prev, tt.next, tt.text, at)
		}
	}
}
