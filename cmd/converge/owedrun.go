package main

import (
	"context"
	"slices"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/view"
)

func listOwed(ctx context.Context, env *environ.Env, f *owedOptions) error {
	state, _, err := openPast(ctx, env, &pastOptions{root: f.site.root, state: f.state.dir})
	if err != nil {
		return err
	}
	defer state.Close() //nolint:errcheck // it was only read
	return printDebts(env, f, entries(state), false)
}

// dropOwed removes one entry, and reports which.
func dropOwed(ctx context.Context, env *environ.Env, f *owedOptions) (err error) {
	if err := f.site.clean(); err != nil {
		return err
	}
	s := &session{env: env, flags: &f.runOptions, site: &site{root: f.site.root}}
	defer func() { err = s.close(err) }()
	if s.sinks, err = openSinks(env, &f.out, false); err != nil {
		return err
	}
	if err := s.openState(ctx, false); err != nil {
		return err
	}
	e, err := chooseOwed(entries(s.state), f.drop)
	if err != nil {
		return err
	}
	if err := s.strike(ctx, e); err != nil {
		return err
	}
	return printDebts(env, f, []notify.Entry{e}, true)
}

// strike is a run that does nothing but drop an entry.
func (s *session) strike(ctx context.Context, e notify.Entry) error {
	return s.aside(ctx, func(run *journal.Run) error {
		return run.Settled(ctx, notify.Settled{Owners: []notify.Owner{e.Owner}, Target: e.Target, Verb: e.Verb, Dropped: "somebody dropped it by hand"})
	})
}

// aside is a run that changes nothing but what the journal holds.
func (s *session) aside(ctx context.Context, note func(*journal.Run) error) (err error) {
	if s.fs, err = fsys.Open(s.site.root); err != nil {
		return err
	}
	run, err := s.state.Start(ctx, s.runInfo(journal.RunInfo{Aside: true}))
	if err != nil {
		return err
	}
	if err := s.recover(ctx); err != nil {
		return err
	}
	if err := note(run); err != nil {
		return err
	}
	return run.Finish(ctx, exit.OK, journal.Counts{})
}

func printDebts(env *environ.Env, f *owedOptions, es []notify.Entry, dropped bool) error {
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
	if f.out.json {
		return view.DebtsJSON(env.Out, out)
	}
	return view.Debts(env.Out, env.IsColored(env.Out), out)
}

// nameOwed returns the names by which entries can be dropped, for completion.
func nameOwed(ctx context.Context, env *environ.Env, o *pastOptions) []string {
	state, _, err := openPast(ctx, env, o)
	if err != nil {
		return nil
	}
	defer state.Close() //nolint:errcheck // it was only read
	var out []string
	for _, e := range entries(state) {
		out = append(out, e.Target.String()+"."+e.Verb)
	}
	return out
}
