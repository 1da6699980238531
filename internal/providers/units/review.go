package units

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/process"
	"converge/internal/resource"
)

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) resource.Review {
	if o.Ask != resource.AskForecast && o.Ask != resource.AskCheck || c.Empty() {
		return p.Files.Review(ctx, c, o)
	}
	plan := &plan{verdict: p.judgeBefore(o), changes: []resource.Change{c}, expected: o.Expected}
	if o.Ask == resource.AskForecast && o.Expected != nil {
		plan = resource.Index(o.Expected, newPlan(p.analyzer.judgePlanned))
	}
	o.Expected = plan.expected
	r := p.Files.Review(ctx, c, o)
	k, ok := candidateOf(c)
	if !ok || r.Blocked != nil {
		return p.noteRunning(c, r)
	}
	if r.Blocked = p.lookout.refuseUnstartable(o, k); r.Blocked != nil {
		return r
	}
	v := plan.judge(ctx)
	var counts func(line string) bool
	if o.Pending != resource.NothingPending { // the pending changes may mend the rest
		counts = k.isNamedIn
	}
	r.Blocked = v.refuse(k, counts)
	if v.unable != nil && r.Blocked == nil {
		r.Notes = append(r.Notes, "not checked: "+unableWords(v.unable))
	}
	return p.noteRunning(c, r)
}

// judgeBefore returns the function that judges a planned change, or one that is about to be made.
func (p *Provider) judgeBefore(o resource.Outlook) func(ctx context.Context, cs []candidate) *verdict {
	if o.Ask == resource.AskForecast {
		return p.analyzer.judgePlanned
	}
	return func(ctx context.Context, cs []candidate) *verdict { return p.analyzer.judgeNow(ctx, cs, o.Later) }
}

func unableWords(err error) string {
	if errors.Is(err, process.ErrNotFound) {
		return "this machine has no systemd-analyze"
	}
	return err.Error()
}

// plan holds all changes of unit files in a plan, judged once.
type plan struct {
	verdict  func(ctx context.Context, cs []candidate) *verdict
	changes  []resource.Change
	expected *resource.Expected // the same forecast, for the provider of files to index
	judged   *verdict
}

func newPlan(judge func(ctx context.Context, cs []candidate) *verdict) func(e *resource.Expected) *plan {
	return func(e *resource.Expected) *plan {
		return &plan{verdict: judge, changes: e.Changes, expected: &resource.Expected{Changes: e.Changes, Made: e.Made}}
	}
}

func (p *plan) judge(ctx context.Context) *verdict {
	if p.judged == nil {
		p.judged = p.verdict(ctx, candidatesOf(p.changes))
	}
	return p.judged
}

// noteRunning notes that running services keep their old settings: the service of a file, or the instances of a
// template.
func (p *Provider) noteRunning(c resource.Change, r resource.Review) resource.Review {
	unit, at := unitOfChange(c), resource.DecodeBytes(c.Path())
	if !p.live || r.Blocked != nil || !strings.HasSuffix(unit, ".service") {
		return r
	}
	if c.Action == resource.Delete && p.lookout.isOnlyFile(at, unit) {
		return r // no settings remain for a restart to apply
	}
	running := slices.DeleteFunc(p.lookout.listRunning(at, unit), func(u string) bool { return p.site.restartsUnit(c.Path(), u) })
	switch len(running) {
	case 0:
	case 1:
		r.Notes = append(r.Notes, running[0]+" runs, and nothing restarts it: it has its old settings until then (notifies = [service.NAME.restart])")
	default:
		r.Notes = append(r.Notes, fmt.Sprintf("%s and %d more run, and nothing restarts them: they have their old settings until then (notifies = [service.NAME.restart])", running[0], len(running)-1))
	}
	return r
}
