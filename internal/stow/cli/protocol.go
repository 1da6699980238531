package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"converge/internal/stow/cli/stowrc"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
	"converge/internal/stow/versiondir"
)

// changeVersions changes packages of which at least one has versions.
func (c changer) changeVersions(ctx context.Context, changes []store.Change) error {
	for _, change := range changes {
		if ok, err := c.st.MayBeVersion(change.Arg); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("Slashes are not permitted in package names: %s is no version: %s", change.Arg, versiondir.NameRule) //nolint:staticcheck // GNU Stow's words
		}
	}
	return c.makeChanges(ctx, changes)
}

func (c changer) storeOptions() store.Options {
	return store.Options{Force: c.cmd.Force, Naive: c.cmd.Naive, Notify: c.cmd.Notify}
}

// makeChanges makes changes, or simulates them.
func (c changer) makeChanges(ctx context.Context, changes []store.Change) error {
	switch {
	case c.cmd.Config || c.cmd.MakeConfig:
		return c.changeWithConfig(ctx, changes)
	case c.cmd.Generations:
		return c.makeGeneration(ctx, changes)
	case !c.cmd.Simulate:
		_, err := c.st.Apply(ctx, changes, c.storeOptions())
		return c.reportConflicts(err)
	}
	plan, err := c.foreseeChanges(ctx, changes)
	if err != nil {
		return err
	}
	return c.endSimulation(plan.Ops)
}

// foreseeChanges plans changes, and returns an error if they are in conflict.
func (c changer) foreseeChanges(ctx context.Context, changes []store.Change) (store.Plan, error) {
	plan, err := c.st.Plan(ctx, changes, c.storeOptions())
	if err == nil && len(plan.Conflicts) > 0 {
		err = &store.ConflictError{Conflicts: plan.Conflicts}
	}
	return plan, c.reportConflicts(err)
}

// reportConflicts lists conflicts in the format of GNU Stow.
func (p *printer) reportConflicts(err error) error {
	var conflicts *store.ConflictError
	if !errors.As(err, &conflicts) {
		return err
	}
	p.printConflicts(conflicts.Conflicts)
	return errTold
}

// withStore opens the command's stow directory as a store of the protocol.
func (o *opener) withStore(do func() error) (err error) {
	if o.st, err = o.openStore(); err != nil {
		return err
	}
	defer func() { _ = o.st.Close() }()
	return do()
}

func (o *opener) openStore() (*store.Store, error) {
	cmd := o.cmd
	views, err := o.findViews(cmd)
	if err != nil {
		return nil, err
	}
	actor, name := "", o.Manager // this program
	if cmd.Actor.Value != "" {
		actor, name = o.absPath(cmd.Actor.Value), "" // and the last name of the file
	}
	guard := o.guardSwitches
	if cmd.AcceptBroken {
		guard = nil
	}
	st, err := store.Open(store.Settings{
		Stow: o.at.stow, Target: o.at.target, Actor: actor, Name: name, Moved: o.findOldStow(cmd), NoSync: cmd.NoSync, Views: views,
		Options: cmd.notedOptions(),
		Plan:    o.planFarm,
		Execute: store.Links{
			Options: execute.Options{Sync: !cmd.NoSync, RequireAtomic: cmd.RequireAtomic, Log: o.log, Since: o.since},
			Cleared: func(target string) { o.log(1, clearedAway+target) },
		},
		Warn:   func(text string) { o.warn(text); o.flush() },
		Output: o.err,
		Guard:  guard,
	})
	if err == nil && cmd.ofView() && !st.IsView() {
		err = errors.Join(&usageError{o.at.target + " is the stow directory's own target, and no view"}, st.Close())
	}
	return st, err
}

// planFarm plans with the options of the command, or of an interrupted one.
func (o *opener) planFarm(ctx context.Context, f store.Frame, q farm.Request) (farm.Plan, error) {
	shape, err := o.cmd.withShape(f.Options, o.warn)
	if err != nil {
		return farm.Plan{}, err
	}
	plan, err := store.Planning(func(ctx context.Context, p *farm.Planner, f store.Frame) {
		o.equipPlanner(ctx, shape, p, f.Target.Path())
		if !f.Again && !o.mute {
			p.Log = o.log
		}
	})(ctx, f, q)
	return o.skipConflicts(shape, plan, f.Again || o.mute), err
}

// longest is the maximal length of a link's text.
const longest = 4095

// notedOptions returns the options that affect which links are made, as a line that fits the text of a link; "" if there
// are none, or they do not fit.
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
	other, err := parseWords(Command{}, stowrc.Words(line), warn)
	if err != nil {
		return other, fmt.Errorf("cannot tell how what was interrupted is to be finished, by %q: %w", line, err)
	}
	other.Verbosity = c.Verbosity
	return other, nil
}

// usesProtocol reports whether any of the packages follows the protocol, or seems to be meant to. GNU Stow's rules alone
// apply to all others.
func (c changer) usesProtocol(changes []store.Change) (yes bool, err error) {
	if c.cmd.ofView() || c.cmd.MovedFrom.Given || c.cmd.Config || c.cmd.MakeConfig { // GNU Stow has none of these options
		return true, nil
	}
	var bare []string
	for _, change := range changes {
		foo, stowed := change.Arg.Package, change.Action == store.Stow
		switch {
		case change.Arg.Part != "" || hasProtocolNames(c.at.stow+"/"+foo) || isThere(c.at.target+"/.stow2/"+foo):
			return true, nil
		case !stowed && isThere(c.at.stow+"/:managed-by"):
			return true, nil // the store knows the owners of naive packages then
		case stowed && !c.cmd.Naive && !slices.Contains([]string{"", ".", ".."}, foo):
			bare = append(bare, foo)
		}
	}
	if len(bare) == 0 {
		return false, nil
	}
	err = c.withStore(func() error {
		for _, foo := range bare {
			versions, err := c.st.LooksVersioned(foo)
			if yes = len(versions) > 0; yes || err != nil {
				break // the planner reports unreadable packages
			}
		}
		return nil
	})
	return yes, err
}

// hasProtocolNames distinguishes a package of the protocol from a naive one.
func hasProtocolNames(dir string) bool {
	return slices.ContainsFunc(versiondir.ProtocolNames(), func(name string) bool { return isThere(dir + "/" + name) })
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// findOldStow returns the former path of the stow directory, "" if it has not moved. Its last name may be a link by now,
// so only the directories above it are made canonical.
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
