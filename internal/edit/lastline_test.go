package edit

import "testing"

// TestLastLineComesBack: undoing a removal restores a last line without a line end byte by byte, even if its line ends
// differ from those of the remaining lines.
func TestLastLineComesBack(t *testing.T) {
	for _, src := range []string{
		"A=1\n# BEGIN b\r\nfoo\r\n# END b", "A=1\r\n# BEGIN b\nfoo\n# END b", "A=1\n# BEGIN b\r\nfoo\r\n# END b\r\n", "# BEGIN b\r\nfoo\n# END b", "A=1\n# BEGIN b\nfoo\n# END b\nB=2",
	} {
		part := Block{Marker: "b", Comment: "#", Absent: true}
		all, err := Record([]byte(src), []Part{part})
		if err != nil {
			t.Fatal(err)
		}
		out, err := Edit([]byte(src), []Part{part})
		if err != nil {
			t.Fatal(err)
		}
		if back, done := Restore(out, all); !done[0] || string(back) != src {
			t.Errorf("%q became %q, and is %q again", src, out, back)
		}
	}
}

// TestBlockOfOtherLineEnds: the lines of a block get the line ends of the file, whatever those of the declaration are.
func TestBlockOfOtherLineEnds(t *testing.T) {
	for _, c := range []struct{ src, content, want string }{
		{"A=1\n", "x\r\ny", "A=1\n# BEGIN b\nx\ny\n# END b\n"},
		{"A=1\r\n", "x\r\ny", "A=1\r\n# BEGIN b\r\nx\r\ny\r\n# END b\r\n"},
		{"A=1\r\n", "x\ny\n", "A=1\r\n# BEGIN b\r\nx\r\ny\r\n# END b\r\n"},
		{"A=1\n", "x\r", "A=1\n# BEGIN b\nx\n# END b\n"},
	} {
		part := Block{Marker: "b", Comment: "#", Content: c.content}
		out, err := Edit([]byte(c.src), []Part{part})
		if err != nil || string(out) != c.want {
			t.Errorf("%q in %q: %q, %v", c.content, c.src, out, err)
			continue
		}
		if s, err := Look(out, part); err != nil || s.Value != part.Text() {
			t.Errorf("%q is not the content %q: %v", s.Value, part.Text(), err)
		}
	}
}
