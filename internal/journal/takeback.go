package journal

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// interrupted is the exit status of a run that a signal has ended.
const interrupted = 130

// TakeBack are runs to be taken back because a resource failed. They stay due until runs have taken them back, even if
// the program is killed.
type TakeBack struct {
	For  string   `json:"for"`  // the resource
	Runs []string `json:"runs"` // newest first
}

// DueTakeBack returns the runs that an earlier run was to take back, or was taking back when it was killed; nil: none.
func (s *State) DueTakeBack() *TakeBack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.due
}

// noteStart notes what stays due if a run that takes back does not end.
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

// noteEnd notes the runs that are due to be taken back after a run. An interrupted run leaves its work due.
func (m *memory) noteEnd(e *endRecord) {
	switch {
	case e.TakeBack != nil:
		m.due = e.TakeBack
	case e.Exit != interrupted:
		m.due = m.dueAfter
	}
}

// awaitsTakeBack reports whether taking back earlier runs may need the contents that they replaced: a rollback is due,
// or becomes due if a check fails that an interrupted run owes.
func (m *memory) awaitsTakeBack(root *os.Root) (bool, error) {
	if m.due != nil {
		return true, nil
	}
	asked := map[string]bool{}
	for _, v := range m.ledger.eachOf(probePrefix) {
		asked[v.addr] = true
	}
	read := map[string]bool{}
	for _, d := range m.listDebts() {
		if read[d.Run] || !asked[d.Target.String()] {
			continue
		}
		read[d.Run] = true
		end, err := readEnd(root, d.Run)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the run was forgotten
		}
		if err != nil || end == nil || end.Exit == interrupted {
			return err == nil, err
		}
	}
	return false, nil
}

// isSameTakeBack reports whether the same runs are due.
func isSameTakeBack(a, b *TakeBack) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.For == b.For && slices.Equal(a.Runs, b.Runs)
}
