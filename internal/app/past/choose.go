package past

import (
	"errors"

	"converge/internal/journal"
	"converge/internal/resource"
)

// ChooseRun returns the run that a rollback concerns: the one with that id, or by default the newest that changed
// anything, takes back no other, and is not taken back. So a second rollback reaches one run further, and one that
// follows a rollback by on_failure does not apply again what has failed. kind finds a kind by name.
func ChooseRun(state *journal.State, kind func(name string) *resource.Kind, name string) (*journal.RunDetail, error) {
	runs, err := state.Runs()
	if err != nil {
		return nil, err
	}
	if name != "" {
		r, err := FindRun(runs, name)
		if err != nil {
			return nil, err
		}
		return state.Detail(r.ID)
	}
	chosen, takenBack, err := findNewest(state, kind, runs, "")
	switch {
	case err != nil || chosen != nil:
		return chosen, err
	case takenBack > 0:
		return nil, errors.New("no run that changed anything is left: all that are kept are taken back. converge history lists them, and converge rollback RUN takes a rollback back, too")
	}
	return nil, errors.New("no run that changed anything is kept: there was none, or it was forgotten")
}

// RunBefore returns the default run of a rollback if a run and the newer ones were taken back; nil: there is none.
func RunBefore(state *journal.State, kind func(name string) *resource.Kind, id string) (*journal.RunDetail, error) {
	runs, err := state.Runs()
	if err != nil {
		return nil, err
	}
	before, _, err := findNewest(state, kind, runs, id)
	return before, err
}

// findNewest finds the newest run that changed anything, takes back no other, and is not taken back; nil: there is
// none. It counts those that are taken back. Unless before is "", the run has to be older than that one.
func findNewest(state *journal.State, kind func(name string) *resource.Kind, runs []journal.RunSummary, before string) (found *journal.RunDetail, undone int, err error) {
	takenBack := map[string]bool{}
	for _, r := range runs { // newest first
		if r.ID == before {
			before = ""
			continue
		}
		if takenBack[r.ID] {
			continue // the run that it took back itself counts again
		}
		d, err := state.Detail(r.ID)
		switch {
		case err != nil:
			return nil, 0, err
		case d.Info.Undoes != "":
			takenBack[d.Info.Undoes] = takenBack[d.Info.Undoes] || isWhole(d, kind)
		case before == "" && d.Changed():
			return d, len(takenBack), nil
		}
	}
	return nil, len(takenBack), nil
}

// isWhole reports whether a rollback has restored everything that it should. The results of its actions and checks do
// not count.
func isWhole(d *journal.RunDetail, kind func(name string) *resource.Kind) bool {
	if d.Ended.IsZero() || d.Err != nil {
		return false
	}
	for _, s := range d.Steps {
		if s.State == journal.Begun || s.State == journal.Failed {
			return false
		}
	}
	for _, f := range d.Fails {
		addr, err := resource.ParseAddr(f.Resource)
		k := kind(addr.Kind)
		if f.Verb == "" && (err != nil || k == nil || k.Probe == nil) {
			return false
		}
	}
	return d.Changed()
}
