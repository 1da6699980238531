package edit

import (
	"cmp"
	"slices"
	"strings"
)

// KeySet is a Part: all keys of a file that sshd reads, but for those that others
// declare.
type KeySet struct {
	Lines  []AuthorizedLine // that are to be there
	Others map[string]bool  // IDs of lines that are not its business
}

// part is one of the lines as a part of its own.
func (l AuthorizedLine) part() AuthorizedKey {
	return AuthorizedKey{Fingerprint: l.Key.Fingerprint(), Key: l.Key, Options: l.Options}
}

func (k KeySet) isWanted() map[string]bool {
	out := make(map[string]bool, len(k.Lines))
	for _, l := range k.Lines {
		out[l.ID()] = true
	}
	return out
}

// Surplus returns the lines that are removed.
func (k KeySet) Surplus(src []byte) (out []AuthorizedLine) {
	wanted := k.isWanted()
	for _, l := range AuthorizedLines(src) {
		if id := l.ID(); !wanted[id] && !k.Others[id] {
			out = append(out, l)
		}
	}
	return out
}

func (k KeySet) look(src []byte) (State, error) {
	var have []string
	wanted := k.isWanted()
	for _, r := range keyRows(src) {
		if id := r.ID(); wanted[id] || !k.Others[id] {
			have = append(have, r.String()+"\n")
		}
	}
	splices, err := k.plan(src)
	return State{Present: true, Right: len(splices) == 0, Value: strings.Join(have, ""), Line: 1}, err
}

func (k KeySet) plan(src []byte) ([]Splice, error) {
	surplus := map[string]bool{}
	for _, l := range k.Surplus(src) {
		surplus[l.ID()] = true
	}
	out := removeMatching(src, func(text string) bool {
		l, ok := ParseAuthorizedLine(text)
		return ok && surplus[l.ID()]
	})
	var missing []string
	for _, l := range k.Lines {
		splices, err := l.part().plan(src)
		switch {
		case err != nil:
			return nil, err
		case len(l.part().find(src)) == 0:
			missing = append(missing, l.String())
		default:
			out = append(out, splices...)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	return k.insert(src, out, missing), nil
}

// insert adds lines at the end of a file from which others are removed.
func (k KeySet) insert(src []byte, out []Splice, missing []string) []Splice {
	slices.SortStableFunc(out, func(a, b Splice) int { return cmp.Compare(a.At, b.At) })
	n := len(out)
	if n == 0 || out[n-1].At+len(out[n-1].Old) < len(src) {
		return append(out, insertLines(src, len(src), missing...)...)
	}
	last, nl := &out[n-1], newline(src) // it changes the last line
	text := strings.Join(missing, nl)
	if last.At > 0 && src[last.At-1] != '\n' || last.New != "" {
		text = nl + text
	}
	if src[len(src)-1] == '\n' {
		text += nl
	}
	last.New += text
	return out
}
