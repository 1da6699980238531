package edit

import "slices"

// gap is a text with free room between its two parts, so that a replacement takes no longer than its distance from the
// one before it.
type gap struct {
	text     []byte
	from, to int // the room
}

func newGap(src []byte) *gap { return &gap{text: slices.Clone(src)} }

func (g *gap) size() int { return len(g.text) - (g.to - g.from) }

// has reports whether a text is at an offset.
func (g *gap) has(at int, text string) bool {
	if at < 0 || at+len(text) > g.size() {
		return false
	}
	if n := min(max(g.from-at, 0), len(text)); string(g.text[min(at, g.from):min(at, g.from)+n]) != text[:n] {
		return false
	} else if n < len(text) {
		at, text = at+n+g.to-g.from, text[n:]
		return string(g.text[at:at+len(text)]) == text
	}
	return true
}

// replace replaces n bytes at an offset.
func (g *gap) replace(at, n int, text string) {
	switch {
	case at < g.from:
		size := g.from - at
		copy(g.text[g.to-size:g.to], g.text[at:g.from])
		g.from, g.to = at, g.to-size
	case at > g.from:
		size := at - g.from
		copy(g.text[g.from:], g.text[g.to:g.to+size])
		g.from, g.to = at, g.to+size
	}
	if g.to += n; g.to-g.from < len(text) {
		room := len(text) + len(g.text)/4
		g.text = slices.Insert(g.text, g.to, make([]byte, room)...)
		g.to += room
	}
	g.from += copy(g.text[g.from:], text)
}

func (g *gap) bytes() []byte { return slices.Concat(g.text[:g.from], g.text[g.to:]) }

// slice returns some of the text.
func (g *gap) slice(from, to int) string {
	before := string(g.text[min(from, g.from):min(to, g.from)])
	room := g.to - g.from
	return before + string(g.text[max(from, g.from)+room:max(to, g.from)+room])
}

// hunks returns what undoing splices needs that have just been made, in order.
func (g *gap) hunks(splices []Splice) (out []Hunk) {
	shift := 0
	for _, s := range splices {
		at := s.At + shift
		end := at + len(s.New)
		out = append(out, Hunk{
			At: at, Old: s.Old, New: s.New,
			Prev: g.slice(max(0, at-contextSize), at), Next: g.slice(end, min(g.size(), end+contextSize)),
		})
		shift += len(s.New) - len(s.Old)
	}
	return out
}
