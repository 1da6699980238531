package stow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"converge/internal/resource"
	"converge/internal/stow/store"
)

// Apply implements [resource.Provider].
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]: all changes of one location are one command to its store, which first
// finishes an interrupted one. Changes that are impossible are left out and reported. An interrupt takes effect only
// until the first plan is made; afterwards the rest is completed.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeViews()
	defer p.closeViews()
	items, err := p.solveChanges(ctx, cs)
	errs := make([]error, len(cs))
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
		return resource.Outcome{Errs: errs}
	}
	for _, it := range items {
		if it.err == nil && it.found.left != "" { // the holder changed after the plan
			it.err = errors.New(leftNote(it.found))
		}
	}
	for _, its := range groupByView(items) {
		its[0].view.applyItems(ctx, its)
	}
	for i, it := range items {
		errs[i] = it.err
	}
	return resource.Outcome{Errs: errs}
}

// applyItems makes the changes of one location: first those that take nothing from a holder, then those that do.
func (view *farmView) applyItems(ctx context.Context, items []*item) {
	for _, force := range []bool{false, true} {
		var changes []store.Change
		var its []*item
		for _, it := range items {
			if it.hasPart() && it.found.isForced() == force {
				its = append(its, it)
				changes = append(changes, it.found.changes...)
			}
		}
		if len(its) == 0 {
			continue
		}
		err := view.followConfig(ctx, its)
		if err == nil {
			err = view.applyChanges(ctx, changes, force)
		}
		conflict, _ := errors.AsType[*store.ConflictError](err)
		for _, it := range its {
			switch {
			case err == nil:
				it.err = view.forgetForced(it)
			case conflict != nil:
				it.err = conflictError(it.request, it.found, conflict.Conflicts)
			default:
				it.err = err
			}
		}
	}
}

// applyChanges gives one command to the store. It can be interrupted until it holds the locks for which it waits.
func (view *farmView) applyChanges(ctx context.Context, changes []store.Change, force bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	late := time.AfterFunc(view.p.patience, cancel)
	defer late.Stop()
	view.begun = func() { stop(); late.Stop() }
	defer func() { view.begun = nil }()
	_, err := view.store.Apply(work, changes, store.Options{Force: force})
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return fmt.Errorf("another process that changes packages of %s was waited for, longer than %s", view.at.stow, view.p.patience)
	}
	return err
}

// forgetForced deletes the record of a forced unstow, once converge shows the package again, or the manifest wants it
// absent.
func (view *farmView) forgetForced(it *item) error {
	f, was, err := view.store.Forced(it.request.name)
	if err != nil || !was || !f.Mine && !it.found.isForced() {
		return err
	}
	return view.store.ForgetForced(it.request.name)
}
