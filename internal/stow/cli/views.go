package cli

import (
	"context"
	"fmt"

	"converge/internal/stow/store"
	"converge/internal/stow/views"
)

// ofView tells whether the command is about one view, rather than about a
// store with views.
func (c Command) ofView() bool {
	return len(c.Views) > 0 && c.Verb != VerbAudit && c.Verb != VerbRemove && c.Verb != VerbForgetView
}

// findViews are targets that the store may not know of.
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

// errForeseen refuses a simulation that would have to make its subject.
var errForeseen = &usageError{"-n cannot foresee a generation: make one, and go back by --rollback"}

// makeGeneration makes a generation.
func (c *changer) makeGeneration(ctx context.Context, changes []store.Change) error {
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
		c.sinkFor(c.cmd)(1, fmt.Sprintf("generation %d is shown", now))
	}
	return c.removeOldGenerations(ctx)
}

// removeOldGenerations removes old generations, if that was asked for.
func (c *changer) removeOldGenerations(ctx context.Context) error {
	if !c.cmd.Keep.Given {
		return nil
	}
	if c.cmd.Simulate {
		return errForeseen
	}
	pruned, err := views.GenerationsOf(c.st).Prune(ctx, c.cmd.Keep.Value)
	for _, n := range pruned {
		c.sinkFor(c.cmd)(1, fmt.Sprintf("generation %d is removed", n))
	}
	return err
}

// generation is one of a list.
type generation struct {
	Number  int  `json:"generation"`
	Current bool `json:"current"`
}

// listGenerations lists those of a view.
func (r *run) listGenerations(ctx context.Context, cmd Command) error {
	st, err := r.openStore(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	if err := (&changer{r.opener, cmd, st}).removeOldGenerations(ctx); err != nil {
		return err
	}
	all, now, err := views.GenerationsOf(st).List()
	if err != nil {
		return err
	}
	list := []generation{}
	for _, n := range all {
		list = append(list, generation{n, n == now})
	}
	if cmd.JSON {
		return r.writeJSON(list)
	}
	for _, g := range list {
		mark := ""
		if g.Current {
			mark = " current"
		}
		fmt.Fprintf(r.Stdout, "%d%s\n", g.Number, mark)
	}
	return nil
}

// rollBack shows another generation.
func (r *run) rollBack(ctx context.Context, cmd Command) error {
	if len(cmd.Stow)+len(cmd.Unstow) > 0 {
		return &usageError{"--rollback takes no packages"}
	}
	st, err := r.openStore(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	gens := views.GenerationsOf(st)
	to, was, err := gens.Before(cmd.Rollback.Value)
	switch {
	case err != nil:
		return err
	case cmd.Simulate:
		r.sinkFor(cmd)(1, fmt.Sprintf("generation %d would be shown", to))
		r.warn(simulated)
		return nil
	case to == was:
		return nil
	}
	if err := gens.Show(ctx, to); err != nil {
		return err
	}
	r.sinkFor(cmd)(1, fmt.Sprintf("generation %d is shown", to))
	return nil
}
