package stow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/stow/abi"
	"converge/internal/stow/control"
	"converge/internal/stow/impact"
	"converge/internal/stow/views"
)

// judge refuses switches to versions that lack what installed packages link
// to, and the removal of what they link to. Packages that are switched along are judged as they will be.
func (y *yard) judge(ctx context.Context, items []*item) error {
	var switches []impact.Switch
	switched := map[string]*item{}
	for _, it := range items {
		f := it.found
		if it.part() && !it.wish.broken && f.state.Installed != "" && f.goal != f.state.Installed {
			switches = append(switches, impact.Switch{Package: it.wish.name, From: f.state.Installed, To: f.goal})
			switched[it.wish.name] = it
		}
	}
	if len(switches) == 0 {
		return nil
	}
	shown, err := views.Shown(ctx, y.store)
	if err != nil {
		return err
	}
	for _, it := range items {
		if it.part() {
			shown[it.wish.name] = it.found.goal // "" if it goes
		}
	}
	assessor := impact.Assessor{
		Store: control.Store{Disk: control.OnDisk(y.p.fs), Dir: y.at.stow}, Host: y.p.fs.HostPath,
		Notice: func(err error) { y.p.notice(err.Error()) },
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
		why := make([]string, 0, maxTold)
		for _, r := range f.Reasons[:min(maxTold, len(f.Reasons))] {
			why = append(why, r.String())
		}
		who = append(who, f.Name+": "+strings.Join(why, "; "))
	}
	if e.To == "" {
		return fmt.Errorf("cannot unstow %s %s: others link to it (ensure = \"absent\" with accept_broken = true unstows it nevertheless):\n%s",
			e.FOO, control.ByName(e.From), strings.Join(who, "\n"))
	}
	return fmt.Errorf("cannot switch %s %s → %s: it lacks what others link to, which would have to be rebuilt "+
		"(accept_broken = true switches nevertheless):\n%s", e.FOO, control.ByName(e.From), control.ByName(e.To), strings.Join(who, "\n"))
}

// absent tells that there is nothing, or no directory.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) }
