package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"converge/resources"
)

// SavedStep is one resource of a saved plan. It holds digests, never values,
// so a saved plan gives no secret away.
type SavedStep struct {
	Addr     resources.Addr   `json:"resource"`
	Have     string           `json:"have"`   // fingerprint of what was there
	Want     string           `json:"want"`   // fingerprint of what was declared
	Forecast string           `json:"change"` // fingerprint of what would change, a solver's refinements included
	Action   resources.Action `json:"action"`
}

// Save gives the steps of a plan for keeping, in graph order, and after them
// what a solver would change besides.
func (p *Planned) Save() ([]SavedStep, error) {
	out, failed, err := p.save()
	for _, i := range p.order {
		if s := &p.steps[i]; failed[s.plan.Addr] != nil && !s.tolerant {
			return nil, &UnsavableError{s.plan.Addr}
		}
	}
	return out, err
}

// UnsavableError is why a plan cannot be kept: a resource, of which it has been
// told why, could not be planned.
type UnsavableError struct{ Addr resources.Addr }

func (e *UnsavableError) Error() string {
	return fmt.Sprintf("cannot save the plan: %s failed", e.Addr)
}

// save is Save, with the resources that failed beside those that did not.
func (p *Planned) save() (out []SavedStep, failed map[resources.Addr]error, err error) {
	failed = map[resources.Addr]error{}
	for _, i := range p.order {
		s := &p.steps[i]
		if s.state.idle() {
			continue
		}
		if s.err != nil {
			failed[s.plan.Addr] = s.err
			continue
		}
		step, err := saveStep(s.plan)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, step)
	}
	for _, e := range p.also {
		step, err := saveStep(e.change)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, step)
	}
	return out, failed, nil
}

func saveStep(c resources.Change) (step SavedStep, err error) {
	step.Addr, step.Action = c.Addr, c.Action
	if step.Have, err = Fingerprint(c.Have); err != nil {
		return step, fmt.Errorf("cannot take the fingerprint of %s: %w", c.Addr, err)
	}
	if step.Want, err = Fingerprint(c.Want); err != nil {
		return step, fmt.Errorf("cannot take the fingerprint of %s: %w", c.Addr, err)
	}
	h := sha256.New()
	for _, a := range c.Attrs {
		// What is there is in Have already.
		want, err := canonical(a.Want)
		if err != nil {
			return step, fmt.Errorf("cannot take the fingerprint of %s: %s: %w", c.Addr, a.Name, err)
		}
		fmt.Fprintf(h, "%s=%d:%s\n", a.Name, len(want), want)
	}
	step.Forecast = hex.EncodeToString(h.Sum(nil))
	return step, nil
}

// Stale says what of a saved plan no longer holds, given the plan as it is
// now: one clause per resource, in order. Nothing: it may be applied.
func Stale(saved []SavedStep, now *Planned) ([]StaleStep, error) {
	fresh, failed, err := now.save()
	if err != nil {
		return nil, err
	}
	at := make(map[resources.Addr]SavedStep, len(fresh))
	for _, s := range fresh {
		at[s.Addr] = s
	}
	var out []StaleStep
	for _, s := range saved {
		f, ok := at[s.Addr]
		delete(at, s.Addr)
		switch {
		case failed[s.Addr] != nil:
			out = append(out, StaleStep{s.Addr, "it cannot be planned any more"})
		case !ok:
			out = append(out, StaleStep{s.Addr, "it is not in the plan any more"})
		case f.Want != s.Want:
			out = append(out, StaleStep{s.Addr, "its declaration has changed"})
		case f.Have != s.Have && f.Action == resources.None && s.Action != resources.None:
			out = append(out, StaleStep{s.Addr, "it is as declared already; was this plan applied before?"})
		case f.Have != s.Have:
			out = append(out, StaleStep{s.Addr, "it has changed on this machine"})
		case f.Forecast != s.Forecast || f.Action != s.Action:
			out = append(out, StaleStep{s.Addr, "it would be changed in another way"})
		}
	}
	for _, s := range fresh {
		if _, added := at[s.Addr]; added {
			out = append(out, StaleStep{s.Addr, "it was not in the plan"})
		}
	}
	return slices.Clip(out), nil
}

// StaleStep is a resource for which a saved plan no longer holds.
type StaleStep struct {
	Addr resources.Addr
	Why  string
}
