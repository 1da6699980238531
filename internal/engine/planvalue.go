package engine

import (
	"context"

	"converge/internal/event"
	"converge/internal/resource"
)

// Planned is the forecast of a run.
type Planned struct {
	Counts event.Counts

	digest func(ctx context.Context, path string) (string, error)
	plan   *plan
}

// plan is what a planner has determined for a site, one step for each resource. An Apply follows it, and notes its
// progress in the steps.
type plan struct {
	*site
	steps   []step
	also    []sideEffect
	orphans []orphanStep
	adviser *adviser // nil: nothing needed advice yet

	unreviewed *Unreviewed // more orphans; nil: none

	protected protection
	orphanAt  map[int]*orphanStep // by their nodes
	goneAlong []string            // paths that are removed with pruned things
	probedBy  map[int][]int       // probes that come after a resource, directly or not
	probes    []int
	postponed []int                                    // orphans to be removed, and the things that end with them
	gathered  map[resource.Provider][]resource.Change  // see gatherPlans
	forecasts map[resource.Provider]*resource.Expected // the forecast of each provider
}

// step is what the engine knows of one resource.
type step struct {
	stepPlan
	remarks *remarks // nil: there are none
	unseen  error    // why it could not be observed
	err     error    // it failed before its turn: unseen, refused or foreseen, and nothing pending may help
	seen    int      // generation of the last observation, see progress.generation; unseen: observe again
	made    int      // the number of the effect that changed it, in the order of the run

	kept      bool // it is refused because it was changed after the run that is taken back
	tolerant  bool // it will fail, and counts for nothing: on_failure is "continue"
	foreseen  bool // err is the provider's forecast for the present state
	behind    bool // something before it is pending
	freed     bool // a pending change may remove the obstacle: a service is stopped, a command does anything
	afterActs bool // an action or a check that a pending change makes due may run before it
	tentative bool // a pending prerequisite alters its observation (see Kind.Moves), so the forecast may be incomplete
	open      bool // a pending prerequisite is opaque, so nothing is certain
	state     state
	moved     bool // a change before it has altered its observation
	turned    bool // that has replaced it: a link on the way to it leads elsewhere
	acted     bool // it was changed, or its action ran, in the second pass
	left      bool // it was to be removed, and cannot be
	alone     bool // it needs nothing, because its provider leaves it to another owner
	derives   bool // programs of the machine may generate a unit from it
	solved    bool // the plan is its solver's answer, or the solver refused it
	deferred  bool // it waits for a resource that is unfinished
	again     bool // it was as declared or had been made so, and was altered since
}

// unseen is the generation of a resource after an action: it may have changed.
const unseen = -1

type state int8

const (
	waiting   state = iota
	untouched       // as declared, or not part of this run
	changed         // made as declared by this run
	tolerated       // failed, with on_failure = "continue"
	failed
	skipped
	off        // not part of this run
	notifyOnly // not to be changed by it, but to be notified
	unfinished // in place, but its own script has failed; tried again when others have changed
	audited    // compared, and never changed
	postponed  // no longer declared; removed when everything declared is right
)

// idle reports whether a step changes nothing, for any observation.
func (s state) idle() bool { return s == off || s == notifyOnly || s == audited || s == postponed }

// sideEffect is a solver's forecast of its transaction's effect on something undeclared.
type sideEffect struct {
	change resource.Change
	by     resource.Provider
	made   bool
}

// orphanStep is the decision on one thing that nothing declares any more.
type orphanStep struct {
	Orphan
	res    *resource.Resource // the same thing, declared absent or as it was
	made   *resource.Resource // the same thing as converge left it; nil: only its content is known
	change resource.Change
	node   int // index among the run's resources; -1: it will not be removed

	release bool  // converge no longer manages it
	heirs   []int // indexes of the declared resources for which it makes room
	heir    int   // index + 1 of the resource that takes it over once that is made; 0: none
	letGo   bool  // it belongs to other sites alone

	afterParts bool // it is a file that is removed after its parts, and differs from what converge wrote until then
	along      bool // it is removed with a purged directory, and counted with that
	kept       bool // the run prunes, and only protect keeps it
	note       string
	failure    string // why it cannot be removed or put back though it may be; "": nothing prevents that, or it is to stay
	spared     string // what was changed since converge wrote it, and stays when the rest is removed

	goes []string // the resource that purges it although it is forgotten
}

