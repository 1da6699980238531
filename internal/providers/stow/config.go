package stow

import (
	"context"
	"fmt"

	"converge/internal/stow/config"
	"converge/internal/stow/store"
	"converge/internal/stow/versiondir"
)

// isSwitch reports whether a request shows another version than the present one, or a first one.
func (now *status) isSwitch(req request) bool {
	return !req.isGone() && now.goal != "" && now.goal != now.state.Installed
}

// followConfig updates the :config of packages to the versions that will be shown next, and creates a missing :config
// (section 4.6 of the protocol). It does so before the links change, so that a run after any interruption still knows
// the version from which :config came. All targets of a store share :config: a view does not change it.
func (view *farmView) followConfig(ctx context.Context, items []*item) error {
	if view.store.IsView() {
		return nil
	}
	for _, it := range items {
		if it.found.state.Interrupted || it.request.isGone() || it.found.goal == "" {
			continue
		}
		if _, err := config.Ensure(ctx, view.store, it.request.name); err != nil {
			return fmt.Errorf("cannot make %s/%s: %w", it.request.name, store.Config, err)
		}
		if _, err := view.updateConfig(ctx, it.request, it.found, true); err != nil {
			return fmt.Errorf("cannot update %s/%s: %w", it.request.name, store.Config, err)
		}
	}
	return nil
}

// updateConfig returns what a switch does to the files of :config; if do is set, it does that too.
func (view *farmView) updateConfig(ctx context.Context, req request, now *status, do bool) ([]config.Change, error) {
	if !now.state.Config || now.state.Installed == "" || !now.isSwitch(req) || view.store.IsView() {
		return nil, nil
	}
	return config.Update(ctx, view.store, req.name, now.state.Installed, now.goal, do)
}

// noteConfig lists the effects of a switch on files of :config; it names the first ones.
func (view *farmView) noteConfig(ctx context.Context, req request, now *status) []string {
	changes, err := view.updateConfig(ctx, req, now, false)
	if err != nil {
		return []string{fmt.Sprintf("cannot tell what becomes of its %s: %v", store.Config, err)}
	}
	var notes []string
	to := versiondir.VersionName(now.goal)
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
