package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/view"
)

func newApplyCommand(a *app) *cobra.Command {
	var f runFlags
	var confirm bool
	cmd := &cobra.Command{
		Use:   "apply [PATH | PLANFILE]",
		Short: "Make the host what the manifest says",
		Long: "Makes the host what the manifest says, notifies whoever must hear of it, and proves that\n" +
			"nothing is left to do. It does not ask (it runs from cloud-init and timers) unless\n" +
			"--confirm is given. PATH is a file, a folder, or - for standard input; default: the\n" +
			"current folder. A file written by plan --out is applied exactly, or refused.\n\n" +
			"SIGINT and SIGTERM stop the run between two steps. What is owed then stays owed, and\n" +
			"the next apply goes on where this one stopped." +
			statuses(exitOK, exitFailure, exitChanges, exitIncomplete, exitLocked, exitStale, exitInterrupted),
		Example:           "  converge apply\n  converge apply --confirm site/\n  converge apply --target service.nginx",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			if confirm && f.out.json {
				return errors.New("--confirm and --json do not go together: JSON is for programs")
			}
			return a.apply(cmd.Context(), cmd, pathArg(args), &f, confirm)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&confirm, "confirm", false, "show the plan and ask before anything is changed")
	return cmd
}

func (a *app) apply(ctx context.Context, cmd *cobra.Command, path string, f *runFlags, confirm bool) (err error) {
	saved, err := readPlan(path)
	if err != nil {
		return err
	}
	if saved != nil {
		if err := saved.overrides(cmd, f); err != nil {
			return err
		}
		path = saved.Path
	}
	s, err := a.begin(ctx, "apply", path, f, confirm)
	defer func() { err = s.close(err) }()
	if err != nil {
		return err
	}
	run, err := s.start(ctx, path)
	if err != nil {
		return err
	}
	o := s.options()
	o.Journal, o.Run = run, run.ID
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if saved != nil {
		if err := s.fresh(saved, p); err != nil {
			return err
		}
		o.Expect = saved.fingerprints()
	}
	if confirm && pending(p.Counts) {
		if yes, err := confirmed(ctx); err != nil || !yes {
			return err
		}
	}
	return s.apply(ctx, o, p, run)
}

// confirmed asks on the terminal itself, wherever standard input and output
// go: the manifest may come from the one, and the plan be piped from the other.
func confirmed(ctx context.Context) (bool, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false, fmt.Errorf("--confirm needs a terminal to ask on: %w", err)
	}
	defer tty.Close()
	type answer struct {
		yes bool
		err error
	}
	got := make(chan answer, 1)
	go func() {
		yes, err := view.Confirm(tty, tty)
		got <- answer{yes, err}
	}()
	select {
	case <-ctx.Done(): // the reader is left behind: the program ends
		return false, ctx.Err()
	case a := <-got:
		if a.err == nil && !a.yes {
			view.Declined(tty)
		}
		return a.yes, a.err
	}
}

// start opens the run in the journal, makes what it works with, and clears up
// after runs that were killed.
func (s *session) start(ctx context.Context, path string) (*journal.Run, error) {
	run, err := s.state.Start(ctx, journal.RunInfo{
		Manifest: path, Args: argsWithoutValues(os.Args[1:]), Version: thisBuild().Version, User: s.app.caller(),
	})
	if err != nil {
		return nil, err
	}
	if err := s.equip(run.ID); err != nil {
		return nil, err
	}
	return run, s.recover(ctx)
}

// apply makes what the plan says, under the journal.
func (s *session) apply(ctx context.Context, o engine.Options, p *engine.Planned, run *journal.Run) error {
	res, err := engine.Apply(ctx, o, p)
	ctx = context.WithoutCancel(ctx) // what happened is to be remembered
	rerr := run.Release(ctx, res.Released)
	c := res.Counts
	ferr := run.Finish(ctx, res.Exit, journal.Counts{
		Changed: c.Changed(), Failed: c.Failed, Skipped: c.Skipped, Notified: c.Notified, Held: c.Held,
	})
	if err = errors.Join(err, rerr, ferr); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	switch {
	case res.Exit != exitOK:
		return said(res.Exit)
	case s.flags.detailed && c.Changed()+c.Notified > 0:
		return said(exitChanges)
	}
	return nil
}

// overrides takes the site from the saved plan. Of the flags that say which
// site is meant only values of sensitive variables may be given again.
func (p *savedPlan) overrides(cmd *cobra.Command, f *runFlags) error {
	for _, name := range []string{"node", "root", "target", "prune"} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s is part of the saved plan and cannot be given again", name)
		}
	}
	f.site.saved, f.site.nodes, f.site.root = p.vars(), p.Nodes, p.Root
	f.targets, f.prune = p.Targets, p.Prune
	return nil
}

// fresh refuses a saved plan that no longer holds, saying what has changed.
func (s *session) fresh(saved *savedPlan, now *engine.Planned) error {
	stale, err := engine.Stale(saved.Steps, now)
	if err != nil || len(stale) == 0 {
		return err
	}
	var b strings.Builder
	b.WriteString("the saved plan is stale; nothing was changed:")
	for i, st := range stale {
		if i == 10 {
			fmt.Fprintf(&b, "\n  and %d more", len(stale)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", st.Addr, st.Why)
	}
	hints := []string{"converge plan --out makes a new one"}
	if len(saved.Sensitive) > 0 {
		hints = append(hints, "sensitive variables are not saved and have to be given again: "+strings.Join(saved.Sensitive, ", "))
	}
	return &exitError{exitStale, errors.New(b.String()), hints}
}

// argsWithoutValues is the command line without what may be secret in it.
func argsWithoutValues(args []string) []string {
	var out []string
	hide := false
	for _, arg := range args {
		name, _, inline := strings.Cut(arg, "=")
		switch {
		case hide:
			arg, hide = hidden(arg), false
		case name == "--var" && inline:
			arg = "--var=" + hidden(strings.TrimPrefix(arg, "--var="))
		case arg == "--var":
			hide = true
		}
		out = append(out, arg)
	}
	return out
}

// hidden is NAME=VALUE without the value.
func hidden(kv string) string {
	name, _, _ := strings.Cut(kv, "=")
	return name + "=…"
}
