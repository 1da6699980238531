package past

import (
	"maps"
	"slices"

	"converge/internal/journal"
	"converge/internal/view"
)

// ReadStatus reads the status from the state folder.
func ReadStatus(state *journal.State) (view.Status, error) {
	out := view.Status{Result: "none", Owed: []view.Owed{}}
	if st := state.Status(); st != nil && st.Run != "" {
		out.Run, out.Recorded, out.Started, out.Result = st.Run, st.Recorded, st.Started, st.Result
		if !st.Ended.IsZero() { // else it was killed
			out.Ended, out.Exit = &st.Ended, &st.Exit
		}
		out.Manifest, out.Undoes, out.Queued = st.Manifest, st.Undoes, st.Queued
		out.Changed, out.Failed, out.Skipped, out.Notified = st.Counts.Changed, st.Counts.Failed, st.Counts.Skipped, st.Counts.Notified
		out.Begun = st.Counts.Begun
		out.Failures, out.Changes, out.Site = viewFailures(st.Failures), st.Newest, displaySite(st.Site)
		for _, name := range slices.Sorted(maps.Keys(st.Sites)) {
			o := st.Sites[name]
			line := view.Site{Site: name, Run: o.Run, Result: o.Result}
			if !o.Ended.IsZero() {
				line.Ended, line.Exit = &o.Ended, &o.Exit
			}
			out.Sites = append(out.Sites, line)
		}
	} else if err := readNewestRun(state, &out); err != nil {
		return out, err
	}
	for _, k := range state.Recovered() { // none that goes on
		out.Run, out.Result, out.Recorded, out.Started, out.Ended, out.Changes = k.Run, "killed", true, k.Started, nil, k.Run
		out.Exit, out.Changed, out.Failed, out.Skipped, out.Notified, out.Failures = nil, k.Counts.Changed, k.Counts.Failed, 0, k.Counts.Notified, nil
		out.Begun = k.Counts.Begun
		out.Manifest, out.Site, out.Undoes, out.Queued = k.Info.Manifest, displaySite(k.Info.Site), k.Info.Undoes, nil
	}
	type action struct{ target, verb string }
	seen := map[action]bool{}
	for _, d := range state.Owed() { // several runs may owe one action; the first one is told
		o := view.Owed{Resource: d.Target.String(), Verb: d.Verb, Run: d.Run}
		if a := (action{o.Resource, o.Verb}); !seen[a] {
			seen[a] = true
			out.Owed = append(out.Owed, o)
		}
	}
	out.Holder = state.Holder()
	return out, nil
}

// readNewestRun is for a folder without a status: an older version wrote it.
func readNewestRun(state *journal.State, out *view.Status) error {
	runs, err := state.Runs()
	if err != nil || len(runs) == 0 {
		return err
	}
	r := runs[0]
	line := SummarizeRun(r, nil)
	out.Run, out.Recorded, out.Started, out.Ended, out.Result, out.Exit = r.ID, true, r.Started, line.Ended, line.Result, line.Exit
	out.Changed, out.Failed, out.Skipped, out.Notified = r.Counts.Changed, r.Counts.Failed, r.Counts.Skipped, r.Counts.Notified
	out.Manifest, out.Undoes, out.Failures, out.Changes = r.Info.Manifest, r.Info.Undoes, viewFailures(r.Failed), r.ID
	return nil
}

// displaySite is the name of a site, "" if the run was of none.
func displaySite(name string) string {
	if name == journal.NoSite {
		return ""
	}
	return name
}

func viewFailures(in []journal.Failure) []view.Failure {
	out := make([]view.Failure, len(in))
	for i, f := range in {
		out[i] = view.Failure{Resource: f.Resource, Verb: f.Verb, Error: f.Error}
	}
	return out
}
