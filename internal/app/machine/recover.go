package machine

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/providers/archives"
	"converge/internal/resource"
)

// ClearLeftovers clears away the leftovers of killed runs, see the function.
func (m *Machine) ClearLeftovers(ctx context.Context) error {
	return ClearLeftovers(ctx, m.State, m.tree, m.Sinks.Emit)
}

// ClearLeftovers clears away the leftovers of killed runs, and reports them. A leftover
// that cannot be cleared away does not stop the run; the next run tries again.
func ClearLeftovers(ctx context.Context, state *journal.State, tree *fsys.FS, emit func(event.Event)) error {
	var left []string
	if before := state.Leftovers(); len(before) > 0 {
		if _, err := sweepStaged(ctx, tree, before, emit); err != nil {
			left = before
		}
	}
	for _, k := range state.Recovered() {
		removed, err := sweepStaged(ctx, tree, k.Dirs, emit)
		if err != nil {
			left = append(left, k.Dirs...)
		}
		emit(event.Event{Type: event.Recovered, Run: k.Run, Message: describeRecovered(k, removed)})
	}
	state.SetLeftovers(left)
	return ctx.Err()
}

// sweepStaged removes staged files in the directories, and warns of what it cannot
// remove.
func sweepStaged(ctx context.Context, tree *fsys.FS, dirs []string, emit func(event.Event)) (removed []string, err error) {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = resource.DecodeBytes(dir)
	}
	removed, err = tree.Sweep(ctx, names)
	if err != nil && ctx.Err() == nil {
		emit(event.Event{Type: event.Warning, Message: fmt.Sprintf("what a killed run left behind cannot be cleared away; it does no harm, and can be removed by hand: %v", err)})
	}
	return removed, err
}

// ForgetRuns removes what runs have kept in the tree for a rollback and the history has
// forgotten.
func ForgetRuns(ctx context.Context, tree *fsys.FS, stateDir string, runs []string) error {
	return archives.New(archives.Options{FS: tree, State: stateDir}).ForgetRuns(ctx, runs)
}

// describeRecovered describes the leftovers of a killed run, in one clause.
func describeRecovered(k journal.Killed, removed []string) string {
	var parts []string
	if n := len(k.Begun); n > 0 {
		parts = append(parts, formatCount(n, "change")+" not known to be finished, looked at again now")
	}
	if n := len(removed); n > 0 {
		parts = append(parts, formatCount(n, "staged file")+" removed")
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
