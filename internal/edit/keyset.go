package edit

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// KeySet is a Part: all keys of a file that sshd reads, except those that others declare.
type KeySet struct {
	Lines  []AuthorizedLine // the wanted lines
	Others map[string]bool  // IDs of lines that it ignores
	memo   *Memo
}

// part is one of the lines as a part of its own.
func (k KeySet) part(l AuthorizedLine) AuthorizedKey {
	return AuthorizedKey{Key: l.Key, Options: l.Options, memo: k.memo}
}

// split returns the rows of a file with keys: those that stay, and those that are removed. It omits the lines of
// others.
func (k KeySet) split(src []byte) (stay, surplus []keyRow) {
	wanted := make(map[string]bool, len(k.Lines))
	for _, l := range k.Lines {
		wanted[l.ID()] = true
	}
	for _, r := range readKeyRows(k.memo, src) {
		switch id := r.ID(); {
		case wanted[id]:
			stay = append(stay, r)
		case !k.Others[id]:
			surplus = append(surplus, r)
		}
	}
	return stay, surplus
}

// Surplus returns the lines that are removed.
func (k KeySet) Surplus(src []byte) (out []AuthorizedLine) {
	_, surplus := k.split(bytes.TrimPrefix(src, []byte(utf8BOM)))
	for _, r := range surplus {
		out = append(out, r.AuthorizedLine)
	}
	return out
}

func (k KeySet) look(src []byte) (State, error) {
	stay, surplus := k.split(src)
	have := slices.Concat(stay, surplus)
	slices.SortFunc(have, func(a, b keyRow) int { return cmp.Compare(a.start, b.start) })
	var value strings.Builder
	for _, r := range have {
		value.WriteString(r.String() + "\n")
	}
	splices, err := k.plan(src)
	return State{Present: true, Right: len(splices) == 0, Value: value.String(), Line: 1}, err
}

func (k KeySet) plan(src []byte) ([]Splice, error) {
	var gone []row
	_, surplus := k.split(src)
	for _, r := range surplus {
		gone = append(gone, r.row)
	}
	out := removeAll(src, gone)
	var missing []string
	for _, l := range k.Lines {
		part := k.part(l)
		if len(part.find(src)) == 0 {
			missing = append(missing, l.String())
			continue
		}
		splices, err := part.plan(src)
		if err != nil {
			return nil, err
		}
		out = append(out, splices...)
	}
	if len(missing) > 0 {
		out = append(out, insertLines(src, len(src), missing...)...)
	}
	return out, nil
}
