package past

import (
	"slices"

	"converge/internal/app/kinds"
	"converge/internal/journal"
	"converge/internal/resource"
	"converge/internal/view"
)

// findReverts names, for each bad result, the run whose rollback ends it.
func findReverts(state *journal.State, st *view.Status) (err error) {
	if view.IsBad(st.Result) {
		if st.Revert, err = findRevert(state, st.Run); err != nil {
			return err
		}
	}
	for i := range st.Sites {
		s := &st.Sites[i]
		switch {
		case !view.IsBad(s.Result):
		case s.Run == st.Run:
			s.Revert = st.Revert
		default:
			if s.Revert, err = findRevert(state, s.Run); err != nil {
				return err
			}
		}
	}
	return nil
}

// findRevert returns the run to take back after a run that did not come right: that run itself or, if it was a
// rollback, the run that it did not take back wholly. "" if the run is not known to have changed anything, nothing is
// left of it, or it was forgotten. It never returns a rollback: taking one back would restore what it took back.
func findRevert(state *journal.State, id string) (string, error) {
	runs, err := state.Runs()
	if err != nil {
		return "", err
	}
	kind, takenBack := kinds.New().Find, map[string]bool{}
	if at := slices.IndexFunc(runs, func(r journal.RunSummary) bool { return r.ID == id }); at >= 0 && runs[at].Info.Undoes != "" {
		id = runs[at].Info.Undoes
	}
	for _, r := range runs { // newest first
		if takenBack[r.ID] {
			continue // a rollback that was itself taken back does not count
		}
		if r.ID != id && r.Info.Undoes == "" {
			continue
		}
		d, err := state.Detail(r.ID)
		switch {
		case err != nil: // converge show reports that
			return "", nil
		case r.ID != id:
			takenBack[r.Info.Undoes] = takenBack[r.Info.Undoes] || isWhole(d, kind)
		case r.Info.Undoes == "" && hasLasting(d, kind):
			return id, nil
		}
	}
	return "", nil
}

// hasLasting reports whether a run has made, or was making when it was killed, a change that a rollback can take back.
// A change that failed does not count: most of these have changed nothing.
func hasLasting(d *journal.RunDetail, kind func(name string) *resource.Kind) bool {
	for _, s := range d.Steps {
		k := kind(s.Addr.Kind)
		if (s.State == journal.Done || s.State == journal.Begun) && k != nil && !k.Opaque && s.Action != resource.Run {
			return true
		}
	}
	return len(d.Forgot)+len(d.Recalled) > 0
}
