package stow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"converge/internal/resource"
	"converge/internal/stow/store"
)

// Apply implements [resource.Provider].
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]: the changes of one place are one
// command to its store, which finishes first what was interrupted. What cannot
// be made is left out and reported. An interrupt counts until the first plan
// is made; then the rest is let finish.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget()
	defer p.forget()
	items, err := p.solve(ctx, cs)
	errs := make([]error, len(cs))
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
		return resource.Outcome{Errs: errs}
	}
	var yards []*yard
	for _, it := range items {
		if it.err == nil && it.found.left != "" { // since it was planned
			it.err = errors.New(leftNote(it.found))
		}
		if it.part() && !slices.Contains(yards, it.yard) {
			yards = append(yards, it.yard)
		}
	}
	for _, y := range yards {
		y.carryOut(ctx, items)
	}
	for i, it := range items {
		errs[i] = it.err
	}
	return resource.Outcome{Errs: errs}
}

// carryOut makes the changes of one place: those that take nothing from
// anybody, and then those that do.
func (y *yard) carryOut(ctx context.Context, items []*item) {
	for _, force := range []bool{false, true} {
		var changes []store.Change
		var its []*item
		for _, it := range items {
			if it.yard == y && it.part() && it.found.force == force {
				its = append(its, it)
				changes = append(changes, it.found.changes...)
			}
		}
		if len(its) == 0 {
			continue
		}
		err := y.followConfig(ctx, its)
		if err == nil {
			err = y.change(ctx, changes, force)
		}
		for _, it := range its {
			if err == nil {
				it.err = y.heed(it)
			} else {
				it.err = plain(it, err)
			}
		}
	}
}

// change is one command to the store. It can be interrupted until it has the
// locks that it waits for.
func (y *yard) change(ctx context.Context, changes []store.Change, force bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	late := time.AfterFunc(y.p.patience, cancel)
	defer late.Stop()
	y.begun = func() { stop(); late.Stop() }
	defer func() { y.begun = nil }()
	_, err := y.store.Apply(work, changes, store.Options{Force: force})
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return fmt.Errorf("another process that changes packages of %s was waited for, longer than %s", y.at.stow, y.p.patience)
	}
	return err
}

// heed deletes the record of a forced unstow, once converge shows the package
// again, or was told not to.
func (y *yard) heed(it *item) error {
	f, was, err := y.store.Forced(it.wish.name)
	if err != nil || !was || !f.Mine && !it.found.force {
		return err
	}
	return y.store.ForgetForced(it.wish.name)
}

// plain is a store's error in the words of a manifest.
func plain(it *item, err error) error {
	var c *store.ConflictError
	if errors.As(err, &c) {
		return conflictError(it.wish, it.found, c.Conflicts)
	}
	return err
}
