package edit

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Hunk is one splice as it was made, with the bytes around it, so that it can be
// taken back in a file that others have edited since.
type Hunk struct {
	At         int    // offset of New in the edited file
	Old, New   string // before and after
	Prev, Next string // bytes of the edited file around New
	In         *Scope // of a setting; nil: it may be anywhere

	// Of a hunk in the ground (see [Ground]):
	Rank Rank // its order among those at one offset
	Open bool // nothing was left of a file whose last line had no end
	Head bool // it is what makes a section, and no key of it
}

// contextSize is how many bytes a Hunk keeps on either side.
const contextSize = 80

// Record returns, for each of the parts that are made in this order, what taking it
// back needs. If one cannot be made, the error is a [PartError], and what the parts
// before it need is returned as well.
func Record(src []byte, parts []Part) ([][]Hunk, error) {
	m := NewMemo(src)
	all, out, err := m.record(parts)
	return m.inFile(all, out), err
}

// record is [Record] of the body of a file, and returns what that becomes.
func (m *Memo) record(parts []Part) (all [][]Hunk, out []byte, err error) {
	if m.err == nil {
		if all, out, ok := makeTogether(m, parts); ok {
			return all, out, nil
		}
	}
	return recordOneByOne(m, parts)
}

// recordOneByOne is record of parts that are made one after the other.
func recordOneByOne(m *Memo, parts []Part) (all [][]Hunk, out []byte, err error) {
	all = make([][]Hunk, len(parts))
	now := m.body
	for i, p := range parts {
		splices, err := newMemo(now).plan(p)
		if err = cmp.Or(m.err, err); err != nil {
			return all, now, &PartError{i, err}
		}
		if all[i], now, err = hunks(now, splices); err != nil {
			return all, now, &PartError{i, err}
		}
		all[i] = scoped(p, all[i])
	}
	return all, now, nil
}

// hunks makes splices, and returns what taking them back needs.
func hunks(src []byte, splices []Splice) (hunks []Hunk, out []byte, err error) {
	if out, err = apply(src, splices); err != nil {
		return nil, nil, err
	}
	splices = slices.Clone(splices)
	slices.SortStableFunc(splices, func(a, b Splice) int { return cmp.Compare(a.At, b.At) })
	shift := 0
	for _, s := range splices {
		at := s.At + shift
		end := at + len(s.New)
		hunks = append(hunks, Hunk{
			At: at, Old: s.Old, New: s.New,
			Prev: string(out[max(0, at-contextSize):at]), Next: string(out[end:min(len(out), end+contextSize)]),
		})
		shift += len(s.New) - len(s.Old)
	}
	return hunks, out, nil
}

// Restore takes back edits of one file, each with its hunks, in the order in which they
// fit best. It returns which of them it could take back.
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
	made  [][]Hunk // what takes that back
	order []int    // in which they were taken back
}

func restoreAll(src []byte, edits [][]Hunk) *restoring {
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
	r := &restoring{newGap(closed), end, added, edits, make([]bool, len(edits)), make([][]Hunk, len(edits)), nil}
	last := len(edits)
	for least := exactly; least > nowhere; {
		switch i := r.restoreOne(last, least); {
		case i < 0:
			least--
		default:
			last = i
			least = exactly // what is around the others may be as it was again
		}
	}
	return r
}

// file is the file as it is now.
func (r *restoring) file() []byte { return openLast(r.now.bytes(), r.added) }

// restoreOne takes back one of the edits that are not done; it returns its index, -1 if none
// fits. They are tried from the end on; those that fit exactly in any order, the neighbours of
// the last one first, because they are the likeliest.
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
	r.done[i], r.made[i], r.order = true, r.now.hunks(splices), append(r.order, i)
	if size := r.now.size(); size > 0 && !r.now.has(size-1, "\n") { // nothing was left of it
		r.now.replace(size, 0, r.end)
		r.added = len(r.end)
	}
	return true
}

// takeBack returns the splices that take an edit back.
func (r *restoring) takeBack(i int, least fit) (splices []Splice, ok bool) {
	if least < exactly {
		return takeBack(r.now.bytes(), r.edits[i], least)
	}
	for _, h := range r.edits[i] {
		if !h.fits(r.now) {
			return nil, false
		}
		splices = append(splices, Splice{At: h.At, Old: h.New, New: h.Old})
	}
	return splices, true
}

// isApplicable puts splices in order, and reports whether they can be made together.
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
func takeBack(src []byte, hunks []Hunk, least fit) (splices []Splice, ok bool) {
	places := make([]found, len(hunks))
	for i, h := range hunks {
		places[i].at, places[i].how = h.find(src)
	}
	dropDisordered(hunks, places)
	if len(hunks) > 1 && slices.ContainsFunc(places, func(p found) bool { return p.how == nowhere }) {
		findAmong(string(src), hunks, places)
	}
	for i, h := range hunks {
		at, how := places[i].at, places[i].how
		if how < least || i > 0 && cmp.Compare(at, splices[i-1].At) != cmp.Compare(h.At, hunks[i-1].At) { // they have the order that they had
			return nil, false
		}
		splices = append(splices, Splice{At: at, Old: h.New, New: h.closedOld(at+len(h.New), len(src))})
	}
	return splices, true
}

// RecordRestored returns what takes back that an edit was taken back; false if that
// alone does not make the part right.
func RecordRestored(src []byte, back []Hunk, p Part) ([]Hunk, bool) {
	r := restoreAll(src, [][]Hunk{back})
	return scoped(p, r.made[0]), r.done[0] && check(src) == nil && NewMemo(r.file()).Holds(p)
}

// hunkJSON is a Hunk as it is kept: a file may hold any bytes.
type hunkJSON struct {
	At   int    `json:"at"`
	Old  []byte `json:"old,omitempty"`
	New  []byte `json:"new,omitempty"`
	Prev []byte `json:"prev,omitempty"`
	Next []byte `json:"next,omitempty"`
	In   *Scope `json:"in,omitempty"`

	Rank Rank `json:"rank,omitempty"`
	Open bool `json:"open,omitempty"`
	Head bool `json:"head,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (h Hunk) MarshalJSON() ([]byte, error) {
	return json.Marshal(hunkJSON{h.At, []byte(h.Old), []byte(h.New), []byte(h.Prev), []byte(h.Next), h.In, h.Rank, h.Open, h.Head})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (h *Hunk) UnmarshalJSON(data []byte) error {
	var j hunkJSON
	err := json.Unmarshal(data, &j)
	*h = Hunk{j.At, string(j.Old), string(j.New), string(j.Prev), string(j.Next), j.In, j.Rank, j.Open, j.Head}
	return err
}
