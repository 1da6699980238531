package edit

import (
	"slices"
	"sort"
	"strings"
)

// jsonGround is a file of JSON beside its layout, which has a comma behind the last key of each object, too.
type jsonGround struct {
	text   *gap  // the file: of whole lines, without its mark
	at     []int // the layout's commas that the file does not have
	isBare bool  // the file has only comments
}

// readGround reads a file, of whole lines and without its mark, for a layout; the second result is nil if the layout
// is the unchanged file.
func readGround(text []byte) (*gap, *jsonGround) {
	c := readCommas(text, false)
	if !c.isJSON || len(c.there) > 0 {
		return newGap(text), nil
	}
	j := &jsonGround{text: newGap(text), isBare: isBare(text)}
	text, j.at = c.add(text)
	return newGap(text), j
}

// bodyOf returns the file of a layout, of whole lines and without its mark.
func bodyOf(l *Layout) []byte {
	text := l.now.bytes()
	if l.json != nil {
		text = readCommas(text, false).drop(text)
	}
	return text
}

func (j *jsonGround) clone() *jsonGround {
	if j == nil {
		return nil
	}
	c := *j
	c.text, c.at = newGap(j.text.bytes()), slices.Clone(j.at)
	return &c
}

// count returns how many of the commas are before an offset of the layout.
func (j *jsonGround) count(at int) int { return sort.SearchInts(j.at, at) }

// inLayout converts an offset of the file to one of the layout: before a comma there.
func (j *jsonGround) inLayout(at int) int {
	return at + sort.Search(len(j.at), func(k int) bool { return j.at[k]-k >= at })
}

// commasIn returns the commas in a stretch of the layout, by their offsets in it.
func (j *jsonGround) commasIn(from, to int) (out []int) {
	for _, at := range j.at[j.count(from):j.count(to)] {
		out = append(out, at-from)
	}
	return out
}

// replaceCommas sets the commas in a stretch of the layout, which has grown.
func (j *jsonGround) replaceCommas(from, to int, at []int, grown int) {
	first, behind := j.count(from), j.count(to)
	for i := range j.at[behind:] {
		j.at[behind+i] += grown
	}
	for i := range at {
		at[i] += from
	}
	j.at = slices.Replace(j.at, first, behind, at...)
}

// toLayout converts hunks that a part made in the file, in order, to those of the layout.
func (j *jsonGround) toLayout(l *Layout, hunks []Hunk) []Hunk {
	for _, h := range hunks {
		j.text.replace(h.At, len(h.Old), h.New)
	}
	if j.isBare {
		text := j.text.bytes()
		j.isBare = isBare(text)
		if first := skipSpace(text, 0); !j.isBare && text[first] != '{' {
			l.json = nil // the file has another format now
			return hunks
		}
	}
	from, to := piece(j.text, hunks)
	lo, hi := j.inLayout(from), j.inLayout(to-grownBy(hunks))
	text := []byte(j.text.slice(from, to))
	c := readCommas(text, true)
	before := form{text: l.now.slice(lo, hi), at: j.commasIn(lo, hi), isMore: true}
	text, at := c.add(text)
	out := translate(hunks, from, before, form{string(text), slices.Clone(at), true})
	j.replaceCommas(lo, hi, at, len(text)-(hi-lo))
	for i := range out {
		out[i].At += lo
	}
	return out
}

// toFile converts hunks that were made in the layout, in order, to those of the file.
func (j *jsonGround) toFile(l *Layout, hunks []Hunk) []Hunk {
	if len(hunks) == 0 {
		return nil
	}
	lo, hi := piece(l.now, hunks)
	text := []byte(l.now.slice(lo, hi))
	c := readCommas(text, true)
	end := hi - grownBy(hunks)
	from, to := lo-j.count(lo), end-j.count(end)
	before := form{text: j.text.slice(from, to), at: j.commasIn(lo, end)}
	now := string(c.drop(text))
	out := translate(withTurned(hunks, lo, before.at, c.there), lo, before, form{text: now, at: c.there})
	j.text.replace(from, to-from, now)
	j.replaceCommas(lo, end, slices.Clone(c.there), hi-end)
	for i := range out {
		out[i].At += from
	}
	return (&Layout{now: j.text}).around(out)
}

func grownBy(hunks []Hunk) (n int) {
	for _, h := range hunks {
		n += len(h.New) - len(h.Old)
	}
	return n
}

// form is a stretch of a text with two forms: one has commas that the other one lacks.
type form struct {
	text   string
	at     []int // of the commas, in the form that has them
	isMore bool  // this form has them
}

// offset converts an offset of the other form to one of this: before a comma there, or behind it.
func (f *form) offset(at int, isBehind bool) int {
	k := sort.Search(len(f.at), func(k int) bool {
		if f.isMore {
			return f.at[k]-k > at || f.at[k]-k == at && !isBehind
		}
		return f.at[k] >= at
	})
	if f.isMore {
		return at + k
	}
	return at - k
}

// translate converts hunks that were made, in order, in one form of a text to those of the other form, which is known
// from an offset on.
func translate(hunks []Hunk, from int, before, after form) (out []Hunk) {
	endBefore, endAfter, shift := 0, 0, 0
	for _, h := range hunks {
		at := h.At - from
		was := [2]int{max(endBefore, before.offset(at-shift, false)), max(endBefore, before.offset(at-shift+len(h.Old), true))}
		is := [2]int{max(endAfter, after.offset(at, false)), max(endAfter, after.offset(at+len(h.New), true))}
		shift += len(h.New) - len(h.Old)
		endBefore, endAfter = was[1], is[1]
		h.At, h.Old, h.New = is[0], before.text[was[0]:was[1]], after.text[is[0]:is[1]]
		if h = h.withOwnComma([]byte(after.text)); h.Old != h.New {
			out = append(out, h)
		}
	}
	return out
}

// framesOthers reports whether a key has added the line breaks at the beginning and the end of an object that contains
// other keys, too.
func framesOthers(l *Layout, key string) bool {
	text, end := "", 0
	for _, it := range l.items {
		if it.key != key || it.Old != "" || it.In == nil || it.In.Format != JSON {
			continue
		}
		if text == "" {
			end = it.to()
		}
		text += it.New
	}
	text = strings.Trim(text, " \t\r")
	if len(text) < 2 || text[0] != '\n' || text[len(text)-1] != '\n' {
		return false
	}
	now := l.now.bytes()
	next := skipSpace(now, end)
	return next < len(now) && now[next] != '}'
}
