package edit

import (
	"cmp"
	"slices"
	"strings"
)

// fit is the certainty about the place where a hunk was made.
type fit int

const (
	nowhere fit = iota
	onOneSide
	onBothSides
	exactly // also at the same offset
)

// atEdge is the weight, in bytes of text, of a place that is as near to the beginning or to the end of the file as
// before.
const atEdge = contextSize / 2

// find returns the present place of the hunk's New in a file: where most of the lines around it are unchanged. If
// several places are equally good, it is nowhere.
func (h Hunk) find(text string) (at int, how fit) {
	if h.isInPlaceOf(text) {
		return h.At, exactly
	}
	if h.Prev+h.New+h.Next == "" { // nothing remained of the file
		return 0, onOneSide
	}
	return h.findBetween(text, 0, len(text))
}

// findBetween is find for a hunk that has moved, between two offsets of a text.
func (h Hunk) findBetween(text string, from, to int) (at int, how fit) {
	tied, isTop, most := false, false, 0
	for _, place := range h.places(text) {
		if place < from || place+len(h.New) > to {
			continue
		}
		size, fits, above, below := h.likeness(text, place)
		switch {
		case size >= most && size > 0 && !h.In.has(text, place, h):
		case size > most:
			at, how, most, tied, isTop = place, fits, size, false, above
		case size == most && !tied && isTop && below && !above: // a text was inserted between the lines around it
			isTop = false
		case size == most:
			tied = true
		}
	}
	if tied {
		return 0, nowhere
	}
	return at, how
}

// found is where a hunk is.
type found struct {
	at  int
	how fit
}

// findAmong searches those of hunks, which are in order, that are nowhere yet, between the ones already found: of
// several equally good places, only one may remain there.
func findAmong(text string, hunks []Hunk, places []found) {
	const rounds = 3 // each finds more between those of the round before
	for range rounds {
		again := false
		from := 0
		for i, h := range hunks {
			if places[i].how == nowhere {
				at, how := h.findBetween(text, from, startBehind(places[i+1:], len(text)))
				places[i] = found{at, how}
				again = again || how > nowhere
			}
			if places[i].how > nowhere {
				from = max(from, places[i].at+len(h.New))
			}
		}
		if !again {
			return
		}
	}
}

// dropDisordered resets hunks whose places contradict their order, except where a neighbour fits better: similar lines
// were confused.
func dropDisordered(hunks []Hunk, places []found) {
	for i := 1; i < len(hunks); i++ {
		is, before := &places[i], &places[i-1]
		switch {
		case is.how == nowhere || before.how == nowhere || cmp.Compare(is.at, before.at) == cmp.Compare(hunks[i].At, hunks[i-1].At):
		case is.how < before.how:
			*is = found{}
		case before.how < is.how:
			*before = found{}
		}
	}
}

// startBehind returns the place of the first of some hunks that was found; otherwise the end of the text.
func startBehind(behind []found, end int) int {
	for _, p := range behind {
		if p.how > nowhere {
			return p.at
		}
	}
	return end
}

// isInPlace reports whether everything is unchanged since the hunk was made. It takes no longer in a large file.
func (h Hunk) isInPlace(src []byte) bool { return h.fits(&gap{text: src}) }

// isInPlaceOf is isInPlace for a text.
func (h Hunk) isInPlaceOf(text string) bool {
	from, end := h.At-len(h.Prev), h.At+len(h.New)
	return from >= 0 && end+len(h.Next) <= len(text) &&
		text[from:h.At] == h.Prev && text[h.At:end] == h.New && strings.HasPrefix(text[end:], h.Next) &&
		(len(h.Prev) == contextSize || from == 0) && (len(h.Next) == contextSize || end+len(h.Next) == len(text))
}

func (h Hunk) fits(g *gap) bool {
	from, end := h.At-len(h.Prev), h.At+len(h.New)
	return g.has(from, h.Prev) && g.has(h.At, h.New) && g.has(end, h.Next) &&
		(len(h.Prev) == contextSize || from == 0) && (len(h.Next) == contextSize || end+len(h.Next) == g.size())
}

