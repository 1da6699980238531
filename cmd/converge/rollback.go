package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/manifest"
	"converge/internal/notify"
	"converge/internal/resource"
)

// rollbackFlags say how a run is taken back.
type rollbackFlags struct {
	runFlags
	dryRun, confirm, force, purge bool
}

func newRollbackCommand(env *environ.Env) *cobra.Command {
	var f rollbackFlags
	cmd := &cobra.Command{
		Use:   "rollback [RUN]",
		Short: "Take back what a run changed",
		Long: "Takes back what a run changed, and only that, in reverse order: contents, permissions and\n" +
			"owners come back, package versions too, what the run made is removed, what it removed is\n" +
			"made again, and whom its changes notified is notified again. RUN is an id as converge\n" +
			"history lists them, the beginning of one, or last; default: the newest run that changed\n" +
			"anything. No manifest is read.\n\n" +
			"A rollback is a run like any other: planned (--dry-run shows it), applied, proved,\n" +
			"journaled. It can be taken back itself, which is what a second rollback does by default.\n\n" +
			"What was changed since, by a later run or by hand, is left alone and said, unless --force\n" +
			"is given; what replaces it is kept then. What cannot be done at all, as when a version is\n" +
			"not offered any more, is found before anything is touched, and then nothing is. What a\n" +
			"command (exec) did cannot be taken back; that is said. Packages and users that the run\n" +
			"made leave their configuration files and homes behind, unless --purge is given." +
			describeStatuses(runStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Locked, exit.Interrupted),
		Example:           "  converge rollback --dry-run\n  converge rollback --confirm 20261121T0213\n  converge rollback --root ./image last",
		Args:              atMostOne("RUN"),
		ValidArgsFunction: completeRuns(env, &f.state.dir, &f.site.root),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.confirm && f.out.json {
				return errors.New("--confirm and --json do not go together: JSON is for programs")
			}
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return rollback(cmd.Context(), env, name, &f)
		},
	}
	fs := cmd.Flags()
	f.out.add(fs)
	f.state.add(fs)
	addRoot(fs, &f.site.root)
	fs.BoolVar(&f.detailed, "detailed-exitcode", false, "exit 2 if there are changes")
	fs.BoolVar(&f.dryRun, "dry-run", false, "show what would be taken back and change nothing")
	fs.BoolVar(&f.confirm, "confirm", false, "show the plan and ask before anything is changed")
	fs.BoolVar(&f.force, "force", false, "take back what was changed since, too")
	fs.BoolVar(&f.purge, "purge", false, "remove configuration files of packages and homes of users that the run made")
	return cmd
}

func rollback(ctx context.Context, env *environ.Env, name string, f *rollbackFlags) (err error) {
	if err := f.site.clean(); err != nil {
		return err
	}
	s := &session{env: env, stop: ctx.Err, flags: &f.runFlags, site: &site{Site: &manifest.Site{}, root: f.site.root, kinds: kinds(providers{})}}
	defer func() { err = s.close(err) }()
	if s.sinks, err = openSinks(env, &f.out, f.confirm); err != nil {
		return err
	}
	mode := "rollback"
	if f.dryRun {
		mode = "plan"
	}
	s.sinks.Emit(event.Event{Type: event.RunStarted, Version: event.Version, Mode: mode})
	if err := s.openState(ctx, f.dryRun); err != nil {
		return err
	}
	past, err := chosenRun(s.state, name)
	if err != nil {
		return err
	}
	u, err := s.undoOf(past, f.purge, f.force)
	if err != nil {
		return err
	}
	s.site.Resources, s.site.graph = u.Resources, u.Graph
	s.strikeOut(nil)
	s.sinks.Emit(event.Event{Type: event.Undoes, Run: past.ID, Message: commandLine(past.Info), Total: len(u.Resources), Partial: u.ranCommands(past), Notes: u.leaves})
	if f.dryRun {
		return s.planUndo(ctx, u, f)
	}
	return s.applyUndo(ctx, u, f)
}

// planUndo shows what a rollback would do.
func (s *session) planUndo(ctx context.Context, u *undo, f *rollbackFlags) error {
	if err := s.equip(""); err != nil {
		return err
	}
	if err := s.tellUndone(ctx); err != nil {
		return err
	}
	o := s.undoOptions(u)
	if u.isLost() {
		o.Events = event.Discard{} // it is said what cannot be done, and nothing else would be
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := s.impossible(u, p); err != nil {
		return err
	}
	switch {
	case p.Counts.Failed+p.Counts.Held > 0:
		return exit.Silently(exit.Incomplete)
	case f.detailed && pending(p.Counts):
		return exit.Silently(exit.Changes)
	}
	return nil
}

// applyUndo takes the run back.
func (s *session) applyUndo(ctx context.Context, u *undo, f *rollbackFlags) error {
	run, err := s.startRun(ctx, journal.RunInfo{Undoes: u.Run}, s.tellUndone)
	if err != nil {
		return err
	}
	u.begun(run, s.site.identity.Key)
	o := s.undoOptions(u)
	o.Journal, o.Run = run, run.ID
	if u.isLost() {
		o.Events = event.Discard{}
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := s.impossible(u, p); err != nil {
		return err
	}
	if o.Expect, err = p.Fingerprints(); err != nil {
		return err
	}
	o.Events = s.sinks
	if f.confirm && pending(p.Counts) {
		if err := environ.Confirm(ctx); err != nil {
			return err
		}
	}
	return s.apply(ctx, o, p, run)
}

// undoOptions are the engine's options for a rollback. It includes earlier debts
// to the same targets: what the rollback delivers is settled.
func (s *session) undoOptions(u *undo) engine.Options {
	o := s.options()
	o.Undo, o.Orphans = u.Rollback, nil
	tells := map[resource.Addr]bool{}
	for _, r := range u.Resources {
		for _, n := range r.Notifies {
			tells[n.Target] = true
		}
	}
	things := map[notify.Owner]bool{}
	for _, r := range u.Resources {
		if tells[r.Addr] {
			things[notify.Debt{Target: r.Addr, Thing: r.Key}.Owner()] = true
		}
	}
	o.Claim, o.Renew = nil, nil
	o.Owed, o.Known = slices.DeleteFunc(slices.Clone(s.state.Owed()), func(d notify.Debt) bool {
		if d.Thing != "" {
			d.Thing = s.site.identity.Key(d.Thing)
		}
		return !things[d.Owner()]
	}), nil
	return o
}

// impossible reports changes that cannot be taken back: as a warning if a command
// made them or they go back with other changes, else as an error before anything
// is touched.
func (s *session) impossible(u *undo, p *engine.Planned) error {
	for _, a := range u.Untold {
		s.sinks.Emit(event.Event{Type: event.Warning, Resource: a.String(), Message: a.String() + " was told of these changes, but the journal does not say what it is: it is not told again"})
	}
	lost := p.Impossible()
	for _, l := range u.Lost {
		if errors.Is(l.Err, resource.ErrOpaque) || errors.Is(l.Err, errByOthers) || u.Force {
			s.sinks.Emit(event.Event{Type: event.Warning, Resource: l.Addr.String(), Message: fmt.Sprintf("%s: %v", l.Addr, l.Err)})
			continue
		}
		lost = append(lost, l)
	}
	if len(lost) == 0 || u.Force && len(p.Impossible()) == 0 {
		return nil
	}
	return exit.With(exit.Failure, fmt.Errorf("run %s cannot be taken back; nothing was changed:%s", u.Run, lostWords(lost)))
}
