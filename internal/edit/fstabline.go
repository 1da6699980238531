package edit

import (
	"fmt"
	"path"
	"strings"
)

// FstabLine is a Part: the line of fstab(5) for one mount point, or for one area of
// swap space.
type FstabLine struct {
	Name string // the mount point; of swap space the device
	Swap bool

	Want   FstabFields // of a line that is there only the fields that differ are written
	Exact  string      // the whole line; "": any that has the fields
	Absent bool
}

// Find returns the entries of the line among those of a file.
func (l FstabLine) Find(all []FstabEntry) (out []FstabEntry) {
	for _, e := range all {
		switch {
		case l.Swap != e.IsSwap():
		case l.Swap && unquoteTag(e.Fields[FstabDevice]) == unquoteTag(l.Name),
			!l.Swap && path.Clean(e.Fields[FstabPoint]) == l.Name:
			out = append(out, e)
		}
	}
	return out
}

// One returns the one entry of the line, nil if there is none. Two entries are an error:
// which of them counts depends on the program that reads the file.
func (l FstabLine) One(all []FstabEntry) (*FstabEntry, error) {
	found := l.Find(all)
	switch {
	case len(found) == 0:
		return nil, nil
	case len(found) > 1 && !l.Absent:
		return nil, &LineError{found[1].Line, fmt.Errorf("line %d is for %s, too; remove one of them", found[0].Line, l.Name)}
	}
	return &found[0], nil
}

func (l FstabLine) look(src []byte) (State, error) {
	all := Fstab(src)
	e, err := l.One(all)
	if err != nil {
		return State{}, err
	}
	if e == nil {
		return State{Right: l.Absent, Line: lineAt(src, l.place(src, all))}, nil
	}
	return State{Present: true, Right: !l.Absent && l.isMet(*e), Value: e.Text, Line: e.Line}, nil
}

func (l FstabLine) isMet(e FstabEntry) bool {
	return e.Fields.Meets(l.Want) && (l.Exact == "" || e.Text == l.Exact)
}

// place returns where a new line is put: before the first one of a mount point below
// its own, as mount -a follows the order of the lines; otherwise at the end.
func (l FstabLine) place(src []byte, all []FstabEntry) int {
	below := strings.TrimSuffix(l.Name, "/") + "/"
	for _, e := range all {
		if !l.Swap && !e.IsSwap() && strings.HasPrefix(path.Clean(e.Fields[FstabPoint]), below) {
			return e.row.start
		}
	}
	return len(src)
}

func (l FstabLine) plan(src []byte) ([]Splice, error) {
	all := Fstab(src)
	if l.Absent {
		return l.remove(src, all), nil
	}
	e, err := l.One(all)
	switch {
	case err != nil:
		return nil, err
	case e != nil && l.isMet(*e):
		return nil, nil
	case e != nil && l.Exact != "":
		return replace(src, e.row.start, e.row.stop(), l.Exact), nil
	case e != nil:
		return l.change(src, *e), nil
	}
	text := l.Exact
	if text == "" {
		f := l.Want
		for i := range f {
			if f[i] == FstabAny {
				f[i] = ""
			}
			if f[i] = orDefault(i, f[i]); f[i] == "" {
				return nil, fmt.Errorf("there is no line for %s yet, so that its device and its type are needed", l.Name)
			}
		}
		text = f.String()
	}
	return insertLines(src, l.place(src, all), text), nil
}

// remove removes the entries, those that follow each other at once.
func (l FstabLine) remove(src []byte, all []FstabEntry) (out []Splice) {
	found := l.Find(all)
	for i := 0; i < len(found); {
		from, to := found[i].row.start, found[i].row.end
		for i++; i < len(found) && found[i].row.start == to; i++ {
			to = found[i].row.end
		}
		out = append(out, removeRows(src, from, to)...)
	}
	return out
}

// change replaces the fields that differ, and adds those that are left out.
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
	for _, e := range Fstab(src) {
		if e.IsSwap() && s.Right {
			s = State{Present: true, Value: e.Text, Line: e.Line}
		}
	}
	return s, nil
}

func (NoSwap) plan(src []byte) (out []Splice, err error) {
	for _, e := range Fstab(src) {
		if e.IsSwap() {
			out = append(out, Splice{At: e.row.start, New: "# "})
		}
	}
	return out, nil
}
