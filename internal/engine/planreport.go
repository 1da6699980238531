package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// planReporter reports a plan: its steps, its decisions on orphans, and the actions that an Apply would deliver.
type planReporter struct {
	*plan
	*reporter
	*debtTargets

	rootCause map[int]int // step that will be skipped or fail → the failed step at the root of it

	lost []lasting // changes that a rollback could not take back; nil: not determined yet
}

// forecastActions reports which actions an Apply would deliver: debts of earlier runs, and debts of the forecast
// changes.
func (r *planReporter) forecastActions(ctx context.Context) {
	q := notify.Queue{}
	lost := r.takeOver(&q)
	timing, asked := map[notify.Owner]resource.Timing{}, map[int]int{}
	visited := map[int]bool{}
	for range 2 { // a target of a removal may come before it, and is found in the second round
		for _, i := range r.order {
			if visited[i] || !r.isToNotify(i, &q) {
				continue
			}
			visited[i] = true
			r.requestsOf(i, func(n resource.Notify) {
				target := r.Resources[r.at.of(n.Target)]
				if !takesActions(target) {
					return
				}
				if n.When == resource.Before {
					r.forecastBefore(i, n)
					return
				}
				if at := r.at.of(n.Target); r.isProbe(at) && n.When == resource.Delayed {
					if asked[at]++; asked[at] > maxCarriers {
						return
					}
				}
				q.Add(notify.Debt{Target: n.Target, Thing: target.Key, Verb: n.Verb, Cause: r.Resources[i].Addr}, target.Kind.Rank(n.Verb))
				if n.When == resource.Immediately {
					timing[ownerOf(target)] = resource.Immediately
				}
			})
		}
	}
	r.forecastEnds(ctx, &q, timing)
	clear(asked)
	for _, e := range q.Entries() {
		if i, declared := r.resourceOf(e.Owner); declared && r.isProbe(i) && r.steps[i].state != off {
			r.forecastProbe(ctx, i, e, &q)
			asked[i]++
			continue
		}
		if !r.forecastTakenBack(ctx, e) {
			r.forecastEntry(ctx, e, timing[e.Owner])
		}
	}
	for _, i := range r.order {
		if asked[i] == 0 && r.isProbe(i) && r.recurs(i) && !r.steps[i].state.idle() {
			r.forecastProbe(ctx, i, notify.Entry{}, &q)
		}
	}
	for _, d := range lost {
		r.emitDropped(d)
	}
}

// isToNotify reports whether a step will be changed, or acted on because of q, and so raises its notifications.
// Everything that notifies a declared resource comes before it.
func (r *planReporter) isToNotify(i int, q *notify.Queue) bool {
	s := &r.steps[i]
	if _, lost := r.rootCause[i]; lost || s.state == off || s.state == postponed || s.err != nil {
		return false
	}
	_, told := q.Get(ownerOf(r.Resources[i]))
	return told || !s.needsNothing() && !r.isQuiet(i, s.plan())
}

// reportOrphans reports the decisions on the orphans.
func (r *planReporter) reportOrphans() {
	defer r.reportUnreviewed()
	for i := range r.orphans {
		s := &r.orphans[i]
		if s.release && s.note == "" {
			continue // it no longer exists: nothing to report
		}
		e := event.Event{
			Type: event.Orphaned, Time: r.Now().Wall, Resource: thingAddr(s.Orphan).String(), Kind: s.Addr.Kind,
			Action: string(resource.None), Message: s.ID,
		}
		if s.note != "" {
			e.Notes = []string{s.note}
		}
		if s.spared != "" && (s.node >= 0 || s.awaitsPrune()) {
			e.Notes = append(e.Notes, s.spared)
		}
		if s.kept {
			e.Protected = s.Protected
		}
		r.counts.Failed += one(s.failure != "" && r.o.Prune)
		if s.node >= 0 && r.steps[s.node].state == postponed {
			e.Notes = []string{"no longer declared; stays for now, because something else fails"}
		} else if s.node >= 0 {
			c := r.steps[s.node].plan()
			e.Resource, e.Action, e.Changes = c.Addr.String(), string(c.Action), event.Attrs(c)
			e.Notes = append(e.Notes, c.Notes...)
			if s.Undoes != "" {
				r.warn(fmt.Sprintf("%s is not declared any more; without it, %s is not as it was declared, and its site would have it so again", c.Addr, s.Undoes))
			}
			if !s.along {
				r.count(c.Action)
			}
		}
		r.Events.Emit(e)
	}
}

