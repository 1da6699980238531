package edit

import (
	"slices"
	"strings"
)

// makeTogether makes parts of one kind, and returns what taking each back needs. The
// result is that of making them one by one, in a time that grows with the file and
// not with its product with the parts. It is false if it cannot be sure of that.
func makeTogether(src []byte, parts []Part) (all [][]Hunk, out []byte, ok bool) {
	if len(parts) < 2 || slices.ContainsFunc(parts, func(p Part) bool { return !areAlike(parts[0], p) }) {
		return nil, nil, false
	}
	s := series{read: newMemo(src), now: src}
	all = make([][]Hunk, len(parts))
	for i, p := range parts {
		splices, err := s.plan(p)
		if err != nil {
			return nil, nil, false
		}
		uncomments := s.uncomments(p, splices)
		if all[i], s.now, err = hunks(s.now, splices); err != nil {
			return nil, nil, false
		}
		if uncomments {
			s.readAgain()
		}
	}
	made := newMemo(s.now)
	for _, p := range parts {
		if made.holds(p) != nil {
			return nil, nil, false
		}
	}
	return all, s.now, Alike(src, s.now, parts)
}

// areAlike reports whether a and b are lines, or blocks, or settings of one format
// that has no tree.
func areAlike(a, b Part) bool {
	switch a := a.(type) {
	case Line:
		_, ok := b.(Line)
		return ok
	case Block:
		_, ok := b.(Block)
		return ok
	case *Setting:
		o, ok := b.(*Setting)
		return ok && !a.Format.IsTyped() && a.Format == o.Format && a.Dialect == o.Dialect
	}
	return false
}

// series is a file in which parts are made one after the other. It is read again only
// for a part that may meet what was made since.
type series struct {
	read *Memo
	made []change // since then, in no order
	now  []byte
}

// change is what the parts have changed at one place.
type change struct {
	from, to int             // offsets of the file as it was read
	grown    int             // by how many bytes
	inserted map[string]bool // the texts, if nothing was replaced
	section  bool            // one of them has the header of a section
}

// plan returns the splices of now that make a part.
func (s *series) plan(p Part) ([]Splice, error) {
	splices, err := s.read.plan(p)
	if err == nil && slices.ContainsFunc(splices, func(sp Splice) bool { return s.meets(p, sp) }) {
		s.readAgain()
		splices, err = s.read.plan(p)
	}
	if err != nil {
		return nil, err
	}
	out := slices.Clone(splices)
	for i := range out {
		out[i].At += s.shift(out[i].At)
	}
	for _, sp := range splices {
		s.note(p, sp)
	}
	return out, nil
}

func (s *series) readAgain() { s.read, s.made = newMemo(s.now), nil }

// meets reports whether the splice of a part may be another one in the file as it is
// now.
func (s *series) meets(p Part, sp Splice) bool {
	if len(s.made) > 0 && sp.Old == "" && isPlaced(p) { // by a line that was perhaps made since
		return true
	}
	for _, m := range s.made {
		switch {
		case sp.At > m.to || m.from > sp.At+len(sp.Old):
		case sp.Old == "" && m.inserted != nil && !m.inserted[sp.New] && !m.section && !isSection(p, sp): // the one behind the other
		default:
			return true
		}
	}
	return false
}

// note notes that the splice of a part was made.
func (s *series) note(p Part, sp Splice) {
	for i, m := range s.made {
		if m.inserted != nil && m.from == sp.At && sp.Old == "" {
			m.inserted[sp.New] = true
			s.made[i].grown += len(sp.New)
			s.made[i].section = m.section || isSection(p, sp)
			return
		}
	}
	m := change{from: sp.At, to: sp.At + len(sp.Old), grown: len(sp.New) - len(sp.Old), section: isSection(p, sp)}
	if sp.Old == "" {
		m.inserted = map[string]bool{sp.New: true}
	}
	s.made = append(s.made, m)
}

// uncomments reports whether a setting takes the place of a comment. Others may be placed
// behind it then.
func (s *series) uncomments(p Part, splices []Splice) bool {
	if _, ok := p.(*Setting); !ok || !slices.ContainsFunc(splices, func(sp Splice) bool { return sp.Old != "" }) {
		return false
	}
	state, err := s.read.Look(p)
	return err != nil || !state.Present
}

// isSection reports whether a splice that adds a setting adds its section, too.
func isSection(p Part, sp Splice) bool {
	_, ok := p.(*Setting)
	return ok && strings.Count(sp.New, "\n") > 1
}

// isPlaced reports whether other lines say where the part is inserted.
func isPlaced(p Part) bool {
	switch p := p.(type) {
	case Line:
		return p.After != nil || p.Before != nil
	case Block:
		return p.After != nil || p.Before != nil
	}
	return false
}

// shift returns by how many bytes an offset of read has moved. What was inserted at it
// is before it.
func (s *series) shift(at int) (n int) {
	for _, m := range s.made {
		if m.from <= at {
			n += m.grown
		}
	}
	return n
}
