package edit

import (
	"bytes"
	"slices"
)

// Edited is a file in which parts were made, some of them restored as they were.
type Edited struct {
	parts []Part
	back  Back

	from *Memo     // the file in which the parts were made
	r    *returned // the restoration; nil: from is the original file
	made making    // how the parts were made in it
}

// making is the result of making parts in the body of a file.
type making struct {
	all [][]Hunk // of each part; nil: they were made one by one, and this is not known
	out []byte
}

// EditBack is the function EditBack for a memo. If it fails, the file is unchanged, and Record covers the parts that
// can be made.
func (m *Memo) EditBack(parts []Part, b Back) (*Edited, error) {
	parts = b.withWritten(b.withObjects(parts))
	if e := m.comeBack(parts, b); e != nil {
		return e, nil
	}
	made, err := m.make(parts)
	return &Edited{parts: parts, back: b, from: m, made: made}, err
}

// make makes parts in the file.
func (m *Memo) make(parts []Part) (made making, err error) {
	if m.err != nil {
		return made, m.err
	}
	all, out, ok := makeTogether(m, parts)
	if ok {
		return making{all, out}, nil
	}
	made.out, err = makeOneByOne(m, parts)
	return made, err
}

// comeBack takes edits back and makes the parts right in the result: as many as are compatible. It is nil if all parts
// must be edited in the original file.
func (m *Memo) comeBack(parts []Part, b Back) *Edited {
	var all []int
	for i, hunks := range b.Hunks {
		if len(hunks) > 0 {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return nil
	}
	c := comingBack{from: m, parts: parts, back: b, is: make([]bool, len(parts)), tries: maxTries}
	c.add(all)
	return c.edited
}

// maxTries bounds the attempts to find the edits that can be taken back together: among some hundred parts, one that
// cannot is found in about 15 attempts.
const maxTries = 64

// comingBack finds the edits of a file that can be taken back together.
type comingBack struct {
	from   *Memo
	parts  []Part
	back   Back
	is     []bool // which of the parts are restored
	edited *Edited
	tries  int // the remaining attempts
	like   *Memo
}

// add restores the parts of more that can be restored together with the present ones.
func (c *comingBack) add(more []int) {
	if c.tries--; c.tries < 0 {
		return
	}
	for _, i := range more {
		c.is[i] = true
	}
	if e := c.try(); e != nil {
		c.edited = e
		return
	}
	for _, i := range more {
		c.is[i] = false
	}
	if half := len(more) / 2; half > 0 {
		c.add(more[:half])
		c.add(more[half:])
	}
}

// try undoes edits. It returns nil if that would change anything else: a text that was mistaken for a part may belong
// to others, who have moved the part.
func (c *comingBack) try() *Edited {
	b, src := c.back.only(c.is), c.from.Source()
	for _, restore := range []func([]byte) *returned{b.returnInGround, b.returnHunks} {
		r := restore(src)
		if r == nil || bytes.Equal(r.text, src) || b.strandsComma(src, r.text, c.parts) || b.doublesSection(src, r.text, c.parts) {
			continue
		}
		e := &Edited{parts: c.parts, back: b, from: NewMemo(r.text), r: r}
		if strandsComment(c.from, e.from, c.parts) {
			continue
		}
		var err error
		if e.made, err = e.from.make(c.parts); err != nil {
			continue
		}
		if c.isLike(e.now()) && b.leavesOthers(c.from, e.from, c.parts) {
			return e
		}
	}
	return nil
}

// isLike reports whether the restored edits change nothing but the parts.
func (c *comingBack) isLike(now *Memo) bool {
	if c.like == nil {
		c.like = comparableTo(c.from, c.parts)
	}
	return c.like.isLike(now, c.parts) || isMixed(c.parts) && isLikeWithoutTexts(c.from, now, c.parts)
}

// comparableTo returns a file with the meaning of the one in which the parts are only edited, except for the settings
// among them. Settings alone change nothing else.
func comparableTo(m *Memo, parts []Part) *Memo {
	if !isMixed(parts) {
		return m
	}
	made, err := m.make(parts)
	if err != nil {
		return m
	}
	return NewMemo(m.file(made.out))
}

// isMixed reports whether the parts include both settings and others.
func isMixed(parts []Part) bool {
	isSetting := func(p Part) bool { _, ok := p.(*Setting); return ok }
	return slices.ContainsFunc(parts, isSetting) && slices.ContainsFunc(parts, func(p Part) bool { return !isSetting(p) })
}

// now is the present file.
func (e *Edited) now() *Memo {
	if bytes.Equal(e.made.out, e.from.body) {
		return e.from
	}
	return NewMemo(e.Bytes())
}

// Bytes is the present file; nil if it cannot be edited.
func (e *Edited) Bytes() []byte {
	if e.made.out == nil {
		return nil
	}
	return e.from.file(e.made.out)
}

// Record returns what undoing the parts needs. If one cannot be made, the error is a [PartError], and the record of
// the parts before it is returned as well.
func (e *Edited) Record() (Recorded, error) {
	r := e.r
	if r == nil {
		r = &returned{text: e.from.Source(), layout: e.back.Layout, made: make([][]Hunk, len(e.parts))}
	}
	all, out, err := make([][]Hunk, len(e.made.all)), e.made.out, error(nil)
	for i, hunks := range e.made.all {
		all[i] = slices.Clone(hunks)
	}
	if e.made.all == nil {
		all, out, err = recordOneByOne(e.from, e.parts)
	}
	rec := Recorded{Ground: e.noteParts(r, all, out), Hunks: e.from.inFile(all, out), Last: -1}
	for i := range e.parts {
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
			all[i] = scoped(e.parts[i], made)
		default:
			all[i] = Join(scoped(e.parts[i], made), all[i])
		}
	}
	return rec, err
}

// noteParts returns the changes in the ground by the parts that were made in the restored file, which became out.
func (e *Edited) noteParts(r *returned, all [][]Hunk, out []byte) []*Ground {
	b := e.back
	ground := make([]*Ground, len(all))
	if r.layout == nil {
		return ground
	}
	for i, key := range b.Keys {
		if key != "" {
			ground[i] = lostGround(objectsFor(e.from, e.parts[i], b.Layout.objects))
		}
	}
	l, last := r.layout.clone(), ""
	isKnown := bytes.Equal(bodyOf(l), e.from.body) && l.added == e.from.added
	for _, i := range r.order {
		last = b.Keys[i]
	}
	for i, hunks := range all {
		if len(hunks) > 0 {
			last = b.Keys[i]
		}
		l.noteAll(b.Keys[i], hunks)
	}
	if !isKnown || !bytes.Equal(bodyOf(l), out) {
		return ground
	}
	l.noteEnd(last)
	was, now, heads := b.Layout.byKey(), l.byKey(), sectionsOf(l.items)
	for i, key := range b.Keys {
		if key != "" && !l.lost[key] && !b.Layout.lost[key] {
			ground[i] = &Ground{Was: was[key], Now: now[key], Heads: headsOf(heads, key, e.parts[i]), Objects: ground[i].objects()}
		}
	}
	return ground
}

// noteEnd records, for the part that was changed last, which empty lines the file loses with its last text if its last
// line has no end, and that it had no end if nothing remains.
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
