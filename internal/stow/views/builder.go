package views

import (
	"context"
	"errors"
	"maps"

	"converge/internal/fsys"
	"converge/internal/stow/store"
)

// Make makes changes atomically: it makes a new complete farm beside the shown one, and shows it by one rename.
// VIEW/current leads to it. If nothing would change, it makes none, and n is the number of the present one.
func (g Generations) Make(ctx context.Context, changes []store.Change, o store.Options) (n Generation, err error) {
	if !g.store.IsView() {
		return 0, errHome
	}
	if err := g.lockView(ctx); err != nil {
		return 0, err
	}
	defer g.unlockView()
	now, err := currentGeneration(g.view)
	if err != nil {
		return 0, err
	}
	have, err := g.readContent(now)
	if err != nil {
		return 0, err
	}
	dir := g.view.Path() + "/" + nameGenerations + "/" + nameBuilding
	want, err := g.store.ChangeContent(ctx, have, changes, dir, o)
	if err != nil {
		return 0, err
	}
	if maps.Equal(have, want) {
		return now, nil
	}
	return g.buildFarm(ctx, want)
}

// readContent reads the content of a generation.
func (g Generations) readContent(n Generation) (map[string]store.Content, error) {
	if n == 0 {
		return map[string]store.Content{}, nil
	}
	d, err := g.view.OpenPath(n.path())
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return g.store.LocationAt(d).Content()
}

// buildFarm makes the farm of a generation, gives it its number after it is complete and durable, and shows it.
func (g Generations) buildFarm(ctx context.Context, want map[string]store.Content) (Generation, error) {
	all, err := listGenerations(g.view)
	if err != nil {
		return 0, err
	}
	next := Generation(1)
	if len(all) > 0 {
		next = all[len(all)-1] + 1
	}
	gens, err := g.write.EnsureDir(g.view, nameGenerations)
	if err != nil {
		return 0, err
	}
	defer gens.Close()
	if err := g.store.RegisterView(g.view.Path()); err != nil {
		return 0, err
	}
	if err := g.fillFarm(ctx, gens, want); err != nil {
		return 0, err
	}
	if err := g.stageLink(gens, next); err != nil {
		return 0, err
	}
	if err := g.write.Step("number", func() error { return gens.RenameNew(nameBuilding, gens, next.name()) }); err != nil {
		return 0, err
	}
	if err := g.write.Sync(gens); err != nil {
		return 0, err
	}
	return next, g.activate(gens)
}

// fillFarm makes the farm under its temporary name.
func (g Generations) fillFarm(ctx context.Context, gens *fsys.Dir, want map[string]store.Content) error {
	fresh, err := g.write.EnsureDir(gens, nameBuilding)
	if err != nil {
		return err
	}
	defer fresh.Close()
	err = g.store.Fill(ctx, fresh, want, g.view.Path())
	var conflict *store.ConflictError
	if errors.As(err, &conflict) {
		err = errors.Join(err, removeTree(gens, nameBuilding))
	}
	return err
}
