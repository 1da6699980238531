package views

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/store"
)

// Generations is the generations of the view that is a store's target: complete
// farms beside each other. The view shows one of them.
type Generations struct {
	store *store.Store
	view  *fsys.Dir
	write store.Writer
}

// GenerationsOf is the generations of the target of a store.
func GenerationsOf(st *store.Store) Generations {
	return Generations{st, st.Target(), st.Writer()}
}

// List lists the generations, oldest first, and the one that is shown; 0 is none.
func (g Generations) List() (all []int, now int, err error) {
	gens, err := listGenerations(g.view)
	if err != nil {
		return nil, 0, err
	}
	for _, n := range gens {
		all = append(all, int(n))
	}
	shown, err := currentGeneration(g.view)
	return all, int(shown), err
}

// Before is the generation to go back to: the asked one, which must exist, or for
// 0 the one before that which is shown now.
func (g Generations) Before(asked int) (to, now int, err error) {
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

func (g Generations) checkIn(all []int, n int) error {
	if !slices.Contains(all, n) {
		return &store.UsageError{Text: fmt.Sprintf("%s has no generation %d", g.view.Path(), n)}
	}
	return nil
}

// errHome refuses generations where there cannot be any.
var errHome = &store.UsageError{Text: "the store's own target has no generations: name a view"}

// Show shows another generation of the view.
func (g Generations) Show(ctx context.Context, n int) error {
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
	if err := g.stageLink(d, generation(n)); err != nil {
		return err
	}
	return g.activate(d)
}

// Prune deletes generations, but for the newest keep ones and the one that is
// shown, and returns which.
func (g Generations) Prune(ctx context.Context, keep int) (pruned []int, err error) {
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
		if err := removeGeneration(gens, generation(n)); err != nil {
			return pruned, err
		}
		pruned = append(pruned, n)
	}
	return pruned, nil
}

// removeGeneration takes the name from a generation first: half of one is none.
func removeGeneration(gens *fsys.Dir, n generation) error {
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

// unlockView is needed because the view outlives the command.
func (g Generations) unlockView() { _ = g.view.Unlock() }

// stageLink makes the link that activate puts in place. Repair completes that if it
// finds the link.
func (g Generations) stageLink(gens *fsys.Dir, n generation) error {
	return g.write.Step("stage flip", func() error { return gens.Symlink(n.path(), nameStaged) })
}

// activate shows the generation whose link is staged: one rename.
func (g Generations) activate(gens *fsys.Dir) error {
	if err := g.write.Step("flip", func() error { return gens.Rename(nameStaged, g.view, nameCurrent) }); err != nil {
		return err
	}
	return g.write.Sync(g.view)
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
