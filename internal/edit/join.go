package edit

import "strings"

// Join returns the hunks that take back two edits of one part, made one after the
// other: first is what the earlier one left, then the later one. Where the place of the earlier
// one is not known any more, it returns first.
func Join(first, then []Hunk) []Hunk {
	out := append([]Hunk(nil), first...)
	for _, t := range then {
		joined := false
		for i, f := range out {
			if h, ok := f.join(t); ok {
				out[i], joined = h, true
				break
			}
		}
		if !joined {
			return first
		}
	}
	return out
}

// join is Join for one hunk of each.
func (h Hunk) join(then Hunk) (Hunk, bool) {
	at := len(then.Prev) // in the text around the later hunk
	before, after := then.Prev+then.Old+then.Next, then.Prev+then.New+then.Next
	if i, ok := h.findIn(after, at, at+len(then.New)); ok { // the later one brought back what the earlier one had made
		return h.placed(then.At-at, after, i, i+len(h.New), h.Old, h.New), true
	}
	i, ok := h.findIn(before, at, at+len(then.Old))
	if !ok {
		return h, false
	}
	end, thenEnd := i+len(h.New), at+len(then.Old)
	from, to := min(i, at), max(end, thenEnd)
	old := before[from:i] + h.Old + before[end:to]
	now := before[from:at] + then.New + before[thenEnd:to]
	return h.placed(then.At-at, before, from, to, old, now), true
}

// placed is a hunk at a span of a text that begins at an offset of the file.
func (h Hunk) placed(offset int, text string, from, to int, old, now string) Hunk {
	return Hunk{At: offset + from, Old: old, New: now, Prev: text[:from], Next: text[to:]}
}

// findIn returns where the hunk's New is in a text: on its line, nearest to a span of
// the text, and in one place only.
func (h Hunk) findIn(text string, from, to int) (at int, ok bool) {
	prev := h.Prev[strings.LastIndexByte(h.Prev, '\n')+1:]
	next := h.Next
	if i := strings.IndexByte(next, '\n'); i >= 0 && !strings.HasSuffix(h.New, "\n") {
		next = next[:i+1]
	} else if i >= 0 {
		next = ""
	}
	if prev == "" && next == "" && h.New == "" {
		return 0, false
	}
	whole := prev + h.New + next
	best, several := -1, false
	for start := 0; ; {
		i := strings.Index(text[start:], whole)
		if i < 0 {
			break
		}
		at, start = start+i+len(prev), start+i+1
		atLine := at == len(prev) || text[at-len(prev)-1] == '\n'
		if overlaps := at <= to && at+len(h.New) >= from; !atLine || !overlaps {
			if start > len(text) {
				break
			}
			continue
		}
		several, best = best >= 0, at
		if start > len(text) {
			break
		}
	}
	return best, best >= 0 && !several
}
