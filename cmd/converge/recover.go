package main

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/resource"
)

// recover clears away the leftovers of killed runs, and reports them. A leftover
// that cannot be cleared away does not stop the run; the next run tries again.
func (s *session) recover(ctx context.Context) error {
	var left []string
	if before := s.state.Leftovers(); len(before) > 0 {
		if _, err := s.sweep(ctx, before); err != nil {
			left = before
		}
	}
	for _, k := range s.state.Recovered() {
		removed, err := s.sweep(ctx, k.Dirs)
		if err != nil {
			left = append(left, k.Dirs...)
		}
		s.sinks.Emit(event.Event{Type: event.Recovered, Run: k.Run, Message: recovered(k, removed)})
	}
	s.state.SetLeftovers(left)
	return ctx.Err()
}

// sweep removes staged files in the directories, and warns of what it cannot
// remove.
func (s *session) sweep(ctx context.Context, dirs []string) (removed []string, err error) {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = resource.DecodeBytes(dir)
	}
	removed, err = s.fs.Sweep(ctx, names)
	if err != nil && ctx.Err() == nil {
		s.tell(event.Warning)(fmt.Sprintf("what a killed run left behind cannot be cleared away; it does no harm, and can be removed by hand: %v", err))
	}
	return removed, err
}

// recovered describes the leftovers of a killed run, in one clause.
func recovered(k journal.Killed, removed []string) string {
	var parts []string
	if n := len(k.Begun); n > 0 {
		parts = append(parts, fmt.Sprintf("%s not known to be finished, looked at again now", counted(n, "change")))
	}
	if n := len(removed); n > 0 {
		parts = append(parts, counted(n, "staged file")+" removed")
	}
	if len(parts) == 0 {
		return "it left nothing unfinished"
	}
	return strings.Join(parts, "; ")
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
