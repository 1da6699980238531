package edit

import "slices"

// noteAll records the hunks that a part has made in the file, in order.
func (l *Layout) noteAll(key string, hunks []Hunk) {
	if l.json != nil && len(hunks) > 0 {
		hunks = l.json.toLayout(l, hunks)
	}
	for _, h := range hunks {
		l.note(key, h)
	}
}

// note records that a part has made a hunk in the file. If the hunk touches text of other parts, none of these is
// known any more.
func (l *Layout) note(key string, h Hunk) {
	if h.Old == "" {
		l.split(key, h.At)
	}
	from, to, isOwn := l.touchesOwn(key, h)
	if !isOwn && h.New == "" {
		h = l.slid(key, h)
		from, to, isOwn = l.touchesOwn(key, h)
	}
	var joined []item
	if isOwn {
		if it := l.joined(key, from, to, h); it.Old != it.New {
			joined = append(joined, it)
		}
	} else {
		l.lost[key] = true
	}
	l.now.replace(h.At, len(h.Old), h.New)
	grown := len(h.New) - len(h.Old)
	for i := to; i < len(l.items); i++ {
		l.items[i].at += grown
	}
	l.items = slices.Replace(l.items, from, to, joined...)
}

// touchesOwn returns the items, by their indexes, that a hunk touches, and whether all of them belong to the part.
func (l *Layout) touchesOwn(key string, h Hunk) (from, to int, isOwn bool) {
	from, to = l.touched(key, h.At, h.At+len(h.Old))
	return from, to, !slices.ContainsFunc(l.items[from:to], func(it item) bool { return it.key != key })
}

// slid returns an equivalent removal that touches nothing of other parts, if there is one: a key of JSON is removed
// with the comma behind it, which the next key may have added, or with the one before it.
func (l *Layout) slid(key string, h Hunk) Hunk {
	text := l.now.slice(max(0, h.At-len(h.Old)), min(l.now.size(), h.At+2*len(h.Old)))
	begin := h.At - max(0, h.At-len(h.Old))
	for _, by := range []int{-1, 1} {
		for at := begin; ; {
			out, in := at+len(h.Old)-1, at-1 // what the slid removal keeps, and removes instead
			if by > 0 {
				out, in = at, at+len(h.Old)
			}
			if in < 0 || in >= len(text) || text[out] != text[in] {
				break
			}
			at += by
			other := h
			other.At, other.Old = h.At+at-begin, text[at:at+len(h.Old)]
			if _, _, isOwn := l.touchesOwn(key, other); isOwn {
				return other
			}
		}
	}
	return h
}

// touched returns the items, by their indexes, that a replacement of a stretch of the file touches. It also touches
// items of the same part at their ends.
func (l *Layout) touched(key string, at, end int) (from, to int) {
	from = l.firstBehind(at)
	for to = from; to < len(l.items) && l.items[to].at < end; to++ {
	}
	for k := from; at == end && from == to && k > 0 && l.items[k-1].to() == at; k-- {
		if l.items[k-1].key == key {
			return k - 1, k
		}
		if l.items[k-1].New != "" {
			break
		}
	}
	for from > 0 && l.items[from-1].key == key && l.items[from-1].to() == at {
		from--
	}
	for to < len(l.items) && l.items[to].key == key && l.items[to].at == end {
		to++
	}
	return from, to
}

// split splits an item of another part if a part adds something in its middle.
func (l *Layout) split(key string, at int) {
	i := l.firstBehind(at)
	if i == len(l.items) || l.items[i].at >= at || l.items[i].key == key || l.items[i].Old != "" {
		return
	}
	it := l.items[i]
	size := at - it.at
	below := it
	var next Rank
	if i+1 < len(l.items) && l.items[i+1].At == it.At {
		next = l.items[i+1].Rank
	}
	below.New, below.at, below.Rank = it.New[size:], at, rankBetween(it.Rank, next, it.key)
	l.items[i].New = it.New[:size]
	l.items = slices.Insert(l.items, i+1, below)
}

// joined merges some items, all of one part, with a hunk that the part makes now.
func (l *Layout) joined(key string, from, to int, h Hunk) item {
	lo, hi := h.At, h.At+len(h.Old)
	if from < to {
		lo, hi = min(lo, l.items[from].at), max(hi, l.items[to-1].to())
	}
	it := item{key: key, at: lo, isFresh: true}
	it.In = h.In
	it.New = l.now.slice(lo, h.At) + h.New + l.now.slice(h.At+len(h.Old), hi)
	at := lo
	for _, own := range l.items[from:to] {
		it.Old += l.now.slice(at, own.at) + own.Old
		at, it.Open = own.to(), it.Open || own.Open
	}
	it.Old += l.now.slice(at, hi)
	if from < to && l.items[from].at == lo {
		it.At, it.Rank = l.items[from].At, l.items[from].Rank
	} else {
		var before, behind Rank
		it.At, before, behind = l.order(from, to, lo, hi, len(it.Old))
		it.Rank = rankBetween(before, behind, key)
	}
	if before := from - 1; before >= 0 && from == to && it.Old == "" && l.items[before].isFresh && l.items[before].Old == "" && l.items[before].to() == lo {
		it.Prev, it.Next = l.items[before].Prev, l.items[before].Next // the same place of the ground
		return it
	}
	it.Prev, it.Next = l.beforeOf(from, lo), l.behindOf(to, hi)
	return it
}

