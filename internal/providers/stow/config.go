package stow

import (
	"context"
	"fmt"

	"converge/internal/stow/config"
	"converge/internal/stow/control"
	"converge/internal/stow/store"
)

// switches tells that a wish has another version shown than the one that is,
// or a first one.
func (f *finding) switches(w wish) bool {
	return !w.gone() && f.goal != "" && f.goal != f.state.Installed
}

// followConfig updates the :config of packages to the versions that are about to
// be shown, and creates :config where it is missing (section 4.6 of the
// protocol). This precedes the links, so that after any interruption a repeated
// run still knows the version that :config came from. All targets of a store
// share :config: a view does not change it.
func (y *yard) followConfig(ctx context.Context, items []*item) error {
	if y.store.IsView() {
		return nil
	}
	for _, it := range items {
		if it.found.state.Interrupted || it.wish.gone() || it.found.goal == "" {
			continue
		}
		if _, err := config.Ensure(ctx, y.store, it.wish.name); err != nil {
			return fmt.Errorf("cannot make %s/%s: %w", it.wish.name, store.Config, err)
		}
		if _, err := y.updateConfig(ctx, it.wish, it.found, true); err != nil {
			return fmt.Errorf("cannot update %s/%s: %w", it.wish.name, store.Config, err)
		}
	}
	return nil
}

// updateConfig tells what a switch does to the files of :config, and does it
// where that is wanted.
func (y *yard) updateConfig(ctx context.Context, w wish, f *finding, do bool) ([]config.Change, error) {
	if !f.state.Config || f.state.Installed == "" || !f.switches(w) || y.store.IsView() {
		return nil, nil
	}
	return config.Update(ctx, y.store, w.name, f.state.Installed, f.goal, do)
}

// configNotes lists the effects of a switch on files of :config, the first ones
// by name.
func (y *yard) configNotes(ctx context.Context, w wish, f *finding) []string {
	changes, err := y.updateConfig(ctx, w, f, false)
	if err != nil {
		return []string{fmt.Sprintf("cannot tell what becomes of its %s: %v", store.Config, err)}
	}
	var notes []string
	to := control.ByName(f.goal)
	for i, c := range changes {
		if i == maxTold {
			return append(notes, fmt.Sprintf("%d more files of its %s change", len(changes)-i, store.Config))
		}
		notes = append(notes, fmt.Sprintf("%s/%s %s", store.Config, c.Path, configWords(c.Verdict, to)))
	}
	return notes
}

func configWords(v config.Verdict, to string) string {
	switch v {
	case config.Take:
		return "becomes as " + to + " has it"
	case config.Discard:
		return "is removed: " + to + " has none"
	case config.Beside:
		return "was edited and stays; what " + to + " has is put beside it as .new"
	case config.Retire:
		return "was edited and becomes .old: " + to + " has none"
	case config.Stand:
		return "was edited and stays, and so does the .new or .old beside it: nothing is written over that"
	case config.Keep:
	}
	return "stays"
}
