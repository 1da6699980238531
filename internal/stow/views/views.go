package views

import (
	"context"
	"fmt"
	"slices"

	"converge/internal/stow/store"
)

// List lists the targets of a store other than its own: the registered ones, and those that it was opened with. A
// registered one may be on an unmounted disk; [Forget] is for those that will not come back.
func List(st *store.Store) ([]string, error) {
	views := st.NamedViews()
	if st.IsView() {
		views = append(views, st.Target().Path())
	}
	registered, err := st.RegisteredViews()
	if err != nil {
		return nil, err
	}
	views = append(views, registered...)
	slices.Sort(views)
	return slices.Compact(views), nil
}

// Forget removes a view from the registered ones, by its path. It is for deleted views: until then they count as showing
// the same as before. The error is [store.UsageError] if the view is not registered, or if it still exists and shows a
// package of the store.
func Forget(st *store.Store, view string) error {
	known, err := st.IsRegistered(view)
	if err != nil {
		return err
	}
	if !known {
		return &store.UsageError{Text: fmt.Sprintf("%s knows no view %s", st.Dir().Path(), view)}
	}
	uses, err := viewUses(st, view, "")
	if err == nil && len(uses) > 0 {
		return &store.UsageError{Text: fmt.Sprintf("%s shows %s/%s: unstow it there first", view, uses[0].Package, uses[0].Version)}
	}
	return st.UnregisterView(view)
}

// Shown returns the version of each package that the target shows, or its current generation if it has any.
func Shown(ctx context.Context, st *store.Store) (map[string]string, error) {
	if st.IsView() {
		if g, err := currentGeneration(st.Target()); err == nil && g != 0 {
			d, err := st.Target().OpenPath(g.path())
			if err != nil {
				return nil, err
			}
			defer d.Close()
			return st.LocationAt(d).ShownVersions(ctx)
		}
	}
	return st.ShownVersions(ctx)
}
