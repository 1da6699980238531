package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/stow/farm"
)

// recovery finishes or undoes the interrupted changes of a target.
type recovery struct{ *command }

// recoverAll finishes every interrupted change of the target.
func (r recovery) recoverAll(ctx context.Context) error {
	foos, err := r.resolve.findInterrupted(nil)
	if err != nil {
		return err
	}
	if err := r.locks.lockAll(ctx, foos); err != nil {
		return err
	}
	defer r.locks.unlockTarget()
	if err := r.recoverPackages(ctx, append([]string{}, foos...)); err != nil {
		return err
	}
	stated, err := r.resolve.StatedPackages()
	if err != nil {
		return err
	}
	return r.removeEmptyStates(stated)
}

// recoverPackages finishes the interrupted changes of some packages, whose locks are held, and also those of all others
// of the target: one command may have started them all, and moved places between them. If only others cannot be
// finished, it warns instead of failing.
func (r recovery) recoverPackages(ctx context.Context, foos []string) error {
	if err := r.store.cfg.Execute.Recover(ctx, r.resolve.target); err != nil {
		return err
	}
	own, err := r.resolve.findInterrupted(foos)
	if err != nil {
		return err
	}
	if all, err := r.resolve.findInterrupted(nil); err != nil {
		return err
	} else if len(all) > len(own) && r.locks.tryLock(all) {
		err := r.finishChanges(ctx, all, forward)
		if err == nil {
			return r.removeEmptyStates(foos)
		}
		if len(own) == 0 {
			r.store.cfg.Warn(fmt.Sprintf("a change of %s was interrupted, and cannot be finished now: %v", strings.Join(all, ", "), err))
		}
	}
	if len(own) == 0 {
		return r.removeEmptyStates(foos)
	}
	err = r.finishChanges(ctx, own, forward)
	if !isConflict(err) {
		return err
	}
	// Another change prevents the goal. Only the former state can be restored.
	if back := r.finishChanges(ctx, own, backward); !isConflict(back) {
		return back
	}
	return err
}

func isConflict(err error) bool {
	var e *ConflictError
	return errors.As(err, &e)
}

// removeEmptyStates completes the last step of leaving a view.
func (r recovery) removeEmptyStates(foos []string) error {
	if r.resolve.home {
		return nil
	}
	for _, foo := range foos {
		st, err := r.resolve.state(foo)
		if err != nil {
			return err
		}
		if st.dir == nil {
			continue
		}
		err = r.writer.removeEmptyState(foo, st.dir)
		st.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// group is a set of interrupted packages that one command may have started.
type group struct {
	options string
	foos    []string
	fresh   bool // none of them has a link yet
}

// finishChanges finishes or undoes changes. Those with the same options are handled together: unless all are fresh, the
// interrupted command may have given places of another package to the fresh ones.
func (r recovery) finishChanges(ctx context.Context, foos []string, to direction) error {
	groups, err := r.groupByOptions(foos)
	if err != nil {
		return err
	}
	defer func(own string) { r.planner.options = own }(r.planner.options)
	for _, g := range groups {
		r.planner.options = g.options
		if err := r.finishGroup(ctx, g, to); err != nil {
			return err
		}
	}
	return nil
}

// groupByOptions groups interrupted packages by the options for finishing them, in the order of first mention.
func (r recovery) groupByOptions(foos []string) (groups []group, err error) {
	for _, foo := range foos {
		was, err := r.resolve.Record(foo)
		if err != nil {
			return nil, err
		}
		i := 0
		for i < len(groups) && groups[i].options != was.options {
			i++
		}
		if i == len(groups) {
			groups = append(groups, group{options: was.options, fresh: true})
		}
		groups[i].foos = append(groups[i].foos, foo)
		groups[i].fresh = groups[i].fresh && was.isFresh()
	}
	return groups, nil
}

func (r recovery) finishGroup(ctx context.Context, g group, to direction) error {
	r.dropJobs()
	var q farm.Request
	maker := recoveryJobs{r.resolve, to, g.fresh}
	for _, foo := range g.foos {
		if err := r.addJob(foo, &q, func(st packageState) (*job, error) { return maker.makeJob(foo, st) }); err != nil {
			return err
		}
	}
	p, err := r.planner.planJobs(ctx, q, r.jobs)
	if err != nil {
		return err
	}
	if err := p.asConflict(); err != nil {
		return err
	}
	if err := r.carryOut(ctx, p); err != nil {
		return err
	}
	r.report.Recovered = append(r.report.Recovered, p.Moves...)
	r.dropJobs()
	return nil
}
