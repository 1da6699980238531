package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/ownership"
	"converge/internal/app/past"
	"converge/internal/app/site"
	"converge/internal/app/statedir"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/providers/service"
	"converge/internal/view"
)

// ShowStatus shows the status, of all sites of the host or only of that of the manifest at path, and ends with an exit
// status for monitoring.
func ShowStatus(ctx context.Context, env *environ.Env, f *past.Options, path string, wait bool) error {
	var id journal.Site
	if path != "" {
		var err error
		if id, err = siteAt(ctx, env, f, path); err != nil {
			return err
		}
	}
	state, root, err := past.OpenToShow(ctx, env, f)
	if err != nil {
		return err
	}
	if wait && state.Holder() != "" {
		if err := state.Close(); err != nil {
			return err
		}
		if state, err = awaitRun(ctx, env, f); err != nil {
			return err
		}
	}
	defer state.Close() //nolint:errcheck // read only
	st, err := past.ReadStatus(state)
	if err == nil && wait {
		err = awaitQueued(ctx, env, f, root, state, &st)
	}
	if err != nil {
		return err
	}
	if f.JSON {
		err = view.WriteJSON(env.Out, st)
	} else {
		err = view.ShowStatus(env.Out, env.IsColored(env.Out), environ.TerminalWidth(env.Out), st)
	}
	if err != nil {
		return err
	}
	if id.Name != "" {
		return siteExit(st, id)
	}
	return statusExit(st)
}

// siteAt returns the site of the manifest at path.
func siteAt(ctx context.Context, env *environ.Env, f *past.Options, path string) (journal.Site, error) {
	o := site.Options{Root: f.Root, State: f.State}
	s, err := site.Load(ctx, env, path, &o)
	if err != nil {
		return journal.Site{}, err
	}
	dir, err := statedir.Find(env, f.State, s.Root)
	if err != nil {
		return journal.Site{}, err
	}
	return ownership.NameSite(s, path, dir)
}

// siteExit returns the exit status for one site: remainders of other sites do not count. A site that has not run since
// it was renamed has the status of its former name.
func siteExit(st view.Status, id journal.Site) error {
	at := -1
	for _, name := range append([]string{id.Name}, id.Former...) {
		if at < 0 {
			at = slices.IndexFunc(st.Sites, func(o view.Site) bool { return o.Site == name })
		}
	}
	switch {
	case st.Holder != "":
		return exit.Silently(exit.Locked)
	case at < 0:
		return exit.Silently(exit.Failure)
	case !isRight(st.Sites[at].Result),
		st.Sites[at].Run == st.Run && (!isRight(st.Result) || len(st.Owed) > 0 || len(st.Queued) > 0):
		return exit.Silently(exit.Incomplete)
	}
	return nil
}

// isRight reports whether a run has left nothing to do.
func isRight(result string) bool { return result == "converged" || result == journal.Settled }

func statusExit(st view.Status) error {
	switch {
	case st.Holder != "":
		return exit.Silently(exit.Locked)
	case st.Run == "":
		return exit.Silently(exit.Failure)
	case !isRight(st.Result) || len(st.Owed) > 0 || len(st.Queued) > 0 || st.TakeBack != nil,
		slices.ContainsFunc(st.Sites, func(o view.Site) bool { return !isRight(o.Result) }):
		return exit.Silently(exit.Incomplete)
	}
	return nil
}

// runPoll is the interval between checks whether a run is still in progress.
const runPoll = 250 * time.Millisecond

// awaitRun waits until no run is in progress, and then opens the state folder.
func awaitRun(ctx context.Context, env *environ.Env, f *past.Options) (*journal.State, error) {
	for {
		state, _, err := past.Open(ctx, env, f)
		if err != nil || state.Holder() == "" {
			return state, err
		}
		if err := state.Close(); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(runPoll):
		}
	}
}

// awaitQueued waits for the jobs that the last run left in systemd's queue, updates the status, and records their
// results in the journal: a unit that was started after the change is owed nothing for it.
func awaitQueued(ctx context.Context, env *environ.Env, f *past.Options, root string, state *journal.State, st *view.Status) error {
	if len(st.Queued) == 0 {
		return nil
	}
	p := service.New(service.Options{Root: root})
	p.Expect(st.Queued)
	defer p.Close()
	var still []string
	for _, unit := range st.Queued {
		err := p.AwaitQueued(ctx, unit, st.Started)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			still = append(still, unit)
			st.Result = "failed"
			st.Failures = append(st.Failures, view.Failure{Resource: unit, Error: err.Error()})
		default:
			st.Came = append(st.Came, unit)
		}
	}
	st.Queued = nil
	var paid []notify.Entry
	for _, e := range past.MergeDebts(state) {
		if slices.Contains(st.Came, unitName(e.Thing)) && isPaid(ctx, p, e) {
			paid = append(paid, e)
			st.Owed = slices.DeleteFunc(st.Owed, func(o view.Owed) bool {
				return slices.ContainsFunc(e.Debts, func(d notify.Debt) bool { return d.Target.String() == o.Resource })
			})
		}
	}
	if err := settleQueued(ctx, env, f, root, st.Run, still, paid); err != nil {
		env.Warn(fmt.Sprintf("What the queued services have come to cannot be noted, so the next status shows them as queued: %v", err))
	}
	return nil
}

// isPaid reports whether the unit was started after all changes of an entry.
func isPaid(ctx context.Context, p *service.Provider, e notify.Entry) bool {
	want := cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(unitName(e.Thing))})
	for _, d := range e.Debts {
		if paid, err := p.Satisfied(ctx, want, d.Verb, d.Since); err != nil || !paid {
			return false
		}
	}
	return true
}

// settleQueued records that units are no longer queued, and which debts that has settled. If a later run has done so,
// it records nothing.
func settleQueued(ctx context.Context, env *environ.Env, f *past.Options, root, last string, still []string, paid []notify.Entry) (err error) {
	o := &RunOptions{Site: site.Options{Root: root}, State: StateOptions{Dir: f.State}} // a run that holds the lock does it itself
	s, err := beginBare(ctx, env, "", o, false)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	if st := s.state.Status(); st == nil || st.Run != last || len(s.state.Recovered()) > 0 {
		return nil
	}
	return s.runAside(ctx, func(run *journal.Run) error {
		run.SetQueued(append([]string{}, still...))
		for _, e := range paid {
			if err := run.Settled(ctx, notify.Settled{Owners: []notify.Owner{e.Owner}, Target: e.Target, Verb: e.Verb, Void: true}); err != nil {
				return err
			}
		}
		return nil
	})
}

// unitName returns the unit in the key of a service; "" for other keys.
func unitName(key string) string {
	if unit, ok := strings.CutPrefix(key, "service:"); ok {
		return unit
	}
	return ""
}
