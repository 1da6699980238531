package engine

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// takesActions reports whether a resource may be notified: a resource that is disabled or only audited owes nothing.
func takesActions(res *resource.Resource) bool { return res.IsEnforced() }

// fileAudited records what was observed of an audited resource. The step has no change, so that nothing waits for one.
// A resource without the thing that would contain it counts as absent.
func (s *step) fileAudited(res *resource.Resource, have cty.Value, err error) {
	s.unseen = err
	if have == cty.NilVal {
		have = resource.Absent
	}
	differs := resource.Diff(res, have)
	s.remark().differs = &differs
	s.setPlan(resource.Change{Addr: res.Addr, Action: resource.None, Have: differs.Have, Want: differs.Want})
}

// isCompared reports whether an audited resource could be compared with its declaration.
func (s *step) isCompared() bool {
	return s.unseen == nil || errors.Is(s.unseen, resource.ErrMissing) || errors.Is(s.unseen, resource.ErrNoPlace)
}

// isDifferent reports whether an audited resource differs from its declaration, or may differ.
func (s *step) isDifferent() bool { return !s.isCompared() || !s.notable().differs.Empty() }

// reportAudited reports in a plan how an audited resource differs.
func (r *planReporter) reportAudited(i int) {
	s, res := &r.steps[i], r.Resources[i]
	r.counts.Resources += one(i < r.declared)
	if !s.isDifferent() && !r.o.Unchanged && !s.tentative {
		return
	}
	e := r.auditEvent(event.Planned, s)
	if s.tentative {
		e.Tentative, e.Causes = true, r.pendingBefore(i)
	}
	r.emit(res, e)
}

// auditEvent counts an audited resource if it differs, and returns the event about it. A resource that cannot be
// compared is counted separately and has not failed, because nothing was to be changed.
func (r *reporter) auditEvent(t event.Type, s *step) event.Event {
	e := event.Event{Type: t, Action: string(s.notable().differs.Action), Changes: event.Attrs(*s.notable().differs), Audit: true}
	switch {
	case s.unseen == nil, s.behind && t == event.Planned: // something pending may add what it lacks
	case s.isCompared():
		e.Notes = []string{r.oneLine(s.unseen)}
	default:
		e.Action, e.Changes, e.Error = string(resource.None), nil, r.Scrub(s.unseen.Error())
	}
	if e.Error != "" {
		r.counts.Unobserved++
	} else {
		r.counts.Audited += one(s.isDifferent())
	}
	return e
}

// auditor reports at the end of a run how audited resources differ.
type auditor struct{ *planGuard }

// observeAll observes the audited resources once more, if the run had an effect. An interrupted run keeps the
// observation of its plan.
func (r auditor) observeAll(ctx context.Context) {
	if r.effects == 0 || r.interrupted(ctx) {
		return
	}
	var which []int
	for _, i := range r.order {
		if s := &r.steps[i]; s.state == audited {
			if err := r.refresh(i); err != nil {
				s.fileAudited(r.Resources[i], cty.NilVal, err)
				continue
			}
			which = append(which, i)
		}
	}
	observeAll(ctx, r.Resources, which, func(i int, have cty.Value, err error) {
		if ctx.Err() == nil { // otherwise it may have been cut short
			r.steps[i].fileAudited(r.Resources[i], have, err)
		}
	})
}

// conclude reports how the resources differ.
func (r auditor) conclude(ctx context.Context) {
	r.observeAll(ctx)
	for _, i := range r.order {
		s, res := &r.steps[i], r.Resources[i]
		if s.state == audited && s.isDifferent() {
			r.emit(res, r.auditEvent(event.Audited, s))
		}
	}
}
