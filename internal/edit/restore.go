package edit

import (
	"cmp"
	"slices"
	"strings"
)

// Restore undoes edits of one file, each with its hunks, the best fit first. It reports which of them it could undo.
func Restore(src []byte, edits [][]Hunk) (out []byte, done []bool) {
	r := restoreAll(src, edits)
	return r.file(), r.done
}

// restoring is a file in which edits are taken back.
type restoring struct {
	now   *gap
	end   string // of its lines
	added int    // see [closeLast]
	edits [][]Hunk
	done  []bool   // which of them are taken back
	made  [][]Hunk // hunks that undo the restoration
	order []int    // in which they were taken back

	text  string // the present file; "": it has changed since the last call
	lacks lacking
}

func restoreAll(src []byte, edits [][]Hunk) *restoring {
	r := newRestoring(src, edits)
	r.restoreEach(r.restoreOne)
	return r
}

func newRestoring(src []byte, edits [][]Hunk) *restoring {
	end := lineEndOf(src, edits)
	closed, added := closeBy(src, end)
	if added > 0 {
		edits = slices.Clone(edits)
		for i, hunks := range edits {
			edits[i] = slices.Clone(hunks)
			for j, h := range hunks {
				edits[i][j] = h.behindLast()
			}
		}
	}
	return &restoring{now: newGap(closed), end: end, added: added, edits: edits, done: make([]bool, len(edits)), made: make([][]Hunk, len(edits))}
}

// restoreEach takes back one edit after the other, the best fit first.
func (r *restoring) restoreEach(restoreOne func(last int, least fit) int) {
	last := len(r.edits)
	for least := exactly; least > nowhere; {
		switch i := restoreOne(last, least); {
		case i < 0:
			least--
		default:
			last = i
			least = exactly // the context of others may be restored now
		}
	}
}

// file returns the present file.
func (r *restoring) file() []byte { return openLast(r.now.bytes(), r.added) }

// restoreOne takes back one of the remaining edits; it returns its index, -1 if none fits. It tries them from the end
// on. Edits that fit exactly may come in any order; the neighbours of the last one come first, because they are the
// likeliest.
func (r *restoring) restoreOne(last int, least fit) int {
	for _, i := range []int{last - 1, last + 1} {
		if least == exactly && r.restore(i, least) {
			return i
		}
	}
	for i := len(r.edits) - 1; i >= 0; i-- {
		if r.restore(i, least) {
			return i
		}
	}
	return -1
}

func (r *restoring) restore(i int, least fit) bool {
	if i < 0 || i >= len(r.edits) || r.done[i] {
		return false
	}
	splices, ok := r.takeBack(i, least)
	if !ok || !isApplicable(splices) {
		return false
	}
	for _, s := range slices.Backward(splices) {
		r.now.replace(s.At, len(s.Old), s.New)
	}
	r.text = ""
	r.done[i], r.made[i], r.order = true, r.now.hunks(splices), append(r.order, i)
	for _, h := range r.made[i] {
		r.lacks.note(r.now, h.At, len(h.New))
	}
	if size := r.now.size(); size > 0 && !r.now.has(size-1, "\n") { // nothing remained of it
		r.now.replace(size, 0, r.end)
		r.lacks.note(r.now, size, len(r.end))
		r.added = len(r.end)
	}
	return true
}

// takeBack returns the splices that take an edit back.
func (r *restoring) takeBack(i int, least fit) (splices []Splice, ok bool) {
	if least < exactly {
		return r.findBack(i, least)
	}
	for _, h := range r.edits[i] {
		if !h.fits(r.now) {
			return nil, false
		}
		splices = append(splices, Splice{At: h.At, Old: h.New, New: h.Old})
	}
	return splices, true
}

// findBack is takeBack for an edit that is searched in the whole file, unless the file is known to lack what it needs.
func (r *restoring) findBack(i int, least fit) (splices []Splice, ok bool) {
	if r.lacks.has(i, least) {
		return nil, false
	}
	if r.text == "" {
		r.text = string(r.now.bytes())
	}
	if splices, ok = takeBack(r.text, r.edits[i], least); !ok {
		r.lacks.learn(r.text, i, r.edits[i], least)
	}
	return splices, ok
}

// isApplicable sorts splices, and reports whether they can be made together.
func isApplicable(splices []Splice) bool {
	slices.SortStableFunc(splices, func(a, b Splice) int { return cmp.Compare(a.At, b.At) })
	for i, s := range splices {
		if strings.Contains(s.New, "\x00") || i > 0 && splices[i-1].At+len(splices[i-1].Old) > s.At {
			return false
		}
	}
	return true
}

// takeBack returns the splices that take an edit back.
func takeBack(src string, hunks []Hunk, least fit) (splices []Splice, ok bool) {
	places := make([]found, len(hunks))
	for i, h := range hunks {
		places[i].at, places[i].how = h.find(src)
	}
	dropDisordered(hunks, places)
	if len(hunks) > 1 && slices.ContainsFunc(places, func(p found) bool { return p.how == nowhere }) {
		findAmong(src, hunks, places)
	}
	for i, h := range hunks {
		at, how := places[i].at, places[i].how
		if how < least || i > 0 && cmp.Compare(at, splices[i-1].At) != cmp.Compare(h.At, hunks[i-1].At) { // they must keep their order
			return nil, false
		}
		splices = append(splices, Splice{At: at, Old: h.New, New: h.closedOld(at+len(h.New), len(src))})
	}
	return splices, true
}
