package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/ignore"
	"converge/internal/stow/store"
	"converge/internal/stow/tree"
)

// errInterrupted reports that a run was killed here, and that this one must not repair it.
var errInterrupted = fmt.Errorf("a run was interrupted here: the next one that changes something will clear %s away", execute.Staging)

const clearedAway = "cleared away what an interrupted run had left in "

// site is a target held open for one command.
type site struct {
	dir         *fsys.Dir
	tree        *tree.Disk
	interrupted bool // and not repaired, because this run may not change anything
}

// opener opens the target and the stow directory of a command, and their planners.
type opener struct {
	*printer
	*locator
	cmd        Command
	at         places
	st         *store.Store       // the stow directory, while withStore runs
	since      time.Time          // before anything was read
	mute       bool               // planners log nothing
	onDecision func(farm.Decided) // receives their decisions; nil: they are not sent
}

// begin starts a command. A simulation at a terminal also shows its tasks.
func (o *opener) begin(cmd Command) {
	o.cmd, o.since, o.verbosity = cmd, time.Now(), cmd.Verbosity.Value
	if cmd.Simulate && !cmd.Diff && !cmd.Verbosity.Given && isTerminal(o.Stderr) {
		o.verbosity = 1
	}
}

// openTarget opens the target, locks it against all other commands and removes the remains of a killed run; a simulation
// does neither.
func (o *opener) openTarget(ctx context.Context) (*site, error) {
	dir, err := fsys.OpenDirAt(o.at.target)
	if err != nil {
		return nil, err
	}
	s := &site{dir: dir, tree: tree.New(dir)}
	if o.cmd.Simulate {
		s.interrupted, err = execute.Interrupted(dir)
	} else {
		err = o.lockTarget(ctx, dir)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (o *opener) lockTarget(ctx context.Context, dir *fsys.Dir) error {
	err := dir.Lock(ctx, true, func(holders []int) {
		o.log(1, fmt.Sprintf("waiting for another stow2 (process %d) to finish in %s", holders, o.at.target))
		o.flush() // locking may take long
	})
	if err != nil {
		return err
	}
	found, err := execute.Recover(ctx, dir)
	if found && err == nil {
		o.log(1, clearedAway+o.at.target)
	}
	return err
}

func (s *site) close() {
	s.tree.Close()
	s.dir.Close()
}

// equipPlanner sets a command's options in a planner for a target, but not its Tree, Rules, Stow and Log.
func (o *opener) equipPlanner(ctx context.Context, cmd Command, p *farm.Planner, target string) {
	home, _ := o.Lookup("HOME")
	options := farm.Options{
		NoFolding:      cmd.NoFolding,
		Adopt:          cmd.Adopt,
		Dotfiles:       cmd.Dotfiles,
		Compat:         cmd.Compat,
		Defer:          toMatchers(cmd.Defer),
		Override:       toMatchers(cmd.Override),
		StrictFold:     cmd.Fold == "strict",
		NoFoldPath:     toMatchers(cmd.NoFoldPath),
		AbsoluteSource: cmd.AbsoluteSource,
		Backup:         cmd.Backup,
		Sound:          cmd.Backup != "", // otherwise GNU Stow's conflict keeps a file behind a link that is removed
	}
	for _, path := range cmd.AdoptPath {
		options.AdoptPath = append(options.AdoptPath, atPath(path))
	}
	if cmd.Absolute {
		options.Absolute = o.at.stow
	}
	p.Ignore = ignore.New(ignore.Host(ctx, target), home, cmd.Ignore)
	p.Options = options
	p.OnDecision = o.onDecision
	p.Verbose = cmd.Verbosity.Value
}

// carryOut makes the planned changes, unless this is a simulation. Like GNU Stow it does not sync them: no other state
// depends on them, and after a power failure, as after a kill, the same command completes them.
func (o *opener) carryOut(ctx context.Context, s *site, ops []farm.Op) error {
	switch {
	case o.cmd.Simulate && s.interrupted:
		return errInterrupted
	case o.cmd.Simulate:
		return o.endSimulation(ops)
	}
	s.tree.Close() // its cache is about to become invalid
	return execute.Run(ctx, s.dir, ops, execute.Options{RequireAtomic: o.cmd.RequireAtomic, Log: o.log, Since: o.since})
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// toMatchers converts patterns for the planner.
func toMatchers(ps []*ignore.Pattern) []farm.Matcher {
	var ms []farm.Matcher
	for _, p := range ps {
		ms = append(ms, p)
	}
	return ms
}

// atPath matches a path and everything below it.
type atPath string

// Match reports whether path is at or below it.
func (a atPath) Match(path string) bool {
	return path == string(a) || len(path) > len(a) && path[:len(a)] == string(a) && path[len(a)] == '/'
}
