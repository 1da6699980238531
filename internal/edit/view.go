package edit

import "strings"

// view is a stretch of a file around hunks of one edit, as far as their contexts contain it: before the edit and after
// it.
type view struct {
	before, after string
	wasAt, at     int // their offsets in the file
	hunks         []viewed
}

// viewed is the place of a hunk in the texts of a view.
type viewed struct {
	index          int // of the hunk
	from, to       int // in the text after the edit
	wasFrom, wasTo int // in the text before
}

// viewsOf returns the parts of the file that hunks contain, in order.
func viewsOf(hunks []Hunk) (out []*view) {
	grown := 0
	for i, h := range hunks {
		from := h.At - len(h.Prev)
		v := viewAt(out, from, h)
		if v == nil {
			v = &view{after: h.Prev + h.New + h.Next, at: from, wasAt: from - grown}
			out = append(out, v)
		}
		v.hunks = append(v.hunks, viewed{index: i, from: h.At - v.at, to: h.At - v.at + len(h.New)})
		grown += len(h.New) - len(h.Old)
	}
	for _, v := range out {
		v.takeBack(hunks)
	}
	return out
}

// viewAt extends the last view by the context of one more hunk, which begins at an offset; nil if the two do not meet.
func viewAt(views []*view, from int, h Hunk) *view {
	if len(views) == 0 {
		return nil
	}
	v, text := views[len(views)-1], h.Prev+h.New+h.Next
	last := v.hunks[len(v.hunks)-1]
	end := v.at + len(v.after)
	if from < v.at || from > end || h.At < v.at+last.to {
		return nil
	}
	switch shared := v.after[from-v.at:]; {
	case strings.HasPrefix(text, shared):
		v.after += text[len(shared):]
	case !strings.HasPrefix(shared, text): // one of them was read from another version
		return nil
	}
	return v
}

// takeBack computes the text before the edit.
func (v *view) takeBack(hunks []Hunk) {
	var before strings.Builder
	at := 0
	for i := range v.hunks {
		h := &v.hunks[i]
		before.WriteString(v.after[at:h.from])
		h.wasFrom = before.Len()
		before.WriteString(hunks[h.index].Old)
		h.wasTo, at = before.Len(), h.to
	}
	before.WriteString(v.after[at:])
	v.before = before.String()
}

// offsetAfter converts an offset of the text before the edit to one after it. A text that a hunk inserts at the offset
// follows it.
func (v *view) offsetAfter(at int) int {
	moved := 0
	for _, h := range v.hunks {
		if h.wasFrom < at {
			moved = h.to - h.wasTo
		}
	}
	return at + moved
}
