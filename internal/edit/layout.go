package edit

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// Ground is the change of one part in the ground of its file. The ground is the file without any part. It does not
// change when parts are made and taken back, so hunks in it never meet, and each can be taken back regardless of the
// others.
type Ground struct {
	Was []Hunk `json:"was,omitempty"` // before an edit
	Now []Hunk `json:"now,omitempty"` // after it

	// Heads make the sections that contain the part, if other parts have made them. The part owns them once those
	// parts no longer exist.
	Heads []Hunk `json:"heads,omitempty"`

	Objects []Object `json:"objects,omitempty"` // of JSON, that contain the key
	Lost    bool     `json:"lost,omitempty"`    // only Objects are known
}

// JoinGround joins the changes of two successive edits of one part in the ground; nil if the result is not known.
// first is nil if no earlier change is known, which with isWhole means that there was none.
func JoinGround(first, then *Ground, isWhole bool) *Ground {
	objects := joinObjects(first.objects(), then.objects())
	switch {
	case !then.isKnown(), first == nil && !isWhole, first != nil && first.Lost:
		return lostGround(objects)
	case first == nil:
		return &Ground{Now: then.Now, Heads: then.Heads, Objects: objects}
	}
	return &Ground{Was: first.Was, Now: then.Now, Heads: then.Heads, Objects: objects}
}

// lostGround is a ground with known objects only; nil: there are none.
func lostGround(objects []Object) *Ground {
	if len(objects) == 0 {
		return nil
	}
	return &Ground{Lost: true, Objects: objects}
}

func (g *Ground) isKnown() bool { return g != nil && !g.Lost }

func (g *Ground) objects() []Object {
	if g == nil {
		return nil
	}
	return g.Objects
}

// Layout is a file with the hunks of all known parts, in the ground and in the present file.
type Layout struct {
	now   *gap // of whole lines; for JSON see commas
	bom   int  // how many bytes precede it
	end   string
	added int // see [closeLast]
	items []item
	json  *jsonGround     // nil: now is the file
	lost  map[string]bool // parts with hunks that are not where they were, or overlap others

	objects map[string]Object // by path
}

// item is a hunk in the ground. Its offset and its rank determine its order among the others.
type item struct {
	Hunk
	key     string
	at      int  // of New in the file
	isFresh bool // its context was read in the present ground
	isTaken bool // it makes a section, and belongs to the part if no other one has it
}

func (i *item) to() int { return i.at + len(i.New) }

// ReadLayout finds the hunks of parts in their file, by the keys of the parts. Edits of others move them; hunks that
// are not found are omitted.
func ReadLayout(src []byte, kept map[string]*Ground) *Layout {
	bom := len(src) - len(strings.TrimPrefix(string(src), utf8BOM))
	all := make([][]Hunk, 0, len(kept))
	isOpen := false
	l := &Layout{bom: bom, lost: map[string]bool{}, objects: map[string]Object{}}
	for key, g := range kept {
		for _, o := range g.Objects {
			l.objects[joinNames(o.Path)] = o
		}
		all = append(all, g.Now)
		for _, h := range g.Now {
			l.items = append(l.items, item{Hunk: h, key: key})
			isOpen = isOpen || h.Open
		}
		for _, h := range g.Heads {
			l.items = append(l.items, item{Hunk: h, key: key, isTaken: true})
		}
	}
	l.sort()
	l.end = lineEndOf(src[bom:], all)
	closed, added := closeBy(src[bom:], l.end)
	l.now, l.json = readGround(closed)
	if l.added = added; len(src) == bom && isOpen {
		l.added = len(l.end)
	}
	for len(l.items) > 0 && !l.place() {
	}
	return l
}

// sort sorts the items. One part takes over the head of a section, and only if the part that made it no longer exists.
func (l *Layout) sort() {
	slices.SortFunc(l.items, func(a, b item) int {
		switch c := a.compare(b.Hunk); {
		case c != 0 || a.isTaken == b.isTaken:
			return cmp.Or(c, cmp.Compare(len(b.New), len(a.New)), cmp.Compare(a.key, b.key)) // of nested mappings, some parts need all, others only the outer ones
		case a.isTaken:
			return 1
		}
		return -1
	})
	l.items = slices.CompactFunc(l.items, func(a, b item) bool { return a.compare(b.Hunk) == 0 && (a.isTaken || b.isTaken) })
}

// compare is the order of hunks in the ground.
func (h Hunk) compare(o Hunk) int {
	return cmp.Or(cmp.Compare(h.At, o.At), h.Rank.compare(o.Rank))
}

