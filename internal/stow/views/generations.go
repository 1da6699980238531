package views

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/stow/store"
)

// Generations are those of the view that is a store's target: complete farms beside each other, one of which the view
// shows.
type Generations struct {
	store *store.Store
	view  *fsys.Dir
	write store.Writer
}

// GenerationsOf returns the generations of a store's target.
func GenerationsOf(st *store.Store) Generations {
	return Generations{st, st.Target(), st.Writer()}
}

// List lists the generations, oldest first, and the shown one.
func (g Generations) List() (all []Generation, now Generation, err error) {
	if all, err = listGenerations(g.view); err == nil {
		now, err = currentGeneration(g.view)
	}
	return all, now, err
}

// Before returns the generation to go back to: the requested one, which must exist, or for 0 the one before the shown
// one.
func (g Generations) Before(asked Generation) (to, now Generation, err error) {
	all, now, err := g.List()
	if err != nil {
		return 0, 0, err
	}
	if asked != 0 {
		return asked, now, g.checkIn(all, asked)
	}
	for _, n := range all {
		if n < now {
			to = n
		}
	}
	if to == 0 {
		return 0, 0, &store.UsageError{Text: fmt.Sprintf("%s has no generation before %d", g.view.Path(), now)}
	}
	return to, now, nil
}

func (g Generations) checkIn(all []Generation, n Generation) error {
	if !slices.Contains(all, n) {
		return &store.UsageError{Text: fmt.Sprintf("%s has no generation %d", g.view.Path(), n)}
	}
	return nil
}

// errHome refuses generations of the store's own target.
var errHome = &store.UsageError{Text: "the store's own target has no generations: name a view"}

// Show shows another generation of the view.
func (g Generations) Show(ctx context.Context, n Generation) error {
	if !g.store.IsView() {
		return errHome
	}
	if err := g.lockView(ctx); err != nil {
		return err
	}
	defer g.unlockView()
	all, now, err := g.List()
	if err != nil {
		return err
	}
	if err := g.checkIn(all, n); err != nil || now == n {
		return err
	}
	d, err := g.view.OpenDir(nameGenerations)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := g.stageLink(d, n); err != nil {
		return err
	}
	return g.activate(d)
}

// Prune deletes generations, except the newest keep ones and the shown one, and returns the deleted ones.
func (g Generations) Prune(ctx context.Context, keep int) (pruned []Generation, err error) {
	if err := g.lockView(ctx); err != nil {
		return nil, err
	}
	defer g.unlockView()
	all, now, err := g.List()
	if err != nil || len(all) <= keep {
		return nil, err
	}
	gens, err := g.view.OpenDir(nameGenerations)
	if err != nil {
		return nil, err
	}
	defer gens.Close()
	for _, n := range all[:len(all)-max(keep, 0)] {
		if n == now {
			continue
		}
		if err := removeGeneration(gens, n); err != nil {
			return pruned, err
		}
		pruned = append(pruned, n)
	}
	return pruned, nil
}

// removeGeneration renames a generation first, because a partial one must not count.
func removeGeneration(gens *fsys.Dir, n Generation) error {
	if err := removeTree(gens, nameBuilding); err != nil {
		return err
	}
	if err := gens.RenameNew(n.name(), gens, nameBuilding); err != nil {
		return err
	}
	return removeTree(gens, nameBuilding)
}

// lockView locks the view and repairs what a killed run left there.
func (g Generations) lockView(ctx context.Context) error {
	if err := g.view.Lock(ctx, true, nil); err != nil {
		return err
	}
	err := g.repairView()
	if err != nil {
		g.unlockView()
	}
	return err
}

// repairView finishes what a killed run left among the generations of the view, which is locked: a generation about to
// be shown is shown, unless it is incomplete; a partial one is removed.
func (g Generations) repairView() error {
	gens, err := g.view.OpenDir(nameGenerations)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer gens.Close()
	if err := g.repairStaged(gens); err != nil {
		return err
	}
	if t, _, err := gens.Look(nameBuilding); err != nil || t != fsys.Directory {
		return err
	}
	return removeTree(gens, nameBuilding)
}

func (g Generations) repairStaged(gens *fsys.Dir) error {
	t, text, err := gens.Look(nameStaged)
	if err != nil || t != fsys.Symlink {
		return err
	}
	leads, err := gens.Leads(strings.TrimPrefix(text, nameGenerations+"/"))
	switch {
	case err != nil:
		return err
	case leads != fsys.Directory:
		return gens.Remove(nameStaged)
	}
	return g.activate(gens)
}

// unlockView unlocks the view, which outlives the command.
func (g Generations) unlockView() { _ = g.view.Unlock() }

// stageLink makes the link that activate renames into place. If repairView finds the link, it completes that.
func (g Generations) stageLink(gens *fsys.Dir, n Generation) error {
	return g.write.Step("stage flip", func() error { return gens.Symlink(n.path(), nameStaged) })
}

// activate shows the generation with the staged link: one rename.
func (g Generations) activate(gens *fsys.Dir) error {
	if err := g.write.Step("flip", func() error { return gens.Rename(nameStaged, g.view, nameCurrent) }); err != nil {
		return err
	}
	return g.write.Sync(g.view)
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
