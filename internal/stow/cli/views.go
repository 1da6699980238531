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

// views are targets that the store may not know of.
func (r *run) views(cmd Command) ([]string, error) {
	if cmd.ofView() || cmd.Verb == VerbForgetView {
		return nil, nil
	}
	var out []string
	for _, dir := range cmd.Views {
		if !r.isDir(dir) {
			return nil, &usageError{fmt.Sprintf("--view value '%s' is not a valid directory", dir)}
		}
		at, err := r.canonical(dir)
		if err != nil {
			return nil, err
		}
		out = append(out, at)
	}
	return out, nil
}

// errForeseen refuses a simulation that would have to make its subject.
var errForeseen = &usageError{"-n cannot foresee a generation: make one, and go back by --rollback"}

// grow makes a generation.
func (r *run) grow(ctx context.Context, cmd Command, st *store.Store, changes []store.Change, o store.Options) error {
	if cmd.Simulate {
		return errForeseen
	}
	gens := views.GenerationsOf(st)
	_, was, err := gens.List()
	if err != nil {
		return err
	}
	now, err := gens.Make(ctx, changes, o)
	if err != nil {
		return r.settle(err)
	}
	if now != was {
		r.say(cmd)(1, fmt.Sprintf("generation %d is shown", now))
	}
	return r.thin(ctx, cmd, st)
}

// thin removes old generations, if that was asked for.
func (r *run) thin(ctx context.Context, cmd Command, st *store.Store) error {
	if !cmd.Keep.Given {
		return nil
	}
	if cmd.Simulate {
		return errForeseen
	}
	pruned, err := views.GenerationsOf(st).Prune(ctx, cmd.Keep.Value)
	for _, n := range pruned {
		r.say(cmd)(1, fmt.Sprintf("generation %d is removed", n))
	}
	return err
}

// generation is one of a list.
type generation struct {
	Number  int  `json:"generation"`
	Current bool `json:"current"`
}

// generations lists those of a view.
func (r *run) generations(ctx context.Context, cmd Command) error {
	st, err := r.openStore(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	if err := r.thin(ctx, cmd, st); err != nil {
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
		return r.json(list)
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

// rollback shows another generation.
func (r *run) rollback(ctx context.Context, cmd Command) error {
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
		r.say(cmd)(1, fmt.Sprintf("generation %d would be shown", to))
		r.warn(simulated)
		return nil
	case to == was:
		return nil
	}
	if err := gens.Show(ctx, to); err != nil {
		return err
	}
	r.say(cmd)(1, fmt.Sprintf("generation %d is shown", to))
	return nil
}
