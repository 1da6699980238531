package edit

import "strings"

// shownLayout is a layout that finds places by the ground that the file shows.
type shownLayout struct{ *Layout }

// findPlace finds the place in the file for a hunk of the ground that will be the item with that index, if others have
// edited the text around it: between the neighbouring items, whose texts are part of the context.
func (l shownLayout) findPlace(i int, h Hunk) (at int, ok bool) {
	from, to := 0, l.now.size()
	if i > 0 {
		from = l.items[i-1].to()
	}
	if i < len(l.items) {
		to = l.items[i].at
	}
	shown := Hunk{New: h.Old, Old: h.New, Prev: l.shownBefore(i, h), Next: l.shownBehind(i, h), In: h.In}
	at, how := shown.findBetween(string(l.now.bytes()), from, to)
	return at, how > nowhere
}

// shownBefore returns the bytes before a hunk of the ground, including those of the items there, up to an index.
func (l shownLayout) shownBefore(i int, h Hunk) (out string) {
	rest, at := h.Prev, h.At
	for i--; i >= 0 && len(out) < contextSize; i-- {
		it := &l.items[i]
		between := at - it.At - len(it.Old)
		if between < 0 || between > len(rest) || !strings.HasSuffix(rest[:len(rest)-between], it.Old) {
			break
		}
		out = it.New + rest[len(rest)-between:] + out
		rest, at = rest[:len(rest)-between-len(it.Old)], it.At
	}
	return lastBytes(rest + out)
}

// shownBehind is shownBefore for the bytes behind the hunk, with the items from an index on.
func (l shownLayout) shownBehind(i int, h Hunk) (out string) {
	rest, at := h.Next, h.At+len(h.Old)
	for ; i < len(l.items) && len(out) < contextSize; i++ {
		it := &l.items[i]
		between := it.At - at
		if between < 0 || between > len(rest) || !strings.HasPrefix(rest[between:], it.Old) {
			break
		}
		out += rest[:between] + it.New
		rest, at = rest[between+len(it.Old):], it.At+len(it.Old)
	}
	return firstBytes(out + rest)
}

// isBehindEnd reports whether an item was the last line, without its end, and the empty lines above it were removed
// because nothing followed them. The hunk, which is the view of the item, then has them.
func (l shownLayout) isBehindEnd(i int, h *Hunk, end int) bool {
	last := h.behindLast()
	if l.added == 0 || last.Old == h.Old || l.items[i].behindLast().Old == l.items[i].Old {
		return false
	}
	last.At = l.now.size()
	if last.At < end || !l.now.has(last.At-len(last.Prev), last.Prev) {
		return false
	}
	*h = last
	return true
}
