package resourcetest

import "testing"

// hidden gives the thing a state that the manifest does not manage. A repair
// must leave it, and an undone removal must bring it back.
func (s Suite) hidden(t *testing.T, c Case, h Hidden) {
	for _, d := range c.Drifts {
		if h.LostBy[d.Name] {
			continue
		}
		t.Run("kept/"+d.Name, func(t *testing.T) {
			w, r := s.begin(t, c)
			Converge(t, r)
			h.Do(t, w)
			before := state(t, w)
			d.Do(t, w)
			Converge(t, r)
			if after := state(t, w); after != before {
				t.Fatalf("the repair lost what the manifest does not manage:\n%s", firstDifference(before, after))
			}
		})
	}
	if c.Gone != nil && c.Irreversible == "" {
		t.Run("brought back", func(t *testing.T) {
			w, r := s.begin(t, c)
			Converge(t, r)
			h.Do(t, w)
			s.undo(t, w, s.resource(t, w, c.Name, c.Gone))
		})
	}
}
