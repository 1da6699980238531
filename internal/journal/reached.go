package journal

import "os"

// reached counts how far a run without an end has got.
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
		case s.State == Begun:
			c.Begun++
		default:
			c.Changed++
		}
	}
	for _, p := range r.d.Paid {
		if !p.Void && p.Dropped == "" && !p.Renamed {
			c.Notified++
		}
	}
	return c, nil
}
