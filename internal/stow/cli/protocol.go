package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"converge/internal/stow/cli/stowrc"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
	"converge/internal/stow/versiondir"
)

// changeVersions changes packages, at least one of which has versions.
func (r *run) changeVersions(ctx context.Context, cmd Command, at places, changes []store.Change) error {
	st, err := r.openStoreAt(cmd, at)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	for _, c := range changes {
		if ok, err := st.MayBeVersion(c.Arg); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("Slashes are not permitted in package names: %s is no version: %s", c.Arg, versiondir.NameRule) //nolint:staticcheck // GNU Stow's words
		}
	}
	return (&changer{r.opener, cmd, st}).makeChanges(ctx, changes)
}

// changer changes packages with versions, or foresees that.
type changer struct {
	*opener
	cmd Command
	st  *store.Store
}

func (c *changer) storeOptions() store.Options {
	return store.Options{Force: c.cmd.Force, Naive: c.cmd.Naive, Notify: c.cmd.Notify}
}

// makeChanges makes changes, or foresees them.
func (c *changer) makeChanges(ctx context.Context, changes []store.Change) error {
	switch {
	case c.cmd.Config || c.cmd.MakeConfig:
		return c.changeWithConfig(ctx, changes)
	case c.cmd.Generations:
		return c.makeGeneration(ctx, changes)
	}
	if !c.cmd.Simulate {
		_, err := c.st.Apply(ctx, changes, c.storeOptions())
		return c.reportConflicts(err)
	}
	plan, err := c.foreseeChanges(ctx, changes)
	if err != nil {
		return err
	}
	return c.endSimulation(c.cmd, plan.Ops)
}

// foreseeChanges plans changes; that they are in conflict is an error.
func (c *changer) foreseeChanges(ctx context.Context, changes []store.Change) (store.Plan, error) {
	plan, err := c.st.Plan(ctx, changes, c.storeOptions())
	if err == nil && len(plan.Conflicts) > 0 {
		err = &store.ConflictError{Conflicts: plan.Conflicts}
	}
	return plan, c.reportConflicts(err)
}

// reportConflicts lists conflicts as GNU Stow lists them.
func (p *printer) reportConflicts(err error) error {
	var conflicts *store.ConflictError
	if !errors.As(err, &conflicts) {
		return err
	}
	p.printConflicts(conflicts.Conflicts)
	return errTold
}

// openStoreAt opens the stow directory of a command as one of the protocol.
func (o *opener) openStoreAt(cmd Command, at places) (*store.Store, error) {
	say := o.sinkFor(cmd)
	views, err := o.findViews(cmd)
	if err != nil {
		return nil, err
	}
	actor, name := o.findActor(cmd)
	st, err := store.Open(store.Settings{
		Stow: at.stow, Target: at.target, Actor: actor, Name: name, Moved: o.findOldStow(cmd), NoSync: cmd.NoSync, Views: views,
		Options: cmd.notedOptions(),
		Plan: func(ctx context.Context, f store.Frame, q farm.Request) (farm.Plan, error) {
			shape, err := cmd.withShape(f.Options, o.warn)
			if err != nil {
				return farm.Plan{}, err
			}
			plan, err := store.Planning(func(ctx context.Context, p *farm.Planner, f store.Frame) {
				o.equipPlanner(ctx, shape, p, f.Target.Path(), at.stow)
				if !f.Again && !o.mute {
					p.Say = say
				}
			})(ctx, f, q)
			return o.skipConflicts(shape, plan, f.Again || o.mute), err
		},
		Execute: store.Links{
			Options: execute.Options{Sync: !cmd.NoSync, RequireAtomic: cmd.RequireAtomic, Log: say, Since: time.Now()},
			Cleared: func(target string) { say(1, clearedAway+target) },
		},
		Warn:   func(text string) { o.warn(text); o.flush() },
		Output: o.err,
		Guard:  o.newGuard(cmd, at),
	})
	if err == nil && cmd.ofView() && !st.IsView() {
		err = errors.Join(&usageError{at.target + " is the stow directory's own target, and no view"}, st.Close())
	}
	return st, err
}

// longest is how long the text of a link may be.
const longest = 4095

// notedOptions returns the options that affect which links are made, in a line that
// fits the text of a link; "" if there are none, or they do not fit.
func (c Command) notedOptions() string {
	line := stowrc.Line(c.Shape)
	if len(line) > longest || !slices.Equal(stowrc.Words(line), c.Shape) {
		return ""
	}
	return line
}

// withShape returns the command with the options of an interrupted one.
func (c Command) withShape(line string, warn func(string)) (Command, error) {
	if line == c.notedOptions() {
		return c, nil
	}
	other, err := parseWords(stowrc.Words(line), warn)
	if err != nil {
		return other, fmt.Errorf("cannot tell how what was interrupted is to be finished, by %q: %w", line, err)
	}
	other.Verbosity = c.Verbosity
	return other, nil
}

// usesProtocol tells whether any of the packages is one of the protocol, or
// looks as if it were meant to be. All others are for GNU Stow's rules alone.
func (o *opener) usesProtocol(cmd Command, at places, changes []store.Change) (bool, error) {
	if cmd.ofView() || cmd.MovedFrom.Given || cmd.Config || cmd.MakeConfig { // GNU Stow knows none of them
		return true, nil
	}
	var bare []string
	for _, c := range changes {
		if c.Arg.Part != "" || hasProtocolNames(at.stow+"/"+c.Arg.Package) || isThere(at.target+"/.stow2/"+c.Arg.Package) {
			return true, nil
		}
		if c.Action != store.Stow && isThere(at.stow+"/:managed-by") {
			return true, nil // the store knows whose naive packages are then
		}
		if c.Action == store.Stow && !cmd.Naive && !slices.Contains([]string{"", ".", ".."}, c.Arg.Package) {
			bare = append(bare, c.Arg.Package)
		}
	}
	if len(bare) == 0 {
		return false, nil
	}
	st, err := o.openStoreAt(cmd, at)
	if err != nil {
		return false, err
	}
	defer func() { _ = st.Close() }()
	for _, name := range bare {
		versions, err := st.LooksVersioned(name)
		if err != nil || len(versions) > 0 {
			return err == nil, nil // what cannot be looked at, the planner will say
		}
	}
	return false, nil
}

// hasProtocolNames tells a package of the protocol from a naive one.
func hasProtocolNames(dir string) bool {
	for _, name := range []string{":installed", ":managed-by", ":stowing", ":config", ":control", ":control-default"} {
		if isThere(dir + "/" + name) {
			return true
		}
	}
	return false
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// findOldStow is where the stow directory was before, "" nowhere else. What its
// name was may be a link by now, so only the way there is made canonical.
func (l *locator) findOldStow(cmd Command) string {
	if cmd.MovedFrom.Value == "" {
		return ""
	}
	dir := filepath.Clean(l.absPath(cmd.MovedFrom.Value))
	if above, err := l.canonicalDir(filepath.Dir(dir)); err == nil {
		return filepath.Join(above, filepath.Base(dir))
	}
	return dir
}

// findActor is the file and the name of the package manager that acts; "" is this
// program, and the last name of the file.
func (o *opener) findActor(cmd Command) (file, name string) {
	if cmd.Actor == "" {
		return "", o.Manager
	}
	return o.absPath(cmd.Actor), ""
}
