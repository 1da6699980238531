package edit

import (
	"errors"
	"fmt"
	"strings"
)

// FstabLine is a Part: the line of fstab(5) for one mount point, or for one area of
// swap space.
type FstabLine struct {
	Name string // the mount point; of swap space the device
	Swap bool

	Want   FstabFields // in an existing line, only the fields that differ are written
	Exact  string      // the whole line, or several as [JoinFstab] returns them; "": any that has the fields
	Absent bool

	memo *Memo
}

// fstabOf is the key of the entries in a memo.
type fstabOf struct{}

func readFstab(m *Memo, src []byte) *Fstab {
	f, _ := recall(m, src, fstabOf{}, func() (*Fstab, error) { return ReadFstab(src), nil }) // which never fails
	return f
}

// Find returns the entries of the line in a file.
func (l FstabLine) Find(f *Fstab) (out []FstabEntry) {
	found := f.points[l.Name]
	if l.Swap {
		found = f.swaps[unquoteTag(l.Name)]
	}
	for _, i := range found {
		out = append(out, f.Entries[i])
	}
	return out
}

// Check returns the entries of the line in a file. Two entries are an error, unless they are to be removed or
// restored: which one counts depends on the program that reads the file.
func (l FstabLine) Check(f *Fstab) ([]FstabEntry, error) {
	found := l.Find(f)
	if len(found) > 1 && !l.Absent && !strings.Contains(l.Exact, "\n") {
		return nil, &LineError{found[1].Line, fmt.Errorf("line %d is for %s, too; remove one of them", found[0].Line, l.Name)}
	}
	return found, nil
}

// IsMet reports whether the entries of the line are as wanted.
func (l FstabLine) IsMet(found []FstabEntry) bool {
	switch {
	case l.Absent || len(found) == 0:
		return l.Absent && len(found) == 0
	case l.Exact != "":
		return JoinFstab(found) == l.Exact
	}
	return found[0].Fields.Meets(l.Want)
}

func (l FstabLine) look(src []byte) (State, error) {
	f := readFstab(l.memo, src)
	found, err := l.Check(f)
	if err != nil {
		return State{}, err
	}
	s := State{Right: l.IsMet(found)}
	if len(found) == 0 {
		s.Line = lineAt(src, l.place(src, f))
	} else {
		s.Present, s.Value, s.Line = true, JoinFstab(found), found[0].Line
	}
	return s, nil
}

// place returns the place of a new line: before the first one of a mount point below its own, because mount -a follows
// the order of the lines; otherwise at the end.
func (l FstabLine) place(src []byte, f *Fstab) int {
	if i, ok := f.below[l.Name]; ok && !l.Swap {
		return f.Entries[i].row.start
	}
	return len(src)
}

func (l FstabLine) plan(src []byte) ([]Splice, error) {
	f := readFstab(l.memo, src)
	found, err := l.Check(f)
	switch {
	case err != nil || l.IsMet(found):
		return nil, err
	case l.Absent:
		return removeAll(src, entryRows(found)), nil
	case len(found) > 0 && l.Exact != "":
		first := found[0].row
		lines := strings.ReplaceAll(l.Exact, "\n", newline(src))
		return append(replace(src, first.start, first.stop(), lines), removeAll(src, entryRows(found[1:]))...), nil
	case len(found) > 0:
		return l.change(src, found[0]), nil
	}
	lines, err := l.added()
	if err != nil {
		return nil, err
	}
	return insertLines(src, l.place(src, f), lines...), nil
}

// added returns the lines of a mount point or of swap space without one.
func (l FstabLine) added() ([]string, error) {
	if l.Exact != "" {
		return strings.Split(l.Exact, "\n"), nil
	}
	f := l.Want
	for i := range f {
		if f[i] == FstabAny {
			f[i] = ""
		}
		if f[i] = orDefault(i, f[i]); f[i] == "" {
			return nil, errors.New("there is no line for " + l.Name + " yet, so that its device and its type are needed")
		}
	}
	return []string{f.String()}, nil
}

// entryRows returns the lines of entries.
func entryRows(found []FstabEntry) []row {
	out := make([]row, len(found))
	for i, e := range found {
		out[i] = e.row
	}
	return out
}

// change replaces the fields that differ, and adds omitted ones.
func (l FstabLine) change(src []byte, e FstabEntry) (out []Splice) {
	words := fstabWords(e.row.text)
	last := len(words)
	for i := last; i < len(l.Want); i++ {
		if !meetsField(i, "", l.Want[i]) {
			last = i + 1
		}
	}
	for i, w := range words {
		if !meetsField(i, e.Fields[i], l.Want[i]) {
			out = append(out, replace(src, e.row.start+w[0], e.row.start+w[1], EscapeFstab(orDefault(i, l.Want[i])))...)
		}
	}
	more := ""
	for i := len(words); i < last; i++ {
		text := l.Want[i]
		if text == FstabAny {
			text = ""
		}
		more += " " + EscapeFstab(orDefault(i, text))
	}
	if more != "" {
		out = append(out, Splice{At: e.row.start + words[len(words)-1][1], New: more})
	}
	return out
}

// NoSwap is a Part: every line of swap space in fstab(5) is a comment.
type NoSwap struct{}

func (NoSwap) look(src []byte) (State, error) {
	s := State{Right: true}
	for _, e := range ReadFstab(src).Entries {
		if e.IsSwap() && s.Right {
			s = State{Present: true, Value: e.Text, Line: e.Line}
		}
	}
	return s, nil
}

func (NoSwap) plan(src []byte) (out []Splice, err error) {
	for _, e := range ReadFstab(src).Entries {
		if e.IsSwap() {
			out = append(out, Splice{At: e.row.start, New: "# "})
		}
	}
	return out, nil
}
