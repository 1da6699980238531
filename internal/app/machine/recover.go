package machine

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/resource"
)

// ClearLeftovers clears away the leftovers of killed runs, see the function.
func (m *Machine) ClearLeftovers(ctx context.Context) error {
	return ClearLeftovers(ctx, m.state, m.tree, m.emit)
}

// ClearLeftovers clears away the leftovers of killed runs, and reports them. A leftover
// that cannot be cleared away does not stop the run; the next run tries again.
func ClearLeftovers(ctx context.Context, state *journal.State, tree *fsys.FS, emit func(event.Event)) error {
	return (&cleaner{state, tree, emit}).clearAll(ctx)
}

// cleaner clears away what killed runs left behind.
type cleaner struct {
	state *journal.State
	tree  *fsys.FS
	emit  func(event.Event)
}

func (c *cleaner) clearAll(ctx context.Context) error {
	var left []string
	if before := c.state.Leftovers(); len(before) > 0 {
		if _, err := c.sweepStaged(ctx, before); err != nil {
			left = before
		}
	}
	for _, k := range c.state.Recovered() {
		removed, err := c.sweepStaged(ctx, k.Dirs)
		if err != nil {
			left = append(left, k.Dirs...)
		}
		c.emit(event.Event{Type: event.Recovered, Run: k.Run, Message: describeRecovered(k, removed)})
	}
	c.state.SetLeftovers(left)
	return ctx.Err()
}

// sweepStaged removes staged files in the directories, and warns of what it cannot
// remove.
func (c *cleaner) sweepStaged(ctx context.Context, dirs []string) (removed []string, err error) {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = resource.DecodeBytes(dir)
	}
	removed, err = c.tree.Sweep(ctx, names)
	if err != nil && ctx.Err() == nil {
		c.emit(event.Event{Type: event.Warning, Message: fmt.Sprintf("what a killed run left behind cannot be cleared away; it does no harm, and can be removed by hand: %v", err)})
	}
	return removed, err
}

// describeRecovered describes the leftovers of a killed run, in one clause.
func describeRecovered(k journal.Killed, removed []string) string {
	var parts []string
	if n := len(k.Begun); n > 0 {
		parts = append(parts, fmt.Sprintf("%s not known to be finished, looked at again now", formatCount(n, "change")))
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
