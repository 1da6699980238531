package text

import (
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// TestPositions shows offsets and positions of one text.
func TestPositions(t *testing.T) {
	x := New([]byte("aé😀z\r\n\nlast"))
	for _, tt := range []struct {
		p      Position
		offset int
	}{
		{Position{0, 0}, 0}, {Position{0, 1}, 1}, {Position{0, 2}, 3}, {Position{0, 4}, 7}, {Position{0, 5}, 8},
		{Position{1, 0}, 10}, {Position{2, 0}, 11}, {Position{2, 4}, 15},
	} {
		if got := x.Offset(tt.p); got != tt.offset {
			t.Errorf("%v is offset %d, want %d", tt.p, got, tt.offset)
		}
		if got := x.Position(tt.offset); got != tt.p {
			t.Errorf("offset %d is %v, want %v", tt.offset, got, tt.p)
		}
	}
	for p, want := range map[Position]int{
		{0, 3}: 3, {0, 99}: 8, {1, 5}: 10, {2, 9}: 15, {7, 1}: 15, {-1, 4}: 0, {0, -3}: 0,
	} {
		if got := x.Offset(p); got != want {
			t.Errorf("%v outside of the text is offset %d, want %d", p, got, want)
		}
	}
}

// TestReplace shows edits.
func TestReplace(t *testing.T) {
	x := New([]byte("one\n😀two\n"))
	x = x.Replace(Range{Position{1, 2}, Position{1, 3}}, "T")
	x = x.Replace(Range{Position{0, 3}, Position{1, 0}}, " ")
	x = x.Replace(Range{Position{5, 0}, Position{5, 0}}, "end")
	if got, want := string(x.Bytes()), "one 😀Two\nend"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzPositions: every character boundary has one position, and no position is outside of the text.
func FuzzPositions(f *testing.F) {
	f.Add("aé😀z\r\n\nlast", 1, 2)
	f.Add("\xff\xfe\n😀", 0, 1)
	f.Fuzz(func(t *testing.T, s string, line, character int) {
		x := New([]byte(s))
		if at := x.Offset(Position{line, character}); at < 0 || at > len(s) {
			t.Fatalf("offset %d of %d bytes", at, len(s))
		}
		for at, r := range s {
			p := x.Position(at)
			if r == '\n' && at > 0 && s[at-1] == '\r' {
				continue // within the end of a line
			}
			if got := x.Offset(p); got != at {
				t.Fatalf("offset %d is %v, which is offset %d", at, p, got)
			}
		}
		if !utf8.ValidString(s) {
			return
		}
		end := x.Position(len(s))
		last := s[x.lines[end.Line]:]
		if n := len(utf16.Encode([]rune(last))); n != end.Character {
			t.Fatalf("the last line has %d units, not %d", n, end.Character)
		}
	})
}
