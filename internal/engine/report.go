package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"converge/internal/event"
	"converge/internal/graph"
	"converge/internal/resource"
)

// emit completes an event about resource i and sends it.
func (r *run) emit(i int, e event.Event) {
	res := r.Resources[i]
	e.Time = r.Now().Wall
	e.Resource, e.Kind = res.Addr.String(), res.Addr.Kind
	e.Place = place(res)
	if r.second {
		e.Pass = 2
	}
	r.Events.Emit(e)
}

// place is where a resource is declared, "" if nowhere.
func place(res *resource.Resource) string {
	if res.Range.Filename == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", res.Range.Filename, res.Range.Start.Line)
}

func (r *run) emitChange(i int, t event.Type, c resource.Change, took time.Duration) {
	e := event.Event{Type: t, Action: string(c.Action), Changes: event.Attrs(c), Notes: c.Notes, Elapsed: took}
	s := &r.steps[i]
	if t == event.Planned && s.tentative {
		e.Tentative, e.Causes = true, r.after(i)
	}
	if unknown := cmp.Or(s.unsolved, s.lacks); t == event.Planned && s.behind && unknown != "" {
		e.Notes = append(slices.Clone(e.Notes), unknown)
	}
	e.Removes = s.removes
	r.emit(i, e)
}

func (r *run) emitProgress(res *resource.Resource, verb string) {
	r.Events.Emit(event.Event{
		Type: event.Progress, Time: r.Now().Wall, Resource: res.Addr.String(), Kind: res.Addr.Kind, Verb: verb,
		Message: verb,
	})
}

// reportPlan tells the plan and sums it up.
func (r *run) reportPlan(ctx context.Context) event.Counts {
	r.postponeIfFailing()
	lost := r.blame // as in a run, but of what is known to fail before it
	for _, i := range r.order {
		s := &r.steps[i]
		root, behind := r.behindLost(i, lost)
		if behind && s.err != nil && r.steps[root].state == postponed {
			behind = false // it is for such a failure that nothing is removed
		}
		switch {
		case s.state.idle(), r.orphanAt[i] != nil:
			continue
		case behind:
			lost[i] = root
			r.counts.Skipped++
			r.emit(i, event.Event{Type: event.Skipped, Causes: []string{r.Resources[root].Addr.String()}})
		case s.err != nil:
			e := event.Event{Type: event.Failed, Error: r.scrub(s.err.Error())}
			if r.Resources[i].OnFailure == resource.FailContinue {
				e.Notes = []string{noteTolerated}
				s.tolerant = true
				r.counts.Tolerated++
			} else {
				lost[i] = i
				r.counts.Failed++
			}
			r.emit(i, e)
		case !s.plan.Empty() || r.Unchanged || s.tentative || len(s.plan.Notes) > 0:
			r.count(s.plan.Action)
			r.counts.Removes += len(s.removes)
			r.emitChange(i, event.Planned, s.plan, 0)
		}
		r.counts.Resources += one(i < r.declared)
		r.counts.Left += one(i < r.declared && s.alone)
	}
	for _, e := range r.also {
		c := e.change
		r.Events.Emit(event.Event{
			Type: event.Forecast, Time: r.Now().Wall, Resource: c.Addr.String(), Kind: c.Addr.Kind,
			Action: string(c.Action), Changes: event.Attrs(c), Notes: c.Notes,
		})
	}
	r.counts.Also = len(r.also)
	r.counts.Off = r.countOff()
	r.reportOrphans()
	r.forecastActions(ctx)
	counts := r.counts
	r.Events.Emit(event.Event{Type: event.PlanFinished, Time: r.Now().Wall, Counts: &counts})
	return counts
}

// behindLost reports whether a resource depends on one that has failed
// already, and which is at the root of it.
func (r *run) behindLost(i int, lost map[int]int) (root int, behind bool) {
	if len(lost) == 0 {
		return 0, false
	}
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		if at, ok := lost[e.From]; ok && !e.Reason.Guess {
			root, behind = at, true
		}
		return !behind
	})
	return root, behind
}

// countOff counts the declared resources that are switched off.
func (r *run) countOff() (n int) {
	for _, res := range r.Resources[:r.declared] {
		n += one(res.Off)
	}
	return n
}

func (r *run) count(a resource.Action) {
	switch a {
	case resource.Create:
		r.counts.Create++
	case resource.Update:
		r.counts.Update++
	case resource.Delete:
		r.counts.Delete++
	case resource.Run:
		r.counts.Run++
	case resource.None:
	}
}

// scrubbed is err with the site's secrets struck out; nil stays nil.
func scrubbed(r *run, err error) error {
	if err == nil {
		return nil
	}
	return errors.New(r.scrub(err.Error()))
}
