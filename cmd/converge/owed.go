package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/view"
)

// owedFlags are those of the command owed.
type owedFlags struct {
	runFlags
	drop string
}

func newOwedCommand(env *environ.Env) *cobra.Command {
	var f owedFlags
	cmd := &cobra.Command{
		Use:   "owed",
		Short: "List the notifications that are owed, or drop one",
		Long: "Lists what is owed: every action that a change has asked for and that has not been\n" +
			"delivered, with the changes that cause it, the run that made them, and the site whose run\n" +
			"that was. Every apply of that site tries to deliver it.\n\n" +
			"--drop strikes one out, for ever: NAME is its target as listed (service.nginx), what the\n" +
			"target stands for (service:nginx.service), or either of them with the verb behind a dot.\n" +
			"Nothing but the journal is changed.\n\n" +
			"--json prints one object a line." + listStatuses(exit.OK, exit.Failure, exit.Locked),
		Example: "  converge owed\n  converge owed --drop service.nginx.restart",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("drop") {
				return dropOwed(cmd.Context(), env, &f)
			}
			return listOwed(cmd.Context(), env, &f)
		},
	}
	fs := cmd.Flags()
	addRoot(fs, &f.site.root)
	f.state.add(fs)
	fs.BoolVar(&f.out.json, "json", false, "print JSON instead of text")
	fs.StringVar(&f.drop, "drop", "", "drop what is owed to `NAME`")
	_ = cmd.RegisterFlagCompletionFunc("drop", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		state, _, err := openPast(cmd.Context(), env, &pastFlags{root: f.site.root, state: f.state.dir})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer state.Close() //nolint:errcheck // it was only read
		var out []string
		for _, e := range entries(state) {
			out = append(out, e.Target.String()+"."+e.Verb)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func listOwed(ctx context.Context, env *environ.Env, f *owedFlags) error {
	state, _, err := openPast(ctx, env, &pastFlags{root: f.site.root, state: f.state.dir})
	if err != nil {
		return err
	}
	defer state.Close() //nolint:errcheck // it was only read
	return printDebts(env, f, entries(state), false)
}

// dropOwed removes one entry, and reports which.
func dropOwed(ctx context.Context, env *environ.Env, f *owedFlags) (err error) {
	if err := f.site.clean(); err != nil {
		return err
	}
	s := &session{env: env, flags: &f.runFlags, site: &site{root: f.site.root}}
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

// entries returns the debts, merged by target.
func entries(state *journal.State) []notify.Entry {
	var q notify.Queue
	for _, d := range state.Owed() {
		q.Add(d, 0)
	}
	return q.Entries()
}

// chooseOwed is the entry that is meant by a name.
func chooseOwed(all []notify.Entry, name string) (notify.Entry, error) {
	var found []notify.Entry
	for _, e := range all {
		if slices.Contains(namesOf(e), name) {
			found = append(found, e)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Target.String()+"."+e.Verb)
	}
	fail := exit.With(exit.Failure, fmt.Errorf("cannot drop what is owed to %s: nothing is", name))
	switch {
	case len(found) > 1:
		var things []string
		for _, e := range found {
			things = append(things, e.Owner.String())
		}
		fail.Err = fmt.Errorf("cannot drop what is owed to %s: it means several: %s", name, strings.Join(things, ", "))
	case len(all) == 0:
		fail.Err = errors.New("cannot drop anything: nothing is owed")
	default:
		if near := nearest(name, names); near != "" {
			fail.Hints = []string{"did you mean " + near + "?"}
		} else {
			fail.Hints = []string{"converge owed lists what is"}
		}
	}
	return notify.Entry{}, fail
}

// namesOf are the names by which a person may mean an entry.
func namesOf(e notify.Entry) []string {
	names := []string{e.Owner.String()}
	if unit, ok := strings.CutPrefix(e.Thing, "service:"); ok {
		names = append(names, "unit:"+unit)
	}
	for _, d := range e.Debts {
		names = append(names, d.Target.String())
	}
	for _, n := range slices.Clone(names) {
		for _, d := range e.Debts {
			names = append(names, n+"."+d.Verb, n+" "+d.Verb)
		}
	}
	return names
}

func printDebts(env *environ.Env, f *owedFlags, es []notify.Entry, dropped bool) error {
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
