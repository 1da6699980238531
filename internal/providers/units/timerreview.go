package units

import (
	"context"

	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer].
func (t *Timers) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	switch o.Ask {
	case resource.AskForecast:
		if c.Empty() || resource.WantsAbsent(c.Want) {
			return r
		}
		return t.timers.reviewForecast(ctx, c, o)
	case resource.AskCheck:
		r.Blocked = t.timers.judgeNow(ctx, []resource.Change{c}, o.Later).refuseTimer(c, nil)
	case resource.AskAction, resource.AskTarget:
		unit, err := commandUnit(c.Want)
		if err != nil {
			return resource.Review{Blocked: err}
		}
		o.Verb = "start"
		return t.timers.Services.Review(ctx, resource.Change{Addr: c.Addr, Kind: c.Kind, Action: c.Action, Have: c.Have, Want: unit, Undeclared: c.Undeclared, Key: c.Key}, o)
	}
	return r
}

func (t *timers) reviewForecast(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	v := t.forecast(ctx, c, o)
	var counts func(k candidate, line string) bool
	if o.Pending != resource.NothingPending { // the pending changes may mend the rest
		counts = candidate.isNamedIn
	}
	if r.Blocked = t.Units.lookout.refuseUnstartable(o, timerCandidates(c)...); r.Blocked != nil {
		return r
	}
	r.Blocked = v.refuseTimer(c, counts)
	w, err := resource.Decode[resources.TimerWant](c.Want)
	if err == nil && w.Summary.Set && !c.Secret["summary"] {
		r.Notes = append(r.Notes, w.Summary.Value)
	}
	if v.unable != nil && r.Blocked == nil {
		r.Notes = append(r.Notes, "not checked: "+unableWords(v.unable))
	}
	return r
}

// forecast judges all timers of a plan once.
func (t *timers) forecast(ctx context.Context, c resource.Change, o resource.Outlook) *verdict {
	if o.Expected == nil {
		return t.Units.analyzer.judgePlanned(ctx, timerCandidates(c))
	}
	return resource.Index(o.Expected, func(e *resource.Expected) *verdict {
		return t.Units.analyzer.judgePlanned(ctx, allTimerCandidates(e.Changes))
	})
}

// judgeNow judges the files of timers that are about to be written together.
func (t *timers) judgeNow(ctx context.Context, cs, later []resource.Change) *verdict {
	return t.Units.analyzer.judgeNow(ctx, allTimerCandidates(cs), later)
}

// allTimerCandidates returns the files that changes of timers write.
func allTimerCandidates(cs []resource.Change) (all []candidate) {
	for _, c := range cs {
		all = append(all, timerCandidates(c)...)
	}
	return all
}

// timerCandidates returns the files that a change of a timer writes.
func timerCandidates(c resource.Change) []candidate {
	w, err := resource.Decode[resources.TimerWant](c.Want)
	if err != nil || w.IsAbsent() || w.Content == nil || w.Unverified.Value || c.Action != resource.Create && !c.Differs("content") {
		return nil
	}
	text, err := readBlob(w.Content)
	if err != nil {
		return nil
	}
	var out []candidate
	for _, f := range timerFiles(w.Name, resources.SplitTimer(w.Name, text)) {
		if f.text.Set {
			out = append(out, candidate{path: f.path, unit: resources.UnitOf(f.path), text: []byte(f.text.Value), secret: c.Secret["content"] || w.Sensitive.Value})
		}
	}
	return out
}

// refuseTimer returns why systemd rejects the files of a timer, or nil. Only lines for which counts returns true count;
// if it is nil, all do.
func (v *verdict) refuseTimer(c resource.Change, counts func(k candidate, line string) bool) error {
	for _, k := range timerCandidates(c) {
		var of func(line string) bool
		if counts != nil {
			of = func(line string) bool { return counts(k, line) }
		}
		if err := v.refuse(k, of); err != nil {
			return err
		}
	}
	return nil
}
