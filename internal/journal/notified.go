package journal

import (
	"encoding/json"

	"converge/internal/notify"
	"converge/internal/resource"
)

// NotifiedTarget returns the target of a debt: its address and its wanted value when the debt was raised, in the form
// of [Step]. ok is false if that is not known.
func (s *State) NotifiedTarget(d notify.Debt) (addr resource.Addr, want json.RawMessage, ok bool) {
	s.mu.Lock()
	t := s.memory.targets[d.Owner()]
	s.mu.Unlock()
	if t != nil {
		return t.Addr, t.Want, true
	}
	// Versions that did not keep it with the debts kept it in the run.
	run, err := s.Detail(d.Run)
	if err != nil {
		return resource.Addr{}, nil, false
	}
	want, ok = run.Notified[d.Target]
	return d.Target, want, ok
}

// ReadTarget decodes the wanted value of a target of debts; nil if it is not known, or k is nil.
func (s *State) ReadTarget(addr resource.Addr, want json.RawMessage, k *resource.Kind) *resource.Resource {
	if k == nil || want == nil {
		return nil
	}
	v, secret, err := s.Value(want, k)
	if err != nil || v.IsNull() {
		return nil
	}
	return &resource.Resource{Addr: addr, Kind: k, Want: v, Secret: secret}
}
