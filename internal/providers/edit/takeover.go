package edit

import (
	"fmt"

	"converge/internal/edit"
	"converge/internal/resource"
)

// refuseTakeovers refuses lines that would replace right lines of other resources: those would be made once more
// elsewhere, and the owner of the line would be unclear.
func (s *set) refuseTakeovers(errs map[int]error, where func(resource.Addr) string) {
	for i, m := range s.members {
		l, ok := m.wish.(edit.Line)
		if !ok || l.Multiple != "first" || l.Absent || l.Back || len(m.back) > 0 {
			continue
		}
		if other := s.findTaken(l); other != nil {
			errs[i] = place(s.src.path, fmt.Errorf("match fits the line of %s first; make it more exact", where(other.addr)))
		}
	}
}

// findTaken returns the settled part whose line would be replaced; nil: there is none.
func (s *set) findTaken(l edit.Line) *member {
	state, err := s.src.memo.Look(l)
	text, _ := state.Value.(string)
	if err != nil || !state.Present || state.Right {
		return nil
	}
	for i := range s.settled {
		o, ok := s.settled[i].wish.(edit.Line)
		if !ok || o.Absent || o.Text != text {
			continue
		}
		edited, err := s.src.memo.EditBack([]edit.Part{l}, edit.Back{})
		if err == nil && !edit.NewMemo(edited.Bytes()).Holds(o) {
			return &s.settled[i]
		}
	}
	return nil
}
