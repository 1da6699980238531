package cli

import (
	"context"
	"fmt"

	"converge/internal/stow/store"
	"converge/internal/stow/views"
)

// findViews returns targets that the store may not know.
func (l *locator) findViews(cmd Command) ([]string, error) {
	if cmd.ofView() || cmd.Verb == VerbForgetView {
		return nil, nil
	}
	var out []string
	for _, dir := range cmd.Views {
		if !l.isDir(dir) {
			return nil, &usageError{fmt.Sprintf("--view value '%s' is not a valid directory", dir)}
		}
		at, err := l.canonicalDir(dir)
		if err != nil {
			return nil, err
		}
		out = append(out, at)
	}
	return out, nil
}

// errForeseen refuses a simulation that would have to make a generation.
var errForeseen = &usageError{"-n cannot foresee a generation: make one, and go back by --rollback"}

// makeGeneration makes a generation.
func (c changer) makeGeneration(ctx context.Context, changes []store.Change) error {
	if c.cmd.Simulate {
		return errForeseen
	}
	gens := views.GenerationsOf(c.st)
	_, was, err := gens.List()
	if err != nil {
		return err
	}
	now, err := gens.Make(ctx, changes, c.storeOptions())
	if err != nil {
		return c.reportConflicts(err)
	}
	if now != was {
		c.log(1, fmt.Sprintf("generation %d is shown", now))
	}
	return c.removeOldGenerations(ctx, gens)
}

// removeOldGenerations removes old generations, if the command requests it.
func (c changer) removeOldGenerations(ctx context.Context, gens views.Generations) error {
	if !c.cmd.Keep.Given {
		return nil
	}
	if c.cmd.Simulate {
		return errForeseen
	}
	pruned, err := gens.Prune(ctx, c.cmd.Keep.Value)
	for _, n := range pruned {
		c.log(1, fmt.Sprintf("generation %d is removed", n))
	}
	return err
}

// generation is an element of the list of generations.
type generation struct {
	Number  views.Generation `json:"generation"`
	Current bool             `json:"current"`
}

// listGenerations lists the generations of a view.
func (c changer) listGenerations(ctx context.Context) error {
	gens := views.GenerationsOf(c.st)
	if err := c.removeOldGenerations(ctx, gens); err != nil {
		return err
	}
	all, now, err := gens.List()
	if err != nil {
		return err
	}
	list := []generation{}
	for _, n := range all {
		list = append(list, generation{n, n == now})
	}
	if c.cmd.JSON {
		return c.writeJSON(list)
	}
	for _, g := range list {
		mark := ""
		if g.Current {
			mark = " current"
		}
		fmt.Fprintf(c.Stdout, "%d%s\n", g.Number, mark)
	}
	return nil
}

// rollBack shows another generation.
func (r *run) rollBack(ctx context.Context) error {
	gens := views.GenerationsOf(r.st)
	to, was, err := gens.Before(views.Generation(r.cmd.Rollback.Value))
	switch {
	case err != nil:
		return err
	case r.cmd.Simulate:
		r.log(1, fmt.Sprintf("generation %d would be shown", to))
		r.warn(simulated)
		return nil
	case to == was:
		return nil
	}
	if err := gens.Show(ctx, to); err != nil {
		return err
	}
	r.log(1, fmt.Sprintf("generation %d is shown", to))
	return nil
}