// leftAlone begins the note of an orphan that cannot be removed for now.
const leftAlone = "left alone"

// leaveFailed leaves an orphan alone that should be removed and cannot be. A requested prune has failed then.
func (s *orphanStep) leaveFailed(why string) {
	s.note, s.failure = leftAlone+": "+why, why
}

// action is what prune does with an orphan.
func (s *orphanStep) action() string {
	if s.change.Action == "" {
		return string(resource.Delete)
	}
	return string(s.change.Action)
}

// removable reports whether an orphan is to be removed, as far as is known yet.
func (s *orphanStep) removable() bool {
	return s.res != nil && !s.release && !s.letGo && s.note == ""
}

// awaitsPrune reports whether --prune would remove an orphan or put it back.
func (s *orphanStep) awaitsPrune() bool { return s.note == notePrune || s.note == notePutBack }

// thingAddr names an orphan by its kind and its thing.
func thingAddr(o Orphan) resource.Addr { return resource.Addr{Kind: o.Addr.Kind, Name: o.ID} }

// allowed is what the plan has shown: a provider must not do more.
func (r *plan) allowed() resource.Forecast {
	var f resource.Forecast
	for _, e := range r.also {
		f.Also = append(f.Also, e.change)
	}
	var of []int
	for _, i := range r.order {
		if s := &r.steps[i]; (!s.state.idle() || s.state == postponed) && !s.needsNothing() {
			of = append(of, i)
		}
	}
	if len(of) > 0 {
		f.Changes = listPlans(r.steps, of)
	}
	return f
}

// mayBeMended reports whether a pending resource before a target, other than one that notifies it, may provide what
// the target lacks.
func (r *plan) mayBeMended(i int) bool {
	for e := range r.Graph.Before(i) {
		s := &r.steps[e.From]
		if (s.behind || !s.needsNothing()) && !e.Reason.Notice || moves(r.Resources[e.From], s.plan()) {
			return true
		}
	}
	return false
}

// pendingBefore names the pending resources that make a forecast tentative.
func (r *plan) pendingBefore(i int) []string {
	var out []string
	named := map[resource.Addr]bool{}
	for e := range r.Graph.Before(i) {
		s, from := &r.steps[e.From], r.Resources[e.From]
		waits := !s.needsNothing() && (asks(r.Resources[i]) || r.steps[i].notable().lacks != "")
		if s.state == off || s.state == audited || s.err != nil || !s.tentative && !moves(from, s.plan()) && !waits {
			continue
		}
		if !named[from.Addr] {
			named[from.Addr] = true
			out = append(out, from.Addr.String())
		}
	}
	return out
}

// hasLeftBefore reports whether something stays that should have been removed before i.
func (r *plan) hasLeftBefore(i int) bool {
	for e := range r.Graph.Before(i) {
		if r.steps[e.From].left && !e.Reason.Guess {
			return true
		}
	}
	return false
}

// moves reports whether a change alters the observations of later resources.
func moves(res *resource.Resource, c resource.Change) bool {
	if res.Kind.Moves != nil {
		return !c.Empty() && res.Kind.Moves(c)
	}
	return !c.Empty() && res.Kind.Opaque
}

// asks reports whether any earlier change may alter the observation of a resource.
func asks(res *resource.Resource) bool { return res.Kind.Asks != nil && res.Kind.Asks(res.Want) }

// markPostponed marks the postponed resources by their index.
func (r *plan) markPostponed() []bool {
	late := make([]bool, len(r.steps))
	for _, i := range r.postponed {
		late[i] = true
	}
	return late
}

// reviewStep asks for the forecast of a step's change c.
func (r *plan) reviewStep(ctx context.Context, i int, c resource.Change) resource.Review {
	s, res := &r.steps[i], r.Resources[i]
	o := resource.Outlook{Expected: r.forecasts[res.Provider()], AfterActs: s.afterActs}
	switch {
	case s.behind && s.tentative:
		o.Pending = resource.UnknownPending
	case s.behind:
		o.Pending = resource.KnownPending
	}
	return review(ctx, res, c, o)
}
