package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/stow/farm"
)

// Recover finishes every interrupted change of this target, or takes it back
// where it cannot be finished. Every user with write permission may recover: the
// holder's own change is what is finished.
func (s *Store) Recover(ctx context.Context, o Options) (Report, error) {
	r := s.newRun(s.at, o)
	defer r.close()
	broken, err := r.broken(nil)
	if err != nil {
		return r.report, err
	}
	if err := r.lock(ctx, broken); err != nil {
		return r.report, err
	}
	defer func() { _ = r.at.dir.Unlock() }()
	if err := r.recover(ctx, append([]string{}, broken...)); err != nil {
		return r.report, err
	}
	stated, err := r.at.stated()
	if err != nil {
		return r.report, err
	}
	return r.report, r.leaveSeats(stated)
}

// recover finishes the interrupted changes of some packages, whose locks are
// held, and with them those of all others of the target: one command may have
// begun them all, and moved places from one to another. If only others cannot be
// finished, that is a message and no error.
func (r *run) recover(ctx context.Context, foos []string) error {
	if err := r.cfg.Execute.Recover(ctx, r.at.dir); err != nil {
		return err
	}
	broken, err := r.broken(foos)
	if err != nil {
		return err
	}
	if all, err := r.broken(nil); err != nil {
		return err
	} else if len(all) > len(broken) && r.lockMore(all) {
		err := r.recoverAll(ctx, all, forward)
		if err == nil {
			return r.leaveSeats(foos)
		}
		if len(broken) == 0 {
			r.cfg.Warn(fmt.Sprintf("a change of %s was interrupted, and cannot be finished now: %v", strings.Join(all, ", "), err))
		}
	}
	if len(broken) == 0 {
		return r.leaveSeats(foos)
	}
	err = r.recoverAll(ctx, broken, forward)
	if !isConflict(err) {
		return err
	}
	// Something has got in the way since. Then what was is what can be had.
	if back := r.recoverAll(ctx, broken, backward); !isConflict(back) {
		return back
	}
	return err
}

// way is the direction of recovery.
type way uint8

const (
	forward way = iota
	backward
)

func isConflict(err error) bool {
	var e *ConflictError
	return errors.As(err, &e)
}

