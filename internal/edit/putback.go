package edit

import "slices"

// Back describes how to restore parts of a file. If the layout of the file is known, that is exact regardless of later
// changes of other parts.
type Back struct {
	Layout *Layout   // nil: not known
	Keys   []string  // of the parts
	Hunks  [][]Hunk  // of each part, of the edit that is taken back; none: the part is only made right
	Ground []*Ground // of each part, the same in the ground; nil: not known
}

// only returns a Back for some of the parts, while the others are edited.
func (b *Back) only(is []bool) Back {
	out := *b
	out.Hunks = make([][]Hunk, len(b.Hunks))
	for i, hunks := range b.Hunks {
		if is[i] {
			out.Hunks[i] = hunks
		}
	}
	return out
}

// withObjects returns the parts; each removed one also removes the objects that contained only it.
func (b *Back) withObjects(parts []Part) []Part {
	out := slices.Clone(parts)
	for i, p := range parts {
		s, ok := p.(*Setting)
		if !ok || !s.Absent || len(b.Ground) <= i {
			continue
		}
		gone := *s
		switch out[i] = &gone; s.Format {
		case JSON:
			gone.Made = b.Ground[i].objects()
		case YAML:
		default:
			gone.madeBy = b.headerOf(i, s)
		}
	}
	return out
}

// Recorded contains what undoing parts needs.
type Recorded struct {
	Hunks  [][]Hunk  // of each part
	Ground []*Ground // of each part; nil: not known
	Last   int       // the part that is made last; -1: none changes the file
}

// EditBack is [Edit] for a file in which some parts are restored, byte by byte. Parts for which that is impossible are
// edited.
func EditBack(src []byte, parts []Part, b Back) ([]byte, error) {
	e, err := NewMemo(src).EditBack(parts, b)
	return e.Bytes(), err
}

// RecordBack is [Record] for [EditBack].
func RecordBack(src []byte, parts []Part, b Back) (Recorded, error) {
	e, _ := NewMemo(src).EditBack(parts, b)
	return e.Record()
}

// returned is a file in which parts were restored.
type returned struct {
	text   []byte
	layout *Layout  // nil: not known
	made   [][]Hunk // of each part: what undoes the restoration
	order  []int    // in which the parts were restored
}

// leavesOthers reports whether the parts that are not restored are as right in a file as before: a section may be
// removed with the part that made it.
func (b *Back) leavesOthers(before, after *Memo, parts []Part) bool {
	for i, p := range parts {
		if len(b.Hunks[i]) == 0 && before.Holds(p) && !after.Holds(p) {
			return false
		}
	}
	return true
}

// returnInGround takes edits back in the ground; nil if one of them is not known there.
func (b *Back) returnInGround(src []byte) *returned {
	if b.Layout == nil {
		return nil
	}
	r := &returned{layout: b.Layout.clone(), made: make([][]Hunk, len(b.Hunks))}
	mark := utf8BOM[:b.Layout.bom]
	for _, i := range b.innermostFirst() {
		hunks := b.Hunks[i]
		if !b.Ground[i].isKnown() {
			return nil
		}
		made, ok := r.layout.takeBack(b.Keys[i], b.Ground[i].Was, !areInPlace(src, hunks))
		if !ok {
			return nil
		}
		if r.layout.json != nil {
			made = r.layout.json.toFile(r.layout, made)
		}
		for j := range made {
			made[j] = made[j].behind(mark)
		}
		r.made[i], r.order = made, append(r.order, i)
	}
	r.text = r.layout.file(src[:b.Layout.bom])
	return r
}

// areInPlace reports whether everything is unchanged since the hunks were made.
func areInPlace(src []byte, hunks []Hunk) bool {
	return !slices.ContainsFunc(hunks, func(h Hunk) bool { return !h.isInPlace(src) })
}

// TakeBack returns the file without the edits of b; false if one of them cannot be taken back.
func (m *Memo) TakeBack(b Back) (*Memo, bool) {
	if r := b.returnInGround(m.Source()); r != nil {
		return NewMemo(r.text), true
	}
	r := b.returnHunks(m.Source())
	for i, hunks := range b.Hunks {
		if len(hunks) > 0 && !slices.Contains(r.order, i) {
			return nil, false
		}
	}
	return NewMemo(r.text), true
}

// returnHunks undoes edits at the places that it finds.
func (b *Back) returnHunks(src []byte) *returned {
	var edits [][]Hunk
	var of []int
	for i, hunks := range b.Hunks {
		if len(hunks) > 0 {
			edits, of = append(edits, hunks), append(of, i)
		}
	}
	found := restoreAll(src, edits)
	r := &returned{text: found.file(), made: make([][]Hunk, len(b.Hunks))}
	if b.Layout != nil {
		r.layout = b.Layout.clone()
	}
	for _, k := range found.order {
		i := of[k]
		r.made[i], r.order = found.made[k], append(r.order, i)
		if r.layout != nil {
			r.layout.noteAll(b.Keys[i], before(utf8BOM[:r.layout.bom], r.made[i]))
		}
	}
	return r
}

// before converts hunks of a file that begins with a mark to those of the rest.
func before(mark string, hunks []Hunk) []Hunk {
	out := slices.Clone(hunks)
	for i := range out {
		out[i].At -= len(mark)
	}
	return out
}
