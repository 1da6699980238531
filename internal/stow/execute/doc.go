// Package execute makes the target tree as planned. It takes the operations of
// package farm, works out the state of each path before and after all of them,
// and leads it from the one to the other by the safest possible step:
//
//   - nothing to a link or a directory: it is made in place;
//   - a link to another: a staged link is renamed over it;
//   - a link to a directory (unfolding) and back (refolding): the new side is
//     built aside and both are exchanged at one moment;
//   - a file to a link: the file gets its new name first, and keeps the old one
//     until the link is renamed over it.
//
// So a path that exists before and after exists at every moment, and a killed run
// can be repeated. Additions and replacements come before removals; entries below
// a bin or sbin come last among additions and first among removals, so that no
// program exists without its libraries.
//
// Start with [Run], and with [Recover] before a plan is made. Each operation
// checks that the disk still matches the plan, by the system calls that change
// it, and opens directories without following links.
//
// It makes no decisions: package farm decides which package a link belongs to and
// how a tree must end. The caller holds the lock of the target.
package execute

import (
	"cmp"
	"context"
	"errors"
	"time"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// Staging is the directory in the target in which new things wait for their
// place. It exists while something is being replaced, and after a crash.
const Staging = ".:stow2"

var (
	// ErrChanged is the cause when an entry differs from the one that the plan was
	// made for. It has not been touched.
	ErrChanged = errors.New("it is not what it was when this was planned")

	// ErrNotAtomic is the cause when Options.RequireAtomic forbids the only way
	// that a file system leaves.
	ErrNotAtomic = errors.New("its file system cannot exchange a link and a directory at one moment")

	// ErrInterrupted is the cause when a killed run has left something that
	// Recover has to clear away first.
	ErrInterrupted = errors.New("a run was interrupted there")

	// ErrForeign is the cause when there is a foreign entry where only stow2's own
	// should be; nothing is removed then.
	ErrForeign = errors.New("stow2 did not put it there, or did not expect it: move it away by hand")

	// ErrPlan is the cause when operations contradict each other.
	ErrPlan = errors.New("the plan contradicts itself")
)

// Options configure a run.
type Options struct {
	Sync          bool      // make the changes durable before Run returns
	RequireAtomic bool      // rather fail than leave a path unreachable for a moment
	Log           farm.Sink // may be nil

	// Since is when planning began: a directory that was not touched since then
	// needs no second look. With the zero time every directory does.
	Since time.Time

	noExchange bool // behave as without RENAME_EXCHANGE, for tests
}

// Run carries out ops in target. It detects foreseeable failures before the
// first change. An error stops it: every path is then the old or the new one,
// nothing is left staged, and to plan and run once more completes it.
func Run(ctx context.Context, target *fsys.Dir, ops []farm.Op, o Options) error {
	goal, err := reduce(ops)
	if err != nil || goal.changes == 0 {
		return err
	}
	if o.Log == nil {
		o.Log = func(int, string) {}
	}
	r := &run{
		goal: goal, target: target, dirs: opener{root: target}, stage: staging{target: target},
		disks: disks{skip: !o.Sync, dirs: map[uint64]*fsys.Dir{}}, options: o,
	}
	defer r.dirs.close()
	if err := (checker{r}).checkAll(ctx); err != nil {
		return err
	}
	err = r.runPhases(ctx)
	err = cmp.Or(err, r.stage.close(ctx, err == nil))
	return cmp.Or(err, r.disks.close(err == nil))
}