// begin returns the text before the hunk in its own line. A key of JSON that begins with its comma follows any other
// key.
func (h Hunk) begin() string {
	if h.isBehindKey() {
		return ""
	}
	return h.Prev[strings.LastIndexByte(h.Prev, '\n')+1:]
}

func (h Hunk) isBehindKey() bool {
	return h.In != nil && h.In.Format == JSON && strings.HasPrefix(h.New, ",")
}

// places returns the offsets at which a text has the hunk's New, behind the beginning of its line.
func (h Hunk) places(text string) (out []int) {
	begin := h.begin()
	if begin+h.New == "" {
		return h.gaps(text)
	}
	isCut := len(begin) == contextSize || h.isBehindKey() // the line begins before the known text
	for at := 0; ; {
		i := strings.Index(text[at:], begin+h.New)
		if i < 0 {
			return out
		}
		if at += i; isCut || at == 0 || text[at-1] == '\n' {
			out = append(out, at+len(begin))
		}
		at++
	}
}

// neighbours returns the lines above and below the hunk, as far as they are known.
func (h Hunk) neighbours() (above, below string) {
	above = h.Prev[1+strings.LastIndexByte(strings.TrimSuffix(h.Prev, "\n"), '\n'):]
	below = h.Next
	if i := strings.IndexByte(below, '\n'); i >= 0 {
		below = below[:i+1]
	}
	return above, below
}

// gaps is places for a hunk that left no text: where the line above or the one below is unchanged.
func (h Hunk) gaps(text string) (out []int) {
	above, below := h.neighbours()
	for at := 0; above != ""; at++ {
		i := strings.Index(text[at:], above)
		if i < 0 {
			break
		}
		at += i
		out = append(out, at+len(above))
	}
	for at := 0; below != ""; at++ {
		i := strings.Index(text[at:], below)
		if i < 0 {
			break
		}
		if at += i; at == 0 || text[at-1] == '\n' {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// likeness returns how many bytes of text around a place equal those around the hunk; 0 if the place may be another
// one. above and below report whether all of a side is equal.
func (h Hunk) likeness(text string, at int) (size int, how fit, above, below bool) {
	begin := h.begin()
	before, above := sameBefore(text[:at-len(begin)], strings.TrimSuffix(h.Prev, begin))
	rest := text[at+len(h.New):]
	if h.Next == "" && h.New != "" && (rest == "\n" || rest == "\r\n") { // it was the last line, without its end
		rest = ""
	}
	behind, below := sameBehind(rest, h.Next)
	size = before + behind
	if size > 0 && (above && len(h.Prev) < contextSize || below && len(h.Next) < contextSize) {
		size += atEdge
	}
	switch {
	case above && below:
		return size + 1, onBothSides, above, below
	case size > 0 || strings.Contains(h.New, "\n") || begin != "" && h.New != "":
		return size + 1, onOneSide, above, below
	}
	return 0, nowhere, above, below
}

// sameBefore returns how many bytes of the whole lines above are at the end of a text, and whether all are.
func sameBefore(text, above string) (n int, all bool) {
	isTop := len(above) < contextSize
	for rest := above; rest != ""; {
		line := rest[strings.LastIndexByte(rest[:len(rest)-1], '\n')+1:]
		if !strings.HasSuffix(text, line) || len(line) < len(rest) && len(line) < len(text) && text[len(text)-len(line)-1] != '\n' {
			return n, false
		}
		n += len(line)
		text, rest = strings.TrimSuffix(text, line), strings.TrimSuffix(rest, line)
	}
	return n, !isTop || text == ""
}

// sameBehind returns how many bytes of the whole lines below are at the beginning of a text, and whether all are.
func sameBehind(text, below string) (n int, all bool) {
	isBottom := len(below) < contextSize
	for rest := below; rest != ""; {
		line := rest[:strings.IndexByte(rest, '\n')+1]
		if line == "" {
			line = rest // a line that is cut off
		}
		if !strings.HasPrefix(text, line) {
			return n, false
		}
		n += len(line)
		text, rest = text[len(line):], rest[len(line):]
	}
	return n, !isBottom || text == ""
}
