package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// noteFollowers notes in a plan how followers will react to a change at the end of the run.
func (r *planner) noteFollowers(ctx context.Context, s *step) {
	for _, f := range r.Machine.Followers {
		if v, ok := f.(resource.Reviewer); ok {
			s.note(v.Review(ctx, s.plan(), resource.Outlook{Ask: resource.AskFollower}).Notes...)
		}
	}
}

// noteLacking notes that a resource needs a unit or an account that does not exist, if something before it may add it.
func (r *planner) noteLacking(ctx context.Context, i int) {
	s, res := &r.steps[i], r.Resources[i]
	if s.notable().unsolved == "" && r.lacksPart(i) && !r.partWillCome(i, nil) {
		s.remark().unsolved = r.oneLine(resource.Advise(s.unseen, "")) + ": something before it may bring it"
	}
	if !s.open || s.notable().unsolved != "" || s.notable().lacks != "" || r.o.Lacks == nil {
		return
	}
	for _, n := range res.Links().Needs {
		if r.o.Lacks(ctx, n.Key) {
			s.remark().unsolved = lackOf(n.Key) + ": something before it may bring it"
			return
		}
	}
}

// annotate collects the providers' reviews of their changes: certain failures, and notes. A resource that depends on a
// certain failure is skipped, so it gets none.
func (r *planner) annotate(ctx context.Context) {
	r.collectExpected()
	lost := map[int]int{}
	brings := false // something pending may add what no resource provides
	for _, i := range r.order {
		s := &r.steps[i]
		_, behind := r.behindLost(i, lost)
		if s.state.idle() || s.err != nil || behind {
			if behind || s.err != nil && r.Resources[i].OnFailure != resource.FailContinue {
				lost[i] = i
			}
			continue
		}
		s.note(r.o.Remarks[r.Resources[i].Addr]...)
		if s.needsNothing() {
			r.noteOwner(ctx, i)
			continue
		}
		found := r.reviewStep(ctx, i, s.plan())
		s.err = found.Blocked
		takes := taken{found.Removes, found.Leaves, found.Hides}
		if s.err != nil && !takes.isEmpty() { // the error that something inside is protected says more
			s.err = cmp.Or(r.refuseProtected(ctx, i, s.plan(), takes), s.err)
		}
		if brings && errors.Is(s.err, resource.ErrMissing) {
			s.note(r.oneLine(resource.Advise(s.err, "")) + ": it fails unless something before it brings that")
			s.err = nil
		}
		if s.err != nil {
			s.foreseen = true
			if r.Resources[i].OnFailure != resource.FailContinue {
				lost[i] = i
			}
			continue
		}
		brings = brings || r.Resources[i].Kind.Opaque
		s.setRemoves(found.Removes)
		if s.err = r.refuseProtected(ctx, i, s.plan(), takes); s.err != nil {
			if r.Resources[i].OnFailure != resource.FailContinue {
				lost[i] = i
			}
			continue
		}
		if o := r.orphanAt[i]; o != nil && o.afterParts { // a change of its parts is no edit
			found.Notes = []string{"unless it was changed besides its parts"}
		}
		s.note(found.Notes...)
		s.setLasting(found.Lasting, found.Loses)
		r.noteFollowers(ctx, s)
		r.noteLacking(ctx, i)
	}
}

// noteOwner adds to the plan the owner of a thing that another tool holds, and the notes on a thing that needs
// nothing.
func (r *planner) noteOwner(ctx context.Context, i int) {
	s := &r.steps[i]
	found := r.reviewStep(ctx, i, s.plan())
	if found.Owner != "" {
		s.note(found.Owner)
		s.alone = true
	}
	s.note(found.Notes...)
}

// collectExpected collects the forecasts of each provider, for its reviews.
func (r *planner) collectExpected() {
	steps := map[resource.Provider][]int{}
	var made []string
	for _, i := range r.order {
		if s := &r.steps[i]; s.state.idle() || s.err != nil || s.needsNothing() {
			continue
		}
		p := r.Resources[i].Provider()
		steps[p] = append(steps[p], i)
		made = append(made, r.madeBesides(i)...)
	}
	r.forecasts = make(map[resource.Provider]*resource.Expected, len(steps))
	for p, of := range steps {
		e := &resource.Expected{Changes: gatherPlans(r.plan, p, of), Made: made, Gone: r.goneAlong}
		e.Ready = e.Changes
		if ready := listReady(r.steps, of); len(ready) < len(of) {
			e.Ready = listPlans(r.steps, ready)
		}
		r.forecasts[p] = e
	}
}

// listPlans lists the forecasts of some steps.
func listPlans(steps []step, which []int) []resource.Change {
	out := make([]resource.Change, len(which))
	for k, i := range which {
		out[k] = steps[i].plan()
	}
	return out
}

// listReady lists the steps, of those given, that wait for nothing pending.
func listReady(steps []step, which []int) (ready []int) {
	for _, i := range which {
		if !steps[i].behind {
			ready = append(ready, i)
		}
	}
	return ready
}

// madeBesides are the paths that a change makes in addition to its own thing: the home of a new user, or the new place
// of a moved home.
func (r *planner) madeBesides(i int) (made []string) {
	s, k := &r.steps[i], r.Resources[i].Kind
	if k.Links == nil || s.action() != resource.Create && s.action() != resource.Update {
		return nil
	}
	var there []string
	if !s.plan().Have.IsNull() {
		there = k.Links(s.plan().Have).Before
	}
	for _, key := range r.Resources[i].Links().Before {
		if p, ok := strings.CutPrefix(key, assembly.PathKey); ok && !slices.Contains(there, key) {
			made = append(made, p)
		}
	}
	return made
}