// leaveSeats completes the last step out of a view.
func (r *run) leaveSeats(foos []string) error {
	if r.at.home {
		return nil
	}
	for _, foo := range foos {
		seat, err := r.at.seat(r.Store, foo)
		if err != nil {
			return err
		}
		if seat.dir == nil {
			continue
		}
		err = r.leaveSeat(&job{foo: foo, seat: seat})
		seat.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// broken finds which packages are in the middle of a change; nil asks for all
// of the target. One that cannot be read is not among all.
func (r *run) broken(foos []string) (broken []string, err error) {
	all := foos == nil
	if all {
		if foos, err = r.seated(); err != nil {
			return nil, err
		}
	}
	for _, foo := range foos {
		seat, err := r.at.seat(r.Store, foo)
		if err != nil {
			if all {
				continue
			}
			return nil, err
		}
		was, err := seat.read()
		seat.close()
		if err != nil && !all {
			return nil, err
		}
		if was.stowing {
			broken = append(broken, foo)
		}
	}
	return broken, nil
}

// seated lists the packages that the target may have state of.
func (r *run) seated() ([]string, error) {
	if r.at.home {
		return r.names()
	}
	return r.at.stated()
}

// lockMore takes locks out of order, so it does not wait.
func (r *run) lockMore(foos []string) bool {
	for _, foo := range foos {
		if r.locked[foo] != nil {
			continue
		}
		d, err := r.pkg(foo)
		if err != nil || d == nil {
			return false
		}
		if err := d.TryLock(r.at.home); err != nil {
			d.Close()
			return false
		}
		r.locked[foo] = d
	}
	return true
}

// recoverAll finishes changes, or takes them back. Those of the same options go
// together: unless all are fresh, the command that was interrupted may have
// given the fresh ones places of another package.
func (r *run) recoverAll(ctx context.Context, foos []string, to way) error {
	groups, err := r.byOptions(foos)
	if err != nil {
		return err
	}
	defer func(own string) { r.options = own }(r.options)
	for _, g := range groups {
		r.options, r.unlinked = g.options, g.fresh
		if err := r.recoverGroup(ctx, g.foos, to); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) recoverGroup(ctx context.Context, foos []string, to way) error {
	r.dropJobs()
	var q farm.Request
	for _, foo := range foos {
		r.known[foo] = true
		seat, err := r.at.seat(r.Store, foo)
		if err != nil {
			return err
		}
		j, err := r.recovery(foo, seat, to)
		if err != nil {
			seat.close()
			return err
		}
		r.jobs = append(r.jobs, j)
		r.request(&q, j)
	}
	p, err := r.plan(ctx, q)
	if err != nil {
		return err
	}
	if err := p.conflict(); err != nil {
		return err
	}
	if err := r.carryOut(ctx, p); err != nil {
		return err
	}
	r.report.Recovered = append(r.report.Recovered, p.Moves...)
	r.dropJobs()
	return nil
}

// recovery works out how an interrupted package gets to its goal, from the
// record and the disk alone. It never guesses from links.
func (r *run) recovery(foo string, seat seat, to way) (*job, error) {
	was, err := seat.read()
	if err != nil {
		return nil, err
	}
	j := &job{foo: foo, seat: seat, was: was, goal: was.to, verb: "recover"}
	switch {
	case was.to.Nothing && was.to.Config:
		err = r.backFromConfig(j)
	case was.to.Nothing:
		err = r.onToNothing(j)
	case was.fresh() && (r.unlinked || to == backward):
		j.cancel = true
	case to == backward:
		err = r.back(j)
	case was.to.Config:
		err = r.onToConfig(j)
	default:
		err = r.onToVersion(j)
	}
	return j, err
}

// fresh reports that no link of the package exists yet: :managed-by is made
// before the first link.
func (r record) fresh() bool { return r.installed == "" && r.holder == "" && !r.to.Nothing }

// onToVersion continues to the version that was being stowed, or goes back if it
// has been deleted.
func (r *run) onToVersion(j *job) error {
	from, to := j.was.installed, j.goal.Version
	there, err := r.there(j.foo, to)
	if err != nil {
		return err
	}
	if !there {
		j.cancel = true
		j.gone = []string{to}
		j.drop = from == ""
		return r.uncovered(j)
	}
	if err := r.holdFree(j); err != nil {
		return err
	}
	j.stow = []string{to}
	if from == "" || from == to {
		return nil
	}
	if err := r.takeOut(j, from); err != nil {
		return err
	}
	if len(j.unstow) > 0 {
		// With the old version's links removed, the new one's present links would
		// look like a directory to be folded. The undisturbed command has not
		// seen them.
		j.hide = to
	}
	return nil
}

// back undoes what was stowed of a goal.
func (r *run) back(j *job) error {
	part := j.goal.Version
	if j.goal.Config {
		part = Config
	}
	j.cancel = true
	j.drop = j.was.installed == "" && j.was.holder != ""
	if part != j.was.installed {
		if err := r.takeOut(j, part); err != nil {
			return err
		}
	}
	return r.uncovered(j)
}

// takeOut unstows a part, whether its tree is still there or not.
func (r *run) takeOut(j *job, part string) error {
	there, err := r.there(j.foo, part)
	if there {
		j.unstow = add(j.unstow, part)
	} else {
		j.gone = add(j.gone, part)
	}
	return err
}

// onToNothing continues unstowing, unless the package had another holder and
// still has: then nothing has been unlinked yet.
func (r *run) onToNothing(j *job) error {
	if j.was.installed == "" {
		j.cancel = true
		return nil
	}
	if j.was.holder != "" && !r.opts.Force {
		mine, err := r.actsFor(j.seat, j.was.holder)
		if err != nil {
			return err
		}
		if !mine {
			j.cancel = true
			return nil
		}
	}
	j.drop = j.was.holder != ""
	return r.takeOut(j, j.was.installed)
}

func (r *run) onToConfig(j *job) error {
	there, err := r.there(j.foo, Config)
	if err != nil {
		return err
	}
	if !there {
		j.cancel = true
		j.gone = []string{Config}
		return r.uncovered(j)
	}
	j.stow = []string{Config}
	return r.holdFree(j)
}

// holdFree has the actor hold a package that has no holder.
func (r *run) holdFree(j *job) (err error) {
	if j.was.holder == "" {
		j.hold, err = r.holderText(j.seat)
	}
	return err
}

func (r *run) backFromConfig(j *job) error {
	if err := r.takeOut(j, Config); err != nil {
		return err
	}
	j.drop = j.was.installed == "" && j.was.holder != ""
	return r.uncovered(j)
}

// Interrupted lists the packages of the target that are in the middle of a
// change. It only reads.
func (s *Store) Interrupted(ctx context.Context) ([]string, error) {
	r := s.newRun(s.at, Options{})
	defer r.close()
	broken, err := r.broken(nil)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(broken, func(foo string) bool {
		var e *InterruptedError
		return !errors.As(r.settled(ctx, wish{foo: foo}), &e)
	}), nil
}