// order returns the offset in the ground of an item for a stretch of the file between two others, and the ranks of its
// neighbours at that offset. If others have edited the file, the offset is one with the right order, and the right
// distance from the nearer neighbour.
func (l *Layout) order(from, to, lo, hi, size int) (at int, above, below Rank) {
	at = lo
	var before, behind *item
	if to < len(l.items) {
		behind = &l.items[to]
		at = behind.At - (behind.at - hi) - size
	}
	if from > 0 {
		before = &l.items[from-1]
		if behind == nil || lo-before.to() <= behind.at-hi {
			at = before.At + len(before.Old) + lo - before.to()
		}
		at = max(at, before.At+len(before.Old))
	}
	if behind != nil {
		at = min(at, behind.At)
	}
	if before != nil && before.At == at {
		above = before.Rank
	}
	if behind != nil && behind.At == at {
		below = behind.Rank
	}
	return at, above, below
}

// takeBack restores the ground of a part, and returns the resulting hunks in the file. It is false if the part is not
// where it was, or its earlier place is occupied. With isMoved it searches that place in the text that others have
// edited.
func (l *Layout) takeBack(key string, was []Hunk, isMoved bool) (made []Hunk, ok bool) {
	if l.lost[key] || framesOthers(l, key) {
		return nil, false
	}
	made = l.remove(key)
	var again []Hunk
	for _, h := range was {
		if below, ok := l.takeHead(key, h); ok {
			again = append(again, below)
			continue
		}
		i, at, ok := l.placeOf(h)
		if !ok && isMoved {
			at, ok = (shownLayout{l}).findPlace(i, h)
		}
		if !ok {
			return nil, false
		}
		again = append(again, Hunk{At: at, Old: h.Old, New: h.New, In: h.In})
		l.now.replace(at, len(h.Old), h.New)
		l.move(i, len(h.New)-len(h.Old))
		l.items = slices.Insert(l.items, i, item{Hunk: h, key: key, at: at})
	}
	again = l.around(again)
	switch {
	case len(made) == 0:
		return again, len(again) > 0
	case len(again) == 0:
		return made, true
	}
	return Join(made, again), true
}

// remove takes back all hunks of a part. A section head stays, and passes to another part, if the section contains
// others.
func (l *Layout) remove(key string) []Hunk {
	var made []Hunk
	for i := 0; i < len(l.items); i++ {
		it := l.items[i]
		if it.key != key {
			continue
		}
		at, gone := it.at, it.New
		if heir, ok := heirOf(l.items, i); ok {
			at, gone = heir.to(), it.New[len(heir.New):]
			l.items[i] = heir
			l.move(i+1, -len(gone))
		} else {
			l.items = slices.Delete(l.items, i, i+1)
			l.move(i, len(it.Old)-len(gone))
			i--
		}
		l.now.replace(at, len(gone), it.Old)
		if gone != it.Old {
			made = append(made, Hunk{At: at, Old: gone, New: it.Old, In: it.In})
		}
	}
	return l.around(made)
}

// move moves the items from an index on.
func (l *Layout) move(i, by int) {
	for ; i < len(l.items); i++ {
		l.items[i].at += by
	}
}

// around sets the present context in hunks that were made in order.
func (l *Layout) around(hunks []Hunk) []Hunk {
	for i := range hunks {
		h := &hunks[i]
		end := h.At + len(h.New)
		h.Prev, h.Next = l.now.slice(max(0, h.At-contextSize), h.At), l.now.slice(end, min(l.now.size(), end+contextSize))
	}
	return hunks
}

// placeOf returns the place in the file for a hunk of the ground, and the index of its item. It is false if the ground
// there has changed.
func (l *Layout) placeOf(h Hunk) (i, at int, ok bool) {
	i, _ = slices.BinarySearchFunc(l.items, h, func(it item, h Hunk) int { return it.compare(h) })
	at = h.At
	if i < len(l.items) {
		at = l.items[i].at - (l.items[i].At - h.At)
	}
	if i > 0 {
		before := &l.items[i-1]
		at = before.to() + h.At - before.At - len(before.Old)
	}
	end := at + len(h.Old)
	switch {
	case at < 0, !l.now.has(at, h.Old):
		return i, at, false
	case i > 0 && at < l.items[i-1].to(), i < len(l.items) && end > l.items[i].at:
		return i, at, false
	}
	return i, at, l.beforeOf(i, at) == h.Prev && l.behindOf(i, end) == h.Next
}
