package journal

import (
	"encoding/json"

	"converge/internal/notify"
	"converge/internal/resource"
)

// NetChange is the sum of a run's steps on one thing.
type NetChange struct {
	Addr   resource.Addr
	Key    string
	Also   bool
	Before json.RawMessage // of the first step
	After  json.RawMessage // of the last step
	Batch  int             // of the last step
	Whole  bool            // every step was completed
	Owes   []notify.Debt
	Steps  []Step
}

// NetChanges sums up what was changed, or may have been, thing by thing in the order first touched. Steps that changed
// nothing are omitted.
func (d *RunDetail) NetChanges() []*NetChange {
	type name struct {
		key  string
		addr resource.Addr
	}
	var out []*NetChange
	at := map[name]*NetChange{}
	for _, s := range d.Steps {
		if s.State == Same {
			continue
		}
		id := name{key: s.Key}
		if s.Key == "" {
			id.addr = s.Addr
		}
		n := at[id]
		if n == nil {
			n = &NetChange{Addr: s.Addr, Key: s.Key, Also: s.Also, Before: s.Before, Whole: true}
			at[id] = n
			out = append(out, n)
		}
		if !s.Also { // the step of a resource has more information
			n.Addr, n.Also = s.Addr, false
		}
		n.After, n.Batch, n.Whole = s.After, s.Batch, n.Whole && s.State == Done
		n.Owes = append(n.Owes, s.Owes...)
		n.Steps = append(n.Steps, s)
	}
	return out
}

// FoundAsWritten reports whether the content of the thing before the run was the one that converge had written last.
func (n *NetChange) FoundAsWritten() bool {
	was, digest := n.Steps[0].Was, contentDigest(n.Before)
	return was != nil && digest != "" && was.Digest == digest
}

// Changed reports whether the run changed anything, or may have.
func (d *RunDetail) Changed() bool {
	for _, s := range d.Steps {
		if s.State != Same {
			return true
		}
	}
	return len(d.Forgot)+len(d.Recalled) > 0
}
