package stow

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/stow/abi"
	"converge/internal/stow/control"
	"converge/internal/stow/impact"
	"converge/internal/stow/versiondir"
	"converge/internal/stow/views"
)

// refuseBroken refuses switches to versions that lack what installed packages link to, and removals of what they link
// to. It assesses packages that are also switched in their new versions.
func (view *farmView) refuseBroken(ctx context.Context, items []*item) error {
	var switches []impact.Switch
	switched := map[string]*item{}
	for _, it := range items {
		now := it.found
		if it.hasPart() && !it.request.broken && now.state.Installed != "" && now.goal != now.state.Installed {
			switches = append(switches, impact.Switch{Package: it.request.name, From: now.state.Installed, To: now.goal})
			switched[it.request.name] = it
		}
	}
	if len(switches) == 0 {
		return nil
	}
	shown, err := views.Shown(ctx, view.store)
	if err != nil {
		return err
	}
	for _, it := range items {
		if it.hasPart() {
			shown[it.request.name] = it.found.goal // "" if it is removed
		}
	}
	assessor := impact.Assessor{
		Store:  control.Store{Disk: control.OnDisk(view.p.fs), Dir: view.at.stow},
		Notice: func(err error) { view.p.notice(err.Error()) },
	}
	broken, err := assessor.Broken(ctx, switches, shown)
	for _, e := range broken {
		switched[e.FOO].err = brokenError(e)
	}
	return err
}

// brokenError lists the packages that would have to be rebuilt.
func brokenError(e *abi.BrokenError) error {
	var who []string
	for _, f := range e.Effects {
		who = append(who, f.Summary())
	}
	if e.To == "" {
		return fmt.Errorf("cannot unstow %s %s: others link to it (ensure = \"absent\" with accept_broken = true unstows it nevertheless):\n%s",
			e.FOO, versiondir.VersionName(e.From), strings.Join(who, "\n"))
	}
	return fmt.Errorf("cannot switch %s %s → %s: it lacks what others link to, which would have to be rebuilt "+
		"(accept_broken = true switches nevertheless):\n%s", e.FOO, versiondir.VersionName(e.From), versiondir.VersionName(e.To), strings.Join(who, "\n"))
}
