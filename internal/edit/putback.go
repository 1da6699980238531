package edit

import (
	"bytes"
	"slices"
)

// Back is how parts of a file come back as they were. Where the layout of the file is known, that
// is exact whatever has become of the other parts since.
type Back struct {
	Layout *Layout   // nil: it is not known
	Keys   []string  // of the parts
	Hunks  [][]Hunk  // of each part, of the edit that is taken back; none: it is only made right
	Ground []*Ground // of each part, the same in the ground; nil: it is not known
}

func (b *Back) isEmpty() bool {
	return !slices.ContainsFunc(b.Hunks, func(hunks []Hunk) bool { return len(hunks) > 0 })
}

// Recorded is what taking back needs that parts were made.
type Recorded struct {
	Hunks  [][]Hunk  // of each part
	Ground []*Ground // of each part; nil: it is not known
	Last   int       // the part that is made last; -1: none changes the file
}

// EditBack is [Edit] of a file in which some parts come back as they were, byte by byte. What
// cannot come back so is edited.
func EditBack(src []byte, parts []Part, b Back) ([]byte, error) {
	_, candidate, err := putBack(src, parts, b)
	return candidate, err
}

// RecordBack is [Record] for [EditBack].
func RecordBack(src []byte, parts []Part, b Back) (Recorded, error) {
	r, _, _ := putBack(src, parts, b)
	if r == nil {
		r = &returned{text: src, layout: b.Layout, made: make([][]Hunk, len(parts))}
	}
	m := NewMemo(r.text)
	all, out, err := m.record(parts)
	rec := Recorded{Ground: r.noteParts(b, parts, m, all, out), Hunks: m.inFile(all, out), Last: -1}
	for i := range parts {
		if len(all[i]) > 0 {
			rec.Last = i
		}
	}
	if n := len(r.order); n > 0 && rec.Last < 0 {
		rec.Last = r.order[n-1]
	}
	for i, made := range r.made {
		switch {
		case len(made) == 0:
		case len(all[i]) == 0:
			all[i] = scoped(parts[i], made)
		default:
			all[i] = Join(scoped(parts[i], made), all[i])
		}
	}
	return rec, err
}

// returned is a file in which parts came back.
type returned struct {
	text   []byte
	layout *Layout  // nil: it is not known
	made   [][]Hunk // of each part: what takes that back
	order  []int    // in which the parts came back
}

// putBack takes edits back and makes the parts right in what there is then. It returns nothing
// where the parts are edited in the file as it is: there is nothing to take back, or that would
// change anything besides, because what was taken for a part that others have moved may be theirs.
func putBack(src []byte, parts []Part, b Back) (r *returned, candidate []byte, err error) {
	candidate, err = Edit(src, parts)
	if b.isEmpty() {
		return nil, candidate, err
	}
	like := candidate
	if err != nil {
		like = src
	}
	for _, restore := range []func([]byte) *returned{b.returnInGround, b.returnHunks} {
		r := restore(src)
		if r == nil || bytes.Equal(r.text, src) {
			continue
		}
		if exact, failed := Edit(r.text, parts); failed == nil && Alike(like, exact, parts) && b.leavesOthers(src, r.text, parts) {
			return r, exact, nil
		}
	}
	return nil, candidate, err
}

// leavesOthers reports whether the parts that do not come back are right in a file as far as they
// were before: a section may have gone with the part that made it.
func (b *Back) leavesOthers(src, now []byte, parts []Part) bool {
	before, after := NewMemo(src), NewMemo(now)
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
	for i, hunks := range b.Hunks {
		if len(hunks) == 0 {
			continue
		}
		if b.Ground[i] == nil {
			return nil
		}
		made, ok := r.layout.takeBack(b.Keys[i], b.Ground[i].Was)
		if !ok {
			return nil
		}
		for j := range made {
			made[j] = made[j].behind(mark)
		}
		r.made[i], r.order = made, append(r.order, i)
	}
	r.text = r.layout.file(src[:b.Layout.bom])
	return r
}

// returnHunks takes edits back where they are found.
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

// before returns hunks of a file that begins with a mark as those of what is behind it.
func before(mark string, hunks []Hunk) []Hunk {
	out := slices.Clone(hunks)
	for i := range out {
		out[i].At -= len(mark)
	}
	return out
}

// noteParts returns what parts change in the ground that are made in what came back, and became out.
func (r *returned) noteParts(b Back, parts []Part, m *Memo, all [][]Hunk, out []byte) []*Ground {
	ground := make([]*Ground, len(all))
	if r.layout == nil {
		return ground
	}
	l, last := r.layout.clone(), ""
	isKnown := bytes.Equal(l.now.bytes(), m.body) && l.added == m.added
	for _, i := range r.order {
		last = b.Keys[i]
	}
	for i, hunks := range all {
		if len(hunks) > 0 {
			last = b.Keys[i]
		}
		l.noteAll(b.Keys[i], hunks)
	}
	if !isKnown || !bytes.Equal(l.now.bytes(), out) {
		return ground
	}
	l.noteEnd(last)
	for i, key := range b.Keys {
		if key != "" && !l.lost[key] && !b.Layout.lost[key] {
			ground[i] = &Ground{Was: b.Layout.hunksOf(key), Now: l.hunksOf(key), Heads: l.headsOf(key, parts[i])}
		}
	}
	return ground
}

// noteEnd notes which empty lines the file loses with its last text, if its last line has no end,
// and that it had none if nothing is left. That is of the part that was changed last.
func (l *Layout) noteEnd(key string) {
	if l.added == 0 {
		return
	}
	out := l.now.bytes()
	left, _ := closeBy(openLast(out, l.added), l.end)
	if len(left) < len(out) && bytes.HasPrefix(out, left) {
		l.note(key, Hunk{At: len(left), Old: string(out[len(left):])})
	}
	for i := range l.items {
		if len(left) == 0 && l.items[i].key == key {
			l.items[i].Open = true
		}
	}
}
