package page

import (
	"cmp"
	"slices"
	"time"

	"converge/internal/event"
	"converge/internal/view"
)

// maxSpans is how many spans the timeline has; the shortest are left out.
const maxSpans = 20

// span is a part of a run: from the end of the previous part to its own end.
type span struct {
	Name        string
	More        int // how many other changes ended with it: they were made together
	ID          string
	Took        string
	Left, Width float64 // in percent of the run
}

// listTimes returns the longest parts of a run, in chronological order. It leaves out parts of unknown length (a killed
// change has no end).
func listTimes(r view.RunDetail) []span {
	if r.Ended == nil || !r.Ended.After(r.Started) {
		return nil
	}
	at := indexChanges(r)
	steps := slices.DeleteFunc(append(slices.Clone(r.Changes), r.Notified...), func(e event.Event) bool { return e.Time.IsZero() })
	slices.SortStableFunc(steps, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	type part struct {
		span
		took time.Duration
	}
	var parts []part
	whole, before := r.Ended.Sub(r.Started), r.Started
	for _, e := range steps {
		if e.Time.Equal(before) && len(parts) > 0 {
			parts[len(parts)-1].More++
			continue
		}
		if e.Time.Before(before) || e.Time.After(*r.Ended) {
			continue // the clock was set
		}
		name := e.Resource
		if e.Verb != "" {
			name += " " + e.Verb
		}
		d := e.Time.Sub(before)
		parts = append(parts, part{span{
			Name: name, ID: at[e.Resource], Took: took(d),
			Left: percent(before.Sub(r.Started), whole), Width: max(percent(d, whole), 0.3),
		}, d})
		before = e.Time
	}
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(parts[b].took, parts[a].took) })
	order = order[:min(len(order), maxSpans)]
	slices.Sort(order)
	out := make([]span, len(order))
	for k, i := range order {
		out[k] = parts[i].span
	}
	return out
}

func percent(part, whole time.Duration) float64 {
	return float64(part) / float64(whole) * 100
}
