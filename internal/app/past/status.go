// Package past reads the journal's records of earlier runs, as data for a view: a line of the history, a run in full,
// the status, the owed notifications. Start with [Open]. It takes no lock and changes nothing.
package past

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/statedir"
	"converge/internal/facts"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/providers/reboot"
	"converge/internal/resource"
	"converge/internal/view"
)

// Options are the options of commands that only read earlier runs.
type Options struct {
	Root, State string
	JSON        bool
}

// Open opens the journal read-only.
func Open(ctx context.Context, env *environ.Env, f *Options) (*journal.State, string, error) {
	root, err := filepath.Abs(f.Root)
	if err != nil {
		return nil, "", err
	}
	dir, err := statedir.Find(env, f.State, root)
	if err != nil {
		return nil, "", err
	}
	o := journal.Options{ReadOnly: true}
	if root == "/" {
		o.Paid = paidByBoot()
	}
	state, err := journal.Open(ctx, dir, o)
	return state, root, statedir.HintDamage(err, dir)
}

// paidByBoot returns a function that reports whether a boot has settled a debt: a reboot was requested, and happened.
func paidByBoot() func(notify.Debt) bool {
	boot, mono, err := facts.Boot()
	now := resource.Instant{Boot: boot, Mono: mono}
	return func(d notify.Debt) bool {
		return err == nil && d.Target.Kind == "reboot" && reboot.HasBooted(now, d.Since)
	}
}

// OpenToShow is Open for a command that shows earlier runs, or reports that there were none: it notes for a user where
// the state of the machine is.
func OpenToShow(ctx context.Context, env *environ.Env, f *Options) (*journal.State, string, error) {
	state, root, err := Open(ctx, env, f)
	if note := statedir.NoteMachine(env, f.State, root); err == nil && note != "" {
		env.Warn(note)
	}
	return state, root, err
}

// ReadStatus reads the status from the state folder.
func ReadStatus(state *journal.State) (view.Status, error) {
	out := view.Status{Result: "none"}
	if st := state.Status(); st != nil && st.Run != "" {
		out = describeRun(journal.RunSummary{
			ID: st.Run, Info: journal.RunInfo{Manifest: st.Manifest, Site: st.Site, Undoes: st.Undoes, For: st.For},
			Started: st.Started, Ended: st.Ended, Exit: st.Exit, Counts: st.Counts, Failed: st.Failures,
		}, st.Result)
		out.Recorded, out.Changes, out.Queued = st.Recorded, st.Newest, st.Queued
		for _, name := range slices.Sorted(maps.Keys(st.Sites)) {
			o := st.Sites[name]
			line := view.Site{Site: name, Run: o.Run, Result: o.Result, Gone: LostManifest(name) != "" || LostManifest(o.Manifest) != ""}
			if !o.Ended.IsZero() {
				line.Ended, line.Exit = &o.Ended, &o.Exit
			}
			out.Sites = append(out.Sites, line)
			if name == out.Site {
				out.Manifest = cmp.Or(out.Manifest, o.Manifest) // of the site whose run was taken back
			}
		}
	} else if runs, err := state.Runs(); err != nil { // an older version wrote the folder
		return out, err
	} else if len(runs) > 0 {
		out = describeRun(runs[0], summarizeResult(runs[0]))
		if runs[0].Err == nil && !runs[0].Ended.IsZero() {
			out.Result = journal.ResultOf(runs[0].Info, runs[0].Exit, runs[0].Counts)
		}
	}
	for _, k := range state.Recovered() { // none is in progress
		sites := out.Sites
		out = describeRun(journal.RunSummary{ID: k.Run, Info: k.Info, Started: k.Started, Counts: k.Counts}, "killed")
		out.Sites = sites
	}
	if out.Result == journal.TakenBack {
		why, err := findReason(state, out.For)
		if err != nil {
			return out, err
		}
		out.Failures = append(out.Failures, why...)
	}
	out.Owed, out.Holder = ListOwed(state), state.Holder()
	settle(&out, state.Owed())
	out.Sites = slices.DeleteFunc(out.Sites, func(o view.Site) bool { return hasEnded(state, o) })
	if err := findReverts(state, &out); err != nil {
		return out, err
	}
	if t := state.DueTakeBack(); t != nil {
		out.TakeBack = &view.TakeBack{For: t.For, Runs: t.Runs}
	}
	return out, nil
}

// findReason finds, in the newest kept run that took back no other, how the resource failed whose failure caused a
// rollback.
func findReason(state *journal.State, resource string) ([]view.Failure, error) {
	runs, err := state.Runs()
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		why := slices.DeleteFunc(viewFailures(r.Failed), func(f view.Failure) bool { return f.Resource != resource || f.Verb != "" })
		if r.Info.Undoes == "" && len(why) > 0 {
			return why, nil
		}
	}
	return nil, nil
}

// settle marks the held runs without remaining debts: a boot may have settled these since.
func settle(st *view.Status, owed []notify.Debt) {
	if st.Result == "held" && len(owed) == 0 {
		st.Result = journal.Settled
	}
	for i := range st.Sites {
		site := &st.Sites[i]
		if site.Result == "held" && !slices.ContainsFunc(owed, func(d notify.Debt) bool { return d.Site == site.Site }) {
			site.Result = journal.Settled
		}
	}
}

// describeRun returns the status after a run.
func describeRun(r journal.RunSummary, result string) view.Status {
	c := r.Counts
	out := view.Status{
		Run: r.ID, Recorded: true, Started: r.Started, Result: result, Changes: r.ID,
		Changed: c.Changed, Failed: c.Failed, Skipped: c.Skipped, Notified: c.Notified, Begun: c.Begun,
		Manifest: r.Info.Manifest, Site: displaySite(r.Info.SiteOf()), Undoes: r.Info.Undoes, For: r.Info.For, Failures: viewFailures(r.Failed),
	}
	if !r.Ended.IsZero() { // otherwise it was killed
		out.Ended, out.Exit = &r.Ended, &r.Exit
	}
	return out
}

// ListOwed lists the owed actions. Several runs may owe one: the first is named.
func ListOwed(state *journal.State) []view.Owed {
	out := []view.Owed{}
	for _, d := range state.Owed() {
		o := view.Owed{Resource: d.Target.String(), Verb: d.Verb, Run: d.Run}
		if !slices.ContainsFunc(out, func(p view.Owed) bool { return p.Resource == o.Resource && p.Verb == o.Verb }) {
			out = append(out, o)
		}
	}
	return out
}

// hasEnded reports whether a site was given up: its manifest is missing, and it has nothing left.
func hasEnded(state *journal.State, o view.Site) bool {
	if !o.Gone || o.Result != "converged" && o.Result != journal.Settled {
		return false
	}
	holds := func(e journal.LedgerEntry) bool { return len(e.Holds) > 0 }
	return len(state.LedgerOf(journal.Site{Name: o.Site}).ListThings(holds)) == 0
}

// LostManifest returns the path of the missing manifest of a site that is named by its path; otherwise "".
func LostManifest(site string) string {
	whole := resource.DecodeBytes(site)
	path := whole
	if at := strings.LastIndex(whole, "@/"); at > 0 { // the tree of the site follows
		path = whole[:at]
	}
	for _, p := range []string{whole, path} {
		if _, err := os.Stat(p); !strings.HasPrefix(p, "/") || !errors.Is(err, fs.ErrNotExist) {
			return ""
		}
	}
	return path
}

// displaySite returns the name of a site, "" if the run has none.
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
