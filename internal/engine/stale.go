package engine

import (
	"context"
	"slices"

	"converge/internal/resource"
)

// StaleStep is a resource for which a saved plan no longer holds.
type StaleStep struct {
	Addr resource.Addr
	Why  string
	Diff []string // of the paths that it would remove: "+PATH", "-PATH", "~PATH" of one that holds something else
}

// Stale compares a saved plan with the present one and returns one clause for each resource that differs, in order. If
// there is none, the saved plan may be applied. seal is the function with which the plan was saved.
func Stale(ctx context.Context, saved []SavedStep, now *Planned, seal func(string) string) ([]StaleStep, error) {
	fresh, failed, err := now.save(ctx, seal)
	if err != nil {
		return nil, err
	}
	at := make(map[resource.Addr]SavedStep, len(fresh))
	for _, s := range fresh {
		at[s.Addr] = s
	}
	var out []StaleStep
	for _, s := range saved {
		f, ok := at[s.Addr]
		delete(at, s.Addr)
		why := staleness(s, f)
		if failed[s.Addr] != nil {
			why = "it cannot be planned any more"
		} else if !ok {
			why = "it is not in the plan any more" + now.whyNot(s.Addr)
		}
		if why != "" {
			out = append(out, StaleStep{s.Addr, why, diffPaths(s, f)})
		}
	}
	for _, s := range fresh {
		if _, added := at[s.Addr]; added {
			out = append(out, StaleStep{Addr: s.Addr, Why: "it was not in the plan"})
		}
	}
	return slices.Clip(out), nil
}

// staleness explains how a step differs from the saved one; "" if it does not.
func staleness(s, f SavedStep) string {
	if f.Want != s.Want {
		return "its declaration has changed"
	}
	if s.Place != "" && f.Place != "" && f.Place != s.Place { // an empty change names no place
		return "it stands for something else on this machine now: a link on the way, or an alias, has changed"
	}
	if f.Have != s.Have && f.Action == resource.None && s.Action != resource.None {
		return "it is as declared already; was this plan applied before?"
	}
	if f.Have != s.Have {
		return "it has changed on this machine"
	}
	if !slices.Equal(f.Removes, s.Removes) {
		return "it would remove other files than the plan shows"
	}
	if f.Destroys != s.Destroys {
		return "what it would destroy has changed on this machine"
	}
	if f.Forecast != s.Forecast || f.Action != s.Action {
		return "it would be changed in another way"
	}
	return ""
}

// whyNot explains why an orphan now stays that the plan was to remove.
func (p *Planned) whyNot(a resource.Addr) string {
	for i := range p.plan.orphans {
		if s := &p.plan.orphans[i]; thingAddr(s.Orphan) == a && s.note != "" {
			return " (" + s.note + ")"
		}
	}
	return ""
}

// diffPaths compares what two steps would remove.
func diffPaths(was, now SavedStep) (out []string) {
	marks := func(s SavedStep) map[string]string {
		m := make(map[string]string, len(s.Removes))
		for i, path := range s.Removes {
			m[path] = ""
			if i < len(s.Marks) {
				m[path] = s.Marks[i]
			}
		}
		return m
	}
	before, after := marks(was), marks(now)
	for _, path := range was.Removes {
		if mark, ok := after[path]; !ok {
			out = append(out, "-"+path)
		} else if mark != before[path] {
			out = append(out, "~"+path)
		}
	}
	for _, path := range now.Removes {
		if _, ok := before[path]; !ok {
			out = append(out, "+"+path)
		}
	}
	return out
}
