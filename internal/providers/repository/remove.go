package repository

import (
	"context"
	"slices"

	"converge/resources"
)

// remove removes a repository: its trusted keys, the lists that were fetched from it, and its files. The definition is
// removed last: after a kill, it still names the other files to be removed.
func (r *repositories) remove(ctx context.Context, have resources.RepositoryWant) error {
	if err := r.truster.distrust(ctx, have); err != nil {
		return err
	}
	keep, err := r.othersUseKey(have)
	if err != nil {
		return err
	}
	lists, err := r.listsOf(have)
	if err != nil {
		return err
	}
	g := r.begin()
	defer g.txn.Abort()
	for _, path := range lists {
		g.remove(path)
	}
	for _, path := range slices.Backward(have.Paths()) {
		if path != have.KeyPath() || !keep {
			g.remove(path)
		}
	}
	if have.Provider.Value == "pacman" && have.Definition != nil {
		if err := g.edit(have.DefinitionPath(), func(was []byte) []byte { return withoutSection(was, have.Name) }); err != nil {
			return err
		}
	}
	if err := g.commit(ctx); err != nil {
		return err
	}
	return r.tidyFolders(ctx, have)
}