// postponeIfFailing removes nothing in a plan with a known failure, as a run would not either.
func (r *planReporter) postponeIfFailing() {
	failing := slices.ContainsFunc(r.steps[:r.declared], func(s step) bool { return !s.state.idle() && s.err != nil })
	for _, i := range r.postponed {
		if s := &r.steps[i]; failing && s.state == waiting && i >= r.declared {
			s.state = postponed
			r.rootCause[i] = i
		}
	}
}

// reportPlan reports the plan and sums it up.
func (r *planReporter) reportPlan(ctx context.Context) event.Counts {
	r.postponeIfFailing()
	lost := r.rootCause // as in a run, but of failures known before it
	for _, i := range r.order {
		s := &r.steps[i]
		root, behind := r.behindLost(i, lost)
		if behind && s.err != nil && r.steps[root].state == postponed {
			behind = false // such a failure is why nothing is removed
		}
		switch {
		case s.state == audited:
			r.reportAudited(i)
			continue
		case s.state.idle(), r.orphanAt[i] != nil:
			continue
		case behind:
			lost[i] = root
			r.counts.Skipped++
			r.emit(r.Resources[i], event.Event{Type: event.Skipped, Causes: []string{r.Resources[root].Addr.String()}})
		case s.err != nil:
			e := event.Event{Type: event.Failed, Error: r.Scrub(adviserOf(r.plan).advise(i, s.err).Error()), Root: r.Machine.needsRoot(s.err)}
			if r.Resources[i].OnFailure == resource.FailContinue {
				e.Notes = []string{noteTolerated}
				s.tolerant = true
				r.counts.Tolerated++
			} else {
				lost[i] = i
				r.counts.Failed++
			}
			r.emit(r.Resources[i], e)
		case !s.needsNothing() || r.o.Unchanged || s.tentative || len(s.notes()) > 0:
			r.count(s.action())
			r.counts.Removes += len(s.notable().removes)
			r.emitPlanned(i)
		}
		r.counts.Resources += one(i < r.declared)
		r.counts.Left += one(i < r.declared && s.alone)
	}
	for _, e := range r.also {
		c := e.change
		r.emitOf(c.Addr, event.Event{Type: event.Forecast, Action: string(c.Action), Changes: event.Attrs(c), Notes: c.Notes})
	}
	r.warnUnprivileged()
	r.counts.Also = len(r.also)
	r.counts.Off = r.countOff()
	r.reportOrphans()
	r.forecastActions(ctx)
	counts := r.counts
	r.Events.Emit(event.Event{Type: event.PlanFinished, Time: r.Now().Wall, Counts: &counts})
	return counts
}

// emitPlanned reports the planned change of a step.
func (r *planReporter) emitPlanned(i int) {
	s := &r.steps[i]
	e := event.Event{Type: event.Planned, Action: string(s.action()), Notes: s.notes(), Removes: s.notable().removes}
	if !r.o.Brief || s.action() == resource.None {
		e.Changes = event.Attrs(s.plan())
	}
	if s.tentative {
		e.Tentative, e.Causes = true, r.pendingBefore(i)
	}
	if unknown := cmp.Or(s.notable().unsolved, s.notable().lacks); s.behind && unknown != "" {
		e.Notes = append(slices.Clone(e.Notes), unknown)
	}
	r.emit(r.Resources[i], e)
}
