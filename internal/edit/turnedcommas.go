package edit

import "slices"

// withTurned returns hunks that were made in a layout, in order, with the commas beside them that the file has gained
// or lost: a key that is added or removed as the last one does that to the key before it. before and after list the
// commas that the file does not have, as offsets from the same position of the layout.
func withTurned(hunks []Hunk, from int, before, after []int) []Hunk {
	out := slices.Clone(hunks)
	for _, at := range turned(hunks, from, before, after) {
		at += from
		i := 0
		for i < len(out) && out[i].At <= at {
			i++
		}
		switch {
		case i < len(out) && out[i].At == at+1:
			out[i].At, out[i].Old, out[i].New = at, ","+out[i].Old, ","+out[i].New
		case i > 0 && out[i-1].At+len(out[i-1].New) == at:
			out[i-1].Old, out[i-1].New = out[i-1].Old+",", out[i-1].New+","
		default:
			out = slices.Insert(out, i, Hunk{At: at, Old: ",", New: ",", In: hunks[0].In})
		}
	}
	return out
}

// turned returns the commas, as offsets after the hunks, that only one of the lists has, without those that the hunks
// have changed.
func turned(hunks []Hunk, from int, before, after []int) (out []int) {
	var kept []int
	for _, at := range before {
		if now, ok := behindHunks(hunks, from, at); ok {
			kept = append(kept, now)
		}
	}
	for _, at := range kept {
		if !slices.Contains(after, at) {
			out = append(out, at)
		}
	}
	for _, at := range after {
		isNew := slices.ContainsFunc(hunks, func(h Hunk) bool { return h.At-from <= at && at < h.At-from+len(h.New) })
		if !isNew && !slices.Contains(kept, at) {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	return out
}

// behindHunks returns an offset after hunks were made, in order; false if one of them has replaced its text.
func behindHunks(hunks []Hunk, from, at int) (now int, ok bool) {
	now = at
	for _, h := range hunks {
		begin := h.At - from
		if now < begin {
			break
		}
		if now < begin+len(h.Old) {
			return 0, false
		}
		now += len(h.New) - len(h.Old)
	}
	return now, true
}
