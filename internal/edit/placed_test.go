package edit

import (
	"regexp"
	"testing"
)

// TestNewLineIsInNoBlock: a line or a block that is placed beside another line is put neither between the marks of a
// block, which may be rewritten or removed, nor into a block with its own marks.
func TestNewLineIsInNoBlock(t *testing.T) {
	after, before := regexp.MustCompile("^q = "), regexp.MustCompile("^q = ")
	const src = "a\n# BEGIN x\nq = 1\nr\n# END x\nz\n"
	for _, tt := range []struct {
		name, src, want string
		p               Part
	}{
		{"a line behind", src, "a\n# BEGIN x\nq = 1\nr\n# END x\nnew\nz\n", Line{Text: "new", After: after}},
		{"a line before", src, "a\nnew\n# BEGIN x\nq = 1\nr\n# END x\nz\n", Line{Text: "new", Before: before}},
		{"a block behind", src, "a\n# BEGIN x\nq = 1\nr\n# END x\n# BEGIN n\nnew\n# END n\nz\n", Block{Marker: "n", Comment: "#", Content: "new", After: after}},
		{"a block before", src, "a\n# BEGIN n\nnew\n# END n\n# BEGIN x\nq = 1\nr\n# END x\nz\n", Block{Marker: "n", Comment: "#", Content: "new", Before: before}},
		{"behind the first mark", src, "a\n# BEGIN x\nq = 1\nr\n# END x\nnew\nz\n", Line{Text: "new", After: regexp.MustCompile("BEGIN x")}},
		{"behind the last mark", src, "a\n# BEGIN x\nq = 1\nr\n# END x\nnew\nz\n", Line{Text: "new", After: regexp.MustCompile("END x")}},
		{"before the first mark", src, "a\nnew\n# BEGIN x\nq = 1\nr\n# END x\nz\n", Line{Text: "new", Before: regexp.MustCompile("BEGIN x")}},
		{"before the last mark", src, "a\nnew\n# BEGIN x\nq = 1\nr\n# END x\nz\n", Line{Text: "new", Before: regexp.MustCompile("END x")}},
		{"in no block", src, "a\nnew\n# BEGIN x\nq = 1\nr\n# END x\nz\n", Line{Text: "new", After: regexp.MustCompile("^a")}},
	} {
		out, err := Edit([]byte(tt.src), []Part{tt.p})
		if err != nil || string(out) != tt.want {
			t.Errorf("%s: %q, %v", tt.name, out, err)
		}
		state, err := Look([]byte(tt.src), tt.p)
		if made, _ := Look(out, tt.p); err != nil || state.Line != made.Line {
			t.Errorf("%s: it is announced at line %d, and is at %d: %v", tt.name, state.Line, made.Line, err)
		}
	}
}
