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
	"converge/internal/stow/tree"
)

// errInterrupted reports that a run was killed here, and that this one must not
// repair it.
var errInterrupted = fmt.Errorf("a run was interrupted here: the next one that changes something will clear %s away", execute.Staging)

const clearedAway = "cleared away what an interrupted run had left in "

// site is a target held open for one command.
type site struct {
	places
	dir         *fsys.Dir
	tree        *tree.Disk
	say         farm.Sink
	since       time.Time // before anything was looked at
	interrupted bool      // and not repaired, because nothing may be changed
}

// opener opens what a command works on: its target, its stow directory, and the
// planners of both.
type opener struct {
	*printer
	*locator
	mute bool             // planners say nothing
	hear func(farm.Heard) // receives their decisions; nil: they are not sent
}

// openTarget opens the target of a command, locks it against all others and clears
// away what a killed one has left; a simulation does neither.
func (o *opener) openTarget(ctx context.Context, cmd Command, at places) (*site, error) {
	dir, err := fsys.OpenDirAt(at.target)
	if err != nil {
		return nil, err
	}
	s := &site{places: at, dir: dir, tree: tree.New(dir), say: o.sinkFor(cmd), since: time.Now()}
	if cmd.Simulate {
		s.interrupted, err = execute.Interrupted(dir)
	} else {
		err = s.takeLock(ctx, o.flush)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *site) takeLock(ctx context.Context, flush func()) error {
	err := s.dir.Lock(ctx, true, func(holders []int) {
		s.say(1, fmt.Sprintf("waiting for another stow2 (process %d) to finish in %s", holders, s.target))
		flush() // it may take long
	})
	if err != nil {
		return err
	}
	found, err := execute.Recover(ctx, s.dir)
	if found && err == nil {
		s.say(1, clearedAway+s.target)
	}
	return err
}

func (s *site) close() {
	s.tree.Close()
	s.dir.Close()
}

// equipPlanner sets the command's options in a planner. It does not set its Tree, Rules,
// Stow and Say. Both directories are absolute.
func (o *opener) equipPlanner(ctx context.Context, cmd Command, p *farm.Planner, target, stow string) {
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
		Sound:          cmd.Backup != "", // GNU Stow's conflict would keep a file behind a link that goes
	}
	for _, path := range cmd.AdoptPath {
		options.AdoptPath = append(options.AdoptPath, atPath(path))
	}
	if cmd.Absolute {
		options.Absolute = stow
	}
	p.Ignore = ignore.New(ignore.Host(ctx, target), home, cmd.Ignore)
	p.Options = options
	p.Hear = o.hear
	p.Verbose = cmd.Verbosity.Level
}

// executeOps does what was planned. Like GNU Stow it leaves it to the kernel when
// that becomes durable: there is no state that it would have to agree with, and
// after a power cut as after a kill the same command completes it.
func (s *site) executeOps(ctx context.Context, cmd Command, ops []farm.Op) error {
	s.tree.Close() // what it remembers is about to be wrong
	err := execute.Run(ctx, s.dir, ops, execute.Options{RequireAtomic: cmd.RequireAtomic, Log: s.say, Since: s.since})
	return err
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// toMatchers returns patterns as the planner takes them.
func toMatchers(ps []*ignore.Pattern) []farm.Matcher {
	var ms []farm.Matcher
	for _, p := range ps {
		ms = append(ms, p)
	}
	return ms
}

// atPath matches a path and everything below it.
type atPath string

// Match reports whether path is there.
func (a atPath) Match(path string) bool {
	return path == string(a) || len(path) > len(a) && path[:len(a)] == string(a) && path[len(a)] == '/'
}
