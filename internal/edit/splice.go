package edit

import (
	"cmp"
	"errors"
	"slices"
)

// Splice replaces bytes of a file.
type Splice struct {
	At  int // offset of Old
	Old string
	New string
}

// apply makes splices that do not overlap. All offsets are those of src.
func apply(src []byte, splices []Splice) ([]byte, error) {
	splices = slices.Clone(splices)
	slices.SortStableFunc(splices, func(a, b Splice) int { return cmp.Compare(a.At, b.At) })
	size := len(src)
	for _, s := range splices {
		size += len(s.New) - len(s.Old)
	}
	out := make([]byte, 0, max(size, 0))
	at := 0
	for _, s := range splices {
		if s.At < at || s.At+len(s.Old) > len(src) || string(src[s.At:s.At+len(s.Old)]) != s.Old {
			return nil, errors.New("the edit does not fit the file")
		}
		out = append(append(out, src[at:s.At]...), s.New...)
		at = s.At + len(s.Old)
	}
	return append(out, src[at:]...), nil
}

// replace is the splice of src[from:to]; none if it changes nothing.
func replace(src []byte, from, to int, with string) []Splice {
	if string(src[from:to]) == with {
		return nil
	}
	return []Splice{{At: from, Old: string(src[from:to]), New: with}}
}
