package edit

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Hunk is one splice with the bytes around it, so that it can be taken back in a file that others have edited since.
type Hunk struct {
	At         int    // offset of New in the edited file
	Old, New   string // before and after
	Prev, Next string // bytes of the edited file around New
	In         *Scope // of a setting; nil: it may be anywhere

	// The following are for a hunk in the ground (see [Ground]).
	Rank Rank // its order among those at one offset
	Open bool // nothing remained of a file whose last line had no end
	Head bool // it makes a section, and no key of it
}

// contextSize is how many bytes a Hunk keeps on either side.
const contextSize = 80

// Record returns, for each of the parts that are made in this order, what undoing it needs. If one cannot be made, the
// error is a [PartError], and the record of the parts before it is returned as well.
func Record(src []byte, parts []Part) ([][]Hunk, error) {
	m := NewMemo(src)
	all, out, err := m.record(parts)
	return m.inFile(all, out), err
}

// record is [Record] for the body of a file, and returns the resulting body.
func (m *Memo) record(parts []Part) (all [][]Hunk, out []byte, err error) {
	if m.err == nil {
		if all, out, ok := makeTogether(m, parts); ok {
			return all, out, nil
		}
	}
	return recordOneByOne(m, parts)
}

// recordOneByOne is record for parts that are made one after the other.
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

// hunks makes splices, and returns what undoing them needs.
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

// RecordRestored takes edits back together, and returns what undoes that, and the resulting file; false if that alone
// does not make all of the parts right. Each edit has one part.
func RecordRestored(src []byte, backs [][]Hunk, parts []Part) (made [][]Hunk, out []byte, ok bool) {
	r := restoreAll(src, backs)
	if slices.Contains(r.done, false) || check(src) != nil {
		return nil, src, false
	}
	out = r.file()
	m := NewMemo(out)
	for i, p := range parts {
		if !m.Holds(p) {
			return nil, src, false
		}
		made = append(made, scoped(p, r.made[i]))
	}
	return made, out, true
}

// hunkJSON is the stored form of a Hunk: a file may contain any bytes.
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
