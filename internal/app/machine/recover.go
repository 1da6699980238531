package machine

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/providers/archives"
	"converge/internal/resource"
)

// ClearLeftovers removes the leftovers of killed runs, see the function.
func (m *Machine) ClearLeftovers(ctx context.Context) error {
	return ClearLeftovers(ctx, m.State, m.tree, m.Sinks.Emit)
}

// ClearLeftovers removes the leftovers of killed runs, and reports them. A leftover that it cannot remove does not
// stop the run; the next run tries again.
func ClearLeftovers(ctx context.Context, state *journal.State, tree *fsys.FS, emit func(event.Event)) error {
	var left []string
	if before := state.Leftovers(); len(before) > 0 {
		if _, err := sweepStaged(ctx, tree, before, emit); err != nil {
			left = before
		}
	}
	for _, k := range state.Recovered() {
		dirs := k.Dirs
		if slices.ContainsFunc(k.Begun, func(s journal.Step) bool { return strings.HasPrefix(s.Key, "service:") }) {
			dirs = append(slices.Clone(dirs), ownUnits)
		}
		removed, err := sweepStaged(ctx, tree, dirs, emit)
		if err != nil {
			left = append(left, dirs...)
		}
		emit(event.Event{Type: event.Recovered, Run: k.Run, Message: describeRecovered(k, removed, tidyFolders(ctx, state, tree, emit))})
	}
	state.SetLeftovers(left)
	return ctx.Err()
}

// sweepStaged removes staged files in the directories, and warns of those that it cannot remove.
func sweepStaged(ctx context.Context, tree *fsys.FS, dirs []string, emit func(event.Event)) (removed []string, err error) {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = resource.DecodeBytes(dir)
	}
	names = append(names, findLinkFolders(tree, names)...)
	removed, err = tree.Sweep(ctx, names)
	if err != nil && ctx.Err() == nil {
		emit(event.Event{Type: event.Warning, Message: fmt.Sprintf("what a killed run left behind cannot be cleared away; it does no harm, and can be removed by hand: %v", err)})
	}
	return removed, err
}

// tidyFolders removes the folders that a killed run made for something that it then did not make.
func tidyFolders(ctx context.Context, state *journal.State, tree *fsys.FS, emit func(event.Event)) []string {
	var dirs []string
	for dir, note := range state.Makings().List() {
		if fsys.IsFolderNote(note) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	slices.Reverse(dirs) // the contents of a folder before it
	removed, err := tree.TidyFolders(ctx, "recover", dirs...)
	if err != nil && ctx.Err() == nil {
		emit(event.Event{Type: event.Warning, Message: fmt.Sprintf("an empty folder that a killed run made cannot be removed; it does no harm, and can be removed by hand: %v", err)})
	}
	return removed
}

// ForgetRuns removes what forgotten runs had kept in the tree for a rollback.
func ForgetRuns(ctx context.Context, tree *fsys.FS, stateDir string, runs []string) error {
	return archives.New(archives.Options{FS: tree, State: stateDir}).ForgetRuns(ctx, runs)
}

// ownUnits is the folder of the host's own unit files.
const ownUnits = "/etc/systemd/system"

// findLinkFolders returns the folders of links that start services at boot, if the folders to sweep concern units:
// NAME.wants of systemd, rcN.d of sysvinit and runlevels of OpenRC.
func findLinkFolders(tree *fsys.FS, dirs []string) (out []string) {
	if !slices.ContainsFunc(dirs, func(dir string) bool { return dir == ownUnits || strings.HasPrefix(dir, ownUnits+"/") }) {
		return nil
	}
	for _, in := range []struct{ dir, pattern string }{
		{ownUnits, "*.wants"}, {ownUnits, "*.requires"}, {ownUnits, "*.upholds"}, {"/etc", "rc?.d"}, {"/etc/runlevels", "*"},
	} {
		names, err := tree.Names(in.dir)
		if err != nil {
			continue // it is missing, or the sweep of the folder itself reports it
		}
		for _, name := range names {
			if match, err := path.Match(in.pattern, name); match && err == nil {
				out = append(out, path.Join(in.dir, name))
			}
		}
	}
	return out
}

// describeRecovered describes the leftovers of a killed run, in one clause.
func describeRecovered(k journal.Killed, removed, folders []string) string {
	var parts []string
	if n := len(k.Begun); n > 0 {
		parts = append(parts, formatCount(n, "change")+" not known to be finished, looked at again now")
	}
	if n := len(removed); n > 0 {
		parts = append(parts, formatCount(n, "staged file")+" removed")
	}
	if n := len(folders); n > 0 {
		parts = append(parts, formatCount(n, "empty folder")+" removed")
	}
	if len(parts) == 0 {
		return "it left nothing unfinished"
	}
	return strings.Join(parts, "; ")
}

func formatCount(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
