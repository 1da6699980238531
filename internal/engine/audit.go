package engine

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// takesActions reports whether a resource may be notified: one that is switched off,
// or only audited, owes nothing.
func takesActions(res *resource.Resource) bool { return !res.Off && !res.Audit }

// fileAudited files what was observed of an audited resource. The step has no
// change, so that nothing waits for one.
func (s *step) fileAudited(res *resource.Resource, have cty.Value) {
	s.differs = resource.Diff(res, have)
	s.plan.Have, s.plan.Want = s.differs.Have, s.differs.Want
}

// reportAudited tells in a plan how an audited resource differs. A resource that cannot be
// observed has failed, unless something before it may bring what it lacks.
func (r *planReporter) reportAudited(i int) {
	s, res := &r.steps[i], r.Resources[i]
	r.counts.Resources += one(i < r.declared)
	if s.unseen != nil && !s.behind {
		r.reportUnseen(res, s.unseen)
		return
	}
	if s.differs.Empty() && !r.o.Unchanged && !s.tentative {
		return
	}
	e := r.auditEvent(event.Planned, s)
	if s.tentative {
		e.Tentative, e.Causes = true, r.pendingBefore(i)
	}
	r.emit(res, e)
}

// reportUnseen reports that an audited resource could not be observed.
func (r *reporter) reportUnseen(res *resource.Resource, err error) {
	e := event.Event{Type: event.Failed, Error: r.Scrub(err.Error())}
	if res.OnFailure == resource.FailContinue {
		e.Notes = []string{noteTolerated}
		r.counts.Tolerated++
	} else {
		r.counts.Failed++
	}
	r.emit(res, e)
}

// auditEvent counts an audited resource if it differs, and returns the event about it.
func (r *reporter) auditEvent(t event.Type, s *step) event.Event {
	r.counts.Audited += one(!s.differs.Empty())
	return event.Event{Type: t, Action: string(s.differs.Action), Changes: event.Attrs(s.differs), Audit: true}
}

// auditor tells at the end of a run how audited resources differ.
type auditor struct{ *planGuard }

// observeAll observes what is only audited once more, if the run had an effect.
// An interrupted run keeps what its plan has seen.
func (r auditor) observeAll(ctx context.Context) {
	if r.effects == 0 || r.interrupted(ctx) {
		return
	}
	var which []int
	for _, i := range r.order {
		if s := &r.steps[i]; s.state == audited {
			if s.unseen = r.refresh(i); s.unseen == nil {
				which = append(which, i)
			}
		}
	}
	observeAll(ctx, r.Resources, which, func(i int, have cty.Value, err error) {
		s := &r.steps[i]
		if s.unseen = err; err == nil {
			s.fileAudited(r.Resources[i], have)
		}
	})
}

// conclude reports how they differ.
func (r auditor) conclude(ctx context.Context) {
	r.observeAll(ctx)
	for _, i := range r.order {
		s, res := &r.steps[i], r.Resources[i]
		switch {
		case s.state != audited:
		case s.unseen != nil:
			r.reportUnseen(res, s.unseen)
			r.result.Proved = false
		case !s.differs.Empty():
			r.emit(res, r.auditEvent(event.Audited, s))
		}
	}
}