// place finds the items in the file, and drops those that are not found. It is false if it dropped any: the true
// context of the others may then be different.
func (l *Layout) place() bool {
	text := "" // not computed yet
	moved, end, n := 0, 0, 0
	for i, h := range l.views() {
		h.At += moved
		if fits := h.fits(l.now) && h.At >= end; !fits && (shownLayout{l}).isBehindEnd(i, &h, end) {
			l.items[i].Hunk = l.items[i].behindLast()
		} else if !fits {
			if text == "" {
				text = string(l.now.bytes())
			}
			at, how := h.find(text)
			if how == nowhere || at < end {
				l.lost[l.items[i].key] = l.lost[l.items[i].key] || !l.items[i].isTaken
				continue
			}
			moved, h.At = moved+at-h.At, at
		}
		end = h.At + len(h.New)
		l.items[n] = l.items[i]
		l.items[n].at = h.At
		n++
	}
	isWhole := n == len(l.items)
	l.items = l.items[:n]
	return isWhole
}

// views returns the items as hunks of the file: each with the bytes of the file around it, at its place unless others
// have edited the file.
func (l *Layout) views() []Hunk {
	out := make([]Hunk, len(l.items))
	shift := 0
	for i, it := range l.items {
		out[i] = it.Hunk
		out[i].At += shift
		shift += len(it.New) - len(it.Old)
		if i == 0 {
			continue
		}
		before := l.items[i-1]
		if between := max(0, it.At-before.At-len(before.Old)); between < contextSize && between <= len(it.Prev) {
			out[i].Prev = lastBytes(out[i-1].Prev + before.New + it.Prev[len(it.Prev)-between:])
		}
	}
	for i := len(out) - 2; i >= 0; i-- {
		it, behind := l.items[i], l.items[i+1]
		if between := max(0, behind.At-it.At-len(it.Old)); between < contextSize && between <= len(it.Next) {
			out[i].Next = firstBytes(it.Next[:between] + behind.New + out[i+1].Next)
		}
	}
	return out
}

func lastBytes(text string) string  { return text[max(0, len(text)-contextSize):] }
func firstBytes(text string) string { return text[:min(len(text), contextSize)] }

// clone is a copy that can be changed independently.
func (l *Layout) clone() *Layout {
	c := *l
	c.now, c.items, c.lost = newGap(l.now.bytes()), slices.Clone(l.items), make(map[string]bool, len(l.lost))
	c.json = l.json.clone()
	for key := range l.lost {
		c.lost[key] = true
	}
	return &c
}

// byKey returns the hunks of each part in the ground.
func (l *Layout) byKey() map[string][]Hunk {
	out := make(map[string][]Hunk, len(l.items))
	for _, it := range l.items {
		out[it.key] = append(out[it.key], it.Hunk)
	}
	return out
}

// Rename gives the hunks of a part to another one, which continues it.
func (l *Layout) Rename(key, now string) {
	for i := range l.items {
		if l.items[i].key == key {
			l.items[i].key = now
		}
	}
}

// file is the present file.
func (l *Layout) file(mark []byte) []byte {
	return slices.Concat(mark, openLast(bodyOf(l), l.added))
}

// firstBehind returns the index of the first item that is not before an offset of the file. An empty item there counts
// as before it: additions follow what was there.
func (l *Layout) firstBehind(at int) int {
	return sort.Search(len(l.items), func(i int) bool { return l.items[i].to() > at || l.items[i].at > at })
}

// beforeOf returns the bytes of the ground before an offset of the file, which is behind the items up to an index.
func (l *Layout) beforeOf(i, at int) string {
	out := ""
	for len(out) < contextSize {
		from := 0
		if i > 0 {
			from = l.items[i-1].to()
		}
		out = l.now.slice(max(from, at-contextSize+len(out)), at) + out
		if i--; i < 0 {
			break
		}
		out, at = l.items[i].Old+out, l.items[i].at
	}
	return lastBytes(out)
}

// behindOf returns the bytes of the ground behind an offset of the file, which is before the items from an index on.
func (l *Layout) behindOf(i, at int) string {
	out := ""
	for len(out) < contextSize {
		to := l.now.size()
		if i < len(l.items) {
			to = l.items[i].at
		}
		out += l.now.slice(at, min(to, at+contextSize-len(out)))
		if i >= len(l.items) {
			break
		}
		out, at = out+l.items[i].Old, l.items[i].to()
		i++
	}
	return firstBytes(out)
}
