package app

import (
	"context"
	"errors"
	"slices"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/machine"
	"converge/internal/app/past"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/view"
)

func ListOwed(ctx context.Context, env *environ.Env, f *OwedOptions) error {
	state, _, err := past.OpenToShow(ctx, env, &past.Options{Root: f.Site.Root, State: f.State.Dir})
	if err != nil {
		return err
	}
	defer state.Close() //nolint:errcheck // read only
	return printDebts(env, f, past.MergeDebts(state), false)
}

// DropOwed removes one entry, and reports it.
func DropOwed(ctx context.Context, env *environ.Env, f *OwedOptions) (err error) {
	s, err := beginBare(ctx, env, "", &f.RunOptions, false)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	e, err := past.ChooseOwed(past.MergeDebts(s.state), f.Drop)
	if err != nil {
		return err
	}
	drop := notify.Settled{Owners: []notify.Owner{e.Owner}, Target: e.Target, Verb: e.Verb, Dropped: "it was dropped by hand"}
	if err := s.runAside(ctx, func(run *journal.Run) error { return run.Settled(ctx, drop) }); err != nil {
		return err
	}
	return printDebts(env, f, []notify.Entry{e}, true)
}

// runAside is a run that only changes the journal.
func (s *session) runAside(ctx context.Context, note func(*journal.Run) error) (err error) {
	tree, err := fsys.Open(s.site.Root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tree.Close()) }()
	run, err := s.state.Start(ctx, s.runInfo(journal.RunInfo{Aside: true}))
	if err != nil {
		return err
	}
	machine.NoteFolders(tree, s.state)
	if err := machine.ClearLeftovers(ctx, s.state, tree, s.sinks.Emit); err != nil {
		return err
	}
	if err := note(run); err != nil {
		return err
	}
	return run.Finish(ctx, exit.OK, journal.Counts{})
}

func printDebts(env *environ.Env, f *OwedOptions, es []notify.Entry, dropped bool) error {
	out := make([]view.Debt, len(es))
	for i, e := range es {
		d := view.Debt{Resource: e.Target.String(), Verb: e.Verb, Thing: e.Thing, Run: e.Debts[0].Run, Since: e.Debts[0].Since.Wall, Dropped: dropped}
		for _, debt := range e.Debts {
			if c := debt.Cause.String(); !slices.Contains(d.Causes, c) {
				d.Causes = append(d.Causes, c)
			}
			if debt.Site != "" && !slices.Contains(d.Sites, debt.Site) {
				d.Sites = append(d.Sites, debt.Site)
			}
		}
		out[i] = d
	}
	if f.Out.JSON {
		return view.WriteJSON(env.Out, out...)
	}
	return view.Debts(env.Out, env.IsColored(env.Out), out)
}

// NameOwed returns the names by which entries can be dropped, for completion.
func NameOwed(ctx context.Context, env *environ.Env, o *past.Options) []string {
	state, _, err := past.Open(ctx, env, o)
	if err != nil {
		return nil
	}
	defer state.Close() //nolint:errcheck // read only
	var out []string
	for _, e := range past.MergeDebts(state) {
		out = append(out, e.Target.String()+"."+e.Verb)
	}
	return out
}
