package edit

import (
	"bytes"
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
}

// contextSize is how many bytes a Hunk keeps on either side.
const contextSize = 80

// Record returns, for each of the parts that are made in this order, what taking it
// back needs. If one cannot be made, the error is a [PartError], and what the parts
// before it need is returned as well.
func Record(src []byte, parts []Part) ([][]Hunk, error) {
	if !bytes.HasPrefix(src, []byte(utf8BOM)) && check(src) == nil {
		if all, _, ok := makeTogether(src, parts); ok {
			return all, nil
		}
	}
	all := make([][]Hunk, len(parts))
	for i, p := range parts {
		splices, err := Plan(src, p)
		if err != nil {
			return all, &PartError{i, err}
		}
		if all[i], src, err = hunks(src, splices); err != nil {
			return all, &PartError{i, err}
		}
	}
	return all, nil
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

// fit is the certainty about the place where a hunk was made.
type fit int

const (
	nowhere fit = iota
	onOneSide
	onBothSides
	exactly // also at the same offset
)

// find returns where the hunk's New is in a file now.
func (h Hunk) find(src []byte) (at int, how fit) {
	if h.isInPlace(src) {
		return h.At, exactly
	}
	text := string(src)
	if h.Prev != "" && h.Next != "" {
		if i, one := only(text, h.Prev+h.New+h.Next); one {
			return i + len(h.Prev), onBothSides
		}
	}
	return h.findBeside(text)
}

// isInPlace reports whether all is as it was when the hunk was made. It takes no longer
// in a large file.
func (h Hunk) isInPlace(src []byte) bool {
	from, end := h.At-len(h.Prev), h.At+len(h.New)
	to := end + len(h.Next)
	return from >= 0 && to <= len(src) && string(src[from:h.At]) == h.Prev && string(src[h.At:end]) == h.New && string(src[end:to]) == h.Next &&
		(len(h.Prev) == contextSize || from == 0) && (len(h.Next) == contextSize || to == len(src))
}

// findBeside searches for the hunk by the text on one side of it, or by the nearest
// line. A hunk at the beginning or the end of the file is still there.
func (h Hunk) findBeside(text string) (int, fit) {
	prev := h.Prev[strings.LastIndexByte(strings.TrimSuffix(h.Prev, "\n"), '\n')+1:]
	next := h.Next
	if i := strings.IndexByte(next, '\n'); i >= 0 {
		next = next[:i+1]
	}
	for _, c := range [...]struct{ before, after string }{{h.Prev, ""}, {"", h.Next}, {prev, next}, {prev, ""}, {"", next}, {"", ""}} {
		if strings.TrimSpace(c.before+h.New+c.after) == "" || c.before+c.after == "" && !strings.Contains(h.New, "\n") {
			continue
		}
		if i, one := only(text, c.before+h.New+c.after); one && h.isWhole(text, i+len(c.before)) {
			return i + len(c.before), onOneSide
		}
	}
	switch {
	case h.Prev == "" && strings.HasPrefix(text, h.New):
		return 0, onOneSide
	case h.Next == "" && strings.HasSuffix(text, h.New):
		return len(text) - len(h.New), onOneSide
	}
	return 0, nowhere
}

// isWhole reports whether New, at an offset, has whole lines where it had them.
func (h Hunk) isWhole(text string, at int) bool {
	begins, ends := h.Prev == "" || strings.HasSuffix(h.Prev, "\n"), h.Next == "" || strings.HasPrefix(h.Next, "\n") || strings.HasPrefix(h.Next, "\r\n")
	end := at + len(h.New)
	return (!begins || at == 0 || text[at-1] == '\n') &&
		(!ends || h.New == "" || end == len(text) || text[end] == '\n' || text[end] == '\r' || strings.HasSuffix(h.New, "\n"))
}

// only returns the offset of the one occurrence of sub.
func only(text, sub string) (int, bool) {
	i := strings.Index(text, sub)
	return i, i >= 0 && i == strings.LastIndex(text, sub)
}

// Restore takes back edits of one file, each with its hunks, in the order in which they
// fit best. It returns which of them it could take back.
func Restore(src []byte, edits [][]Hunk) (out []byte, done []bool) {
	out, done = src, make([]bool, len(edits))
	last := len(edits)
	for least := exactly; least > nowhere; {
		next, i := restoreOne(out, edits, done, last, least)
		switch {
		case i < 0:
			least--
		default:
			out, done[i], last = next, true, i
			least = exactly // what is around the others may be as it was again
		}
	}
	return out, done
}

// restoreOne takes back one of the edits that are not done, -1 if none fits. They are
// tried from the end on; those that fit exactly in any order, the neighbours of the last
// one first, because they are the likeliest.
func restoreOne(src []byte, edits [][]Hunk, done []bool, last int, least fit) ([]byte, int) {
	try := func(i int) ([]byte, bool) {
		if i < 0 || i >= len(edits) || done[i] {
			return nil, false
		}
		return restore(src, edits[i], least)
	}
	for _, i := range []int{last - 1, last + 1} {
		if least < exactly {
			break
		}
		if out, ok := try(i); ok {
			return out, i
		}
	}
	for i := len(edits) - 1; i >= 0; i-- {
		if out, ok := try(i); ok {
			return out, i
		}
	}
	return nil, -1
}

func restore(src []byte, hunks []Hunk, least fit) ([]byte, bool) {
	splices, ok := takeBack(src, hunks, least)
	if !ok {
		return nil, false
	}
	out, err := apply(src, splices)
	return out, err == nil && !bytes.Contains(out, []byte{0})
}

// takeBack returns the splices that take an edit back.
func takeBack(src []byte, hunks []Hunk, least fit) (splices []Splice, ok bool) {
	for _, h := range hunks {
		if least == exactly && !h.isInPlace(src) {
			return nil, false
		}
		at, how := h.find(src)
		if how < least {
			return nil, false
		}
		splices = append(splices, Splice{At: at, Old: h.New, New: h.Old})
	}
	return splices, true
}

// RecordRestored returns what takes back that an edit was taken back; false if that
// alone does not make the part right.
func RecordRestored(src []byte, back []Hunk, p Part) ([]Hunk, bool) {
	splices, ok := takeBack(src, back, onOneSide)
	if !ok || check(src) != nil {
		return nil, false
	}
	made, out, err := hunks(src, splices)
	if err != nil {
		return nil, false
	}
	left, err := Plan(out, p)
	return made, err == nil && len(left) == 0
}

// hunkJSON is a Hunk as it is kept: a file may hold any bytes.
type hunkJSON struct {
	At   int    `json:"at"`
	Old  []byte `json:"old,omitempty"`
	New  []byte `json:"new,omitempty"`
	Prev []byte `json:"prev,omitempty"`
	Next []byte `json:"next,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (h Hunk) MarshalJSON() ([]byte, error) {
	return json.Marshal(hunkJSON{h.At, []byte(h.Old), []byte(h.New), []byte(h.Prev), []byte(h.Next)})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (h *Hunk) UnmarshalJSON(data []byte) error {
	var j hunkJSON
	err := json.Unmarshal(data, &j)
	*h = Hunk{j.At, string(j.Old), string(j.New), string(j.Prev), string(j.Next)}
	return err
}
