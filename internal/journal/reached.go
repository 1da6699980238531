package journal

import "os"

// reached counts how far a run without an end has got: changes that it began
// count as made, for they may have been, and [State.Detail] lists them.
func reached(root *os.Root, id string) (Counts, error) {
	r := newDetailReader()
	if err := readRun(root, id, r.read); err != nil {
		return Counts{}, err
	}
	var c Counts
	for _, s := range r.d.Steps {
		switch {
		case s.Also, s.State == Same, string(s.After) == "null": // the last is an action
		case s.State == Failed:
			c.Failed++
		default:
			c.Changed++
		}
	}
	for _, p := range r.d.Paid {
		if !p.Void && p.Dropped == "" {
			c.Notified++
		}
	}
	return c, nil
}
