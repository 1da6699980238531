package edit

import (
	"cmp"
	"strings"
)

// lacking remembers what edits need that a file does not have, so that each is not looked for
// in the whole of it whenever another one was taken back.
type lacking struct{ texts map[attempt]needed }

// attempt is an edit that was tried, and how well it had to fit.
type attempt struct {
	edit  int
	least fit
}

// needed is a text that a file has wherever a hunk fits, though not in its old place.
type needed struct {
	text         string // "": nothing is known to be needed
	or           string // or this one; "": no other
	atTop, atEnd bool   // of the file
}

// has reports whether it is known that the file lacks what an edit needs.
func (l *lacking) has(edit int, least fit) bool { return l.texts[attempt{edit, least}].text != "" }

// learn looks for what an edit needs that did not fit.
func (l *lacking) learn(text string, edit int, hunks []Hunk, least fit) {
	for _, h := range hunks {
		if n := h.needs(least); n.text != "" && !n.isIn(text) {
			if l.texts == nil {
				l.texts = map[attempt]needed{}
			}
			l.texts[attempt{edit, least}] = n
			return
		}
	}
}

// note notes that size bytes at an offset of a file are new: what they are a part of, it may have now.
func (l *lacking) note(now *gap, at, size int) {
	longest := 0
	for _, n := range l.texts {
		longest = max(longest, len(n.text), len(n.or))
	}
	from, to := max(0, at-longest-len("\r\n")), min(now.size(), at+size+longest+len("\r\n"))
	around := now.slice(from, to)
	for of, n := range l.texts {
		if (!n.atTop || from == 0) && (!n.atEnd || to == now.size()) && n.isWithin(around) {
			delete(l.texts, of)
		}
	}
}

// isIn reports whether a file has the text where it is needed.
func (n needed) isIn(file string) bool {
	switch {
	case n.atTop && !strings.HasPrefix(file, n.text):
		return false
	case n.atEnd:
		return strings.HasSuffix(file, n.text) || strings.HasSuffix(strings.TrimSuffix(strings.TrimSuffix(file, "\n"), "\r"), n.text)
	}
	return n.isWithin(file)
}

func (n needed) isWithin(text string) bool {
	return strings.Contains(text, n.text) || n.or != "" && strings.Contains(text, n.or)
}

// needs returns what the hunk needs to fit so well. See likeness.
func (h Hunk) needs(least fit) needed {
	if least == onBothSides {
		return needed{text: h.Prev + h.New + h.Next, atTop: len(h.Prev) < contextSize, atEnd: len(h.Next) < contextSize}
	}
	if text := h.begin() + h.New; text != "" {
		return needed{text: text}
	}
	above, below := h.neighbours()
	return needed{text: cmp.Or(above, below), or: below}
}
