package edit

// made is a splice, and its position among the texts that were inserted at its offset.
type made struct {
	Splice
	behind int // after this many bytes of them
	of     int // index of the text that it extends; see [stack]
}

// hunks makes the splices of one part, which are in order, and returns what undoing them needs.
func (d *draft) hunks(splices []made) (out []Hunk, ok bool) {
	for _, s := range splices {
		at, ok := d.splice(s.At, s.behind, s.Old, s.New)
		if !ok {
			return nil, false
		}
		out = append(out, Hunk{At: at, Old: s.Old, New: s.New})
	}
	for i := range out {
		h := &out[i]
		end := h.At + len(h.New)
		h.Prev, h.Next = d.slice(max(0, h.At-contextSize), h.At), d.slice(end, end+contextSize)
	}
	return out, true
}
