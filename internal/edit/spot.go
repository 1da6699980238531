package edit

import (
	"cmp"
	"strings"
)

// spot is the possible place of a hunk of an earlier edit.
type spot struct {
	view   *view // nil: the place is not known
	again  bool  // the later edit made it again; otherwise it is as the earlier one left it
	at     int   // in the text of the view: after the later edit if it was made again, otherwise before
	where  int   // in the file before the later edit
	by     int   // the hunk of the later edit that touches it; -1: none
	joined bool  // it was merged into another hunk
}

// assign finds the spots of hunks of an earlier edit. All are different, and have the order of the hunks.
func assign(first []Hunk, views []*view) []spot {
	all := make([][]spot, len(first))
	for i, f := range first {
		for _, v := range views {
			all[i] = append(all[i], v.spotsOf(f)...)
		}
	}
	out := make([]spot, len(first))
	moved, end := commonShift(first, all), 0
	for i, f := range first {
		out[i].by = -1
		for _, s := range all[i] {
			if s.where >= end && (out[i].view == nil || abs(s.where-f.At-moved) < abs(out[i].where-f.At-moved)) {
				out[i] = s
			}
		}
		if out[i].view != nil {
			moved, end = out[i].where-f.At, out[i].where+len(f.New)
		}
	}
	return out
}

// commonShift returns by how much most hunks have moved since; the smallest value if several are equally common.
func commonShift(first []Hunk, all [][]spot) int {
	count := map[int]int{}
	for i, spots := range all {
		for _, s := range spots {
			count[s.where-first[i].At]++
		}
	}
	best := 0
	for by, n := range count {
		c := cmp.Or(cmp.Compare(n, count[best]), cmp.Compare(abs(best), abs(by)), cmp.Compare(best, by))
		if c > 0 {
			best = by
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// spotsOf returns the possible places of a hunk in a view. Text that the later edit removed again had been restored by
// others.
func (v *view) spotsOf(h Hunk) (out []spot) {
	for _, at := range h.findIn(v.after) {
		for _, t := range v.hunks {
			if h.New == "" && t.from == t.to && at == t.from || h.New != "" && at < t.to && at+len(h.New) > t.from {
				out = append(out, spot{view: v, again: true, at: at, where: v.wasAt + t.wasFrom + at - t.from, by: t.index})
				break
			}
		}
	}
	for _, at := range h.findIn(v.before) {
		s := spot{view: v, at: at, where: v.wasAt + at, by: -1}
		for _, t := range v.hunks {
			if at <= t.wasTo && at+len(h.New) >= t.wasFrom {
				s.by = t.index
				break
			}
		}
		out = append(out, s)
	}
	return out
}

// findIn returns the places of the hunk's New in a text, on its line.
func (h Hunk) findIn(text string) (out []int) {
	prev := h.Prev[strings.LastIndexByte(h.Prev, '\n')+1:]
	next := h.Next
	if i := strings.IndexByte(next, '\n'); i >= 0 && !strings.HasSuffix(h.New, "\n") {
		next = next[:i+1]
	} else if i >= 0 {
		next = ""
	}
	if prev+next+h.New == "" { // at the end of the file
		prev = h.Prev[1+strings.LastIndexByte(strings.TrimSuffix(h.Prev, "\n"), '\n'):]
	}
	switch {
	case prev+next+h.New != "":
	case text == "": // nothing remained of the file, and nothing is there now
		return []int{0}
	default:
		return nil
	}
	whole := prev + h.New + next
	for start := 0; start <= len(text); {
		i := strings.Index(text[start:], whole)
		if i < 0 {
			break
		}
		at := start + i + len(prev)
		if at == len(prev) || text[at-len(prev)-1] == '\n' {
			out = append(out, at)
		}
		start += i + 1
	}
	return out
}
