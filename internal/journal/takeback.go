package journal

import "slices"

// TakeBack are runs that are to be taken back because a resource failed. It stays due
// until runs have done so, even if the program is killed.
type TakeBack struct {
	For  string   `json:"for"`  // the resource
	Runs []string `json:"runs"` // newest first
}

// DueTakeBack returns the runs that an earlier run was to take back, or was taking
// back when it was killed; nil: none.
func (s *State) DueTakeBack() *TakeBack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.due
}

// noteStart notes what a run that takes back leaves due if it does not end.
func (m *memory) noteStart(s *startRecord) {
	m.dueAfter = m.due
	if s.Info.For != "" {
		m.due = &TakeBack{s.Info.For, append([]string{s.Info.Undoes}, s.Info.Then...)}
		m.dueAfter = nil
		if len(s.Info.Then) > 0 {
			m.dueAfter = &TakeBack{s.Info.For, s.Info.Then}
		}
	}
}

// noteEnd notes the runs that are due to be taken back after a run. An interrupted run
// leaves its work due.
func (m *memory) noteEnd(e *endRecord) {
	const interrupted = 130
	switch {
	case e.TakeBack != nil:
		m.due = e.TakeBack
	case e.Exit != interrupted:
		m.due = m.dueAfter
	}
}

// isSameTakeBack reports whether the same is due.
func isSameTakeBack(a, b *TakeBack) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.For == b.For && slices.Equal(a.Runs, b.Runs)
}
