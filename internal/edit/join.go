package edit

import (
	"cmp"
	"slices"
	"strings"
)

// maxJoined bounds the hunks of a join if neither edit has as many: it must not grow with history.
const maxJoined = 16

// Join returns the hunks that take back two successive edits of one part: first the earlier, then the later one. A
// later edit may be at another place than the earlier one: a part that was removed may be made elsewhere.
//
// Each hunk of the earlier edit is joined at one place, or at none (spot.go).
func Join(first, then []Hunk) []Hunk {
	first, then = coalesce(first), coalesce(then)
	views := viewsOf(then)
	spots := assign(first, views)
	var out []Hunk
	for _, v := range views {
		out = append(out, v.compose(first, then, spots)...)
	}
	for i, f := range first {
		if !spots[i].joined {
			out = append(out, f.movedByAll(then, nil))
		}
	}
	out = slices.DeleteFunc(out, func(h Hunk) bool { return h.Old == h.New })
	slices.SortStableFunc(out, func(a, b Hunk) int { return cmp.Compare(a.At, b.At) })
	if len(out) > max(maxJoined, len(first), len(then)) {
		return first
	}
	return out
}

// coalesce sorts the hunks of one edit, and merges those that touch.
func coalesce(hunks []Hunk) []Hunk {
	var out []Hunk
	for _, h := range slices.SortedStableFunc(slices.Values(hunks), func(a, b Hunk) int { return cmp.Compare(a.At, b.At) }) {
		if n := len(out); n > 0 && out[n-1].At+len(out[n-1].New) == h.At {
			last := &out[n-1]
			last.Old, last.New, last.Next = last.Old+h.Old, last.New+h.New, h.Next
			continue
		}
		out = append(out, h)
	}
	return out
}

// movedByAll returns the hunk after all hunks of a later edit except those in skip.
func (h Hunk) movedByAll(then []Hunk, skip []int) Hunk {
	for i, t := range then {
		if !slices.Contains(skip, i) {
			h = h.movedBy(t)
		}
	}
	return h
}

// movedBy returns the hunk after a later one at another place: with its new offset, and with the text around it if the
// later one has changed that.
func (h Hunk) movedBy(then Hunk) Hunk {
	end := h.At + len(h.New)
	switch grown := len(then.New) - len(then.Old); {
	case then.At >= end:
		if at := then.At - end; at <= len(h.Next) && strings.HasPrefix(h.Next[at:], then.Old) {
			h.Next = h.Next[:at] + then.New + h.Next[at+len(then.Old):]
			h.Next = h.Next[:min(len(h.Next), contextSize)]
		}
	case then.At+len(then.Old) <= h.At:
		if at := len(h.Prev) - (h.At - then.At); at >= 0 && strings.HasPrefix(h.Prev[at:], then.Old) {
			h.Prev = h.Prev[:at] + then.New + h.Prev[at+len(then.Old):]
			h.Prev = h.Prev[max(0, len(h.Prev)-contextSize):]
		}
		h.At += grown
	}
	return h
}

// group is hunks of the earlier and of the later edit that touch, by their indexes, and their span in the text of a
// view before the later edit.
type group struct {
	first, then []int
	from, to    int
}

// compose joins the hunks of the later edit that a view shows with those of the earlier one that are in it.
func (v *view) compose(first, then []Hunk, spots []spot) (out []Hunk) {
	repaired := map[int]bool{} // hunks of the later edit that restored what the earlier one had made
	for i, s := range spots {
		if s.view == v && s.again {
			spots[i].joined, repaired[s.by] = true, true
			out = append(out, v.placed(first[i], s.at, s.at+len(first[i].New)))
		}
	}
	for _, g := range v.groups(first, spots, repaired) {
		out = append(out, v.joinGroup(g, first, then, spots))
	}
	return out
}

// groups returns the hunks of the later edit, each with those that it touches.
func (v *view) groups(first []Hunk, spots []spot, repaired map[int]bool) (out []group) {
	for _, t := range v.hunks {
		if !repaired[t.index] {
			out = append(out, group{then: []int{t.index}, from: t.wasFrom, to: t.wasTo})
		}
	}
	for i, s := range spots {
		if s.view == v && !s.again && s.by >= 0 && !repaired[s.by] {
			spots[i].joined = true
			out = append(out, group{first: []int{i}, from: s.at, to: s.at + len(first[i].New)})
		}
	}
	slices.SortStableFunc(out, func(a, b group) int { return cmp.Compare(a.from, b.from) })
	n := 0
	for _, g := range out {
		if n == 0 || g.from > out[n-1].to {
			out[n] = g
			n++
			continue
		}
		last := &out[n-1]
		last.first, last.then, last.to = append(last.first, g.first...), append(last.then, g.then...), max(last.to, g.to)
	}
	return out[:n]
}

// joinGroup merges a group into one hunk.
func (v *view) joinGroup(g group, first, then []Hunk, spots []spot) (h Hunk) {
	at := g.from
	for _, i := range g.first {
		h.Old += v.before[at:spots[i].at] + first[i].Old
		at = spots[i].at + len(first[i].New)
	}
	h.Old += v.before[at:g.to]
	at = g.from
	for _, t := range v.hunks {
		if slices.Contains(g.then, t.index) {
			h.New += v.before[at:t.wasFrom] + then[t.index].New
			at = t.wasTo
		}
	}
	h.New += v.before[at:g.to]
	if n := len(g.first); n > 0 && spots[g.first[0]].at == g.from {
		h.Prev = first[g.first[0]].movedByAll(then, g.then).Prev
	}
	if n := len(g.first); n > 0 {
		i := g.first[n-1]
		if spots[i].at+len(first[i].New) == g.to {
			h.Next = first[i].movedByAll(then, g.then).Next
		}
	}
	h.In = then[g.then[0]].In
	from := v.offsetAfter(g.from)
	return v.placed(h, from, from+len(h.New))
}

// placed returns a hunk at a span of the text after the later edit. Its context is that of the view, extended by that
// of the hunk.
func (v *view) placed(h Hunk, from, to int) Hunk {
	h.At = v.at + from
	if prev := v.after[max(0, from-contextSize):from]; len(prev) == contextSize || !strings.HasSuffix(h.Prev, prev) {
		h.Prev = prev
	}
	if next := v.after[to:min(len(v.after), to+contextSize)]; len(next) == contextSize || !strings.HasPrefix(h.Next, next) {
		h.Next = next
	}
	return h
}
