package edit

import (
	"cmp"
	"strings"
)

// lacking remembers the texts that edits need and a file lacks, so that a search of the whole file for each edit is not
// repeated whenever another one was undone.
type lacking struct{ texts map[attempt]needed }

// attempt is an edit that was tried, and the required certainty.
type attempt struct {
	edit  int
	least fit
}

// needed is a text that a file has wherever a hunk fits, even in a new place.
type needed struct {
	text         string // "": no known text
	or           string // or this one; "": no other
	atTop, atEnd bool   // of the file
}

// has reports whether the file is known to lack what an edit needs.
func (l *lacking) has(edit int, least fit) bool { return l.texts[attempt{edit, least}].text != "" }

// learn records what an edit that did not fit needs.
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

// note records that size bytes at an offset of a file are new: the file may now contain needed texts.
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

// isIn reports whether a file has the text in the required place.
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

// needs returns the text that a file must have so that the hunk fits with that certainty. See likeness.
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
