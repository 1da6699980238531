package machine

import (
	"strings"

	"converge/internal/providers/units"
)

// listDropped lists which units the removal of things restarts that the site declares no more.
func listDropped(m *Machine) (out []units.Restart) {
	if m.Site.Identity == nil {
		return nil
	}
	for _, e := range m.State.Undeclared(m.ID, m.Site.Identity.Declares) {
		for _, h := range e.Holds {
			for _, n := range h.Notifies {
				if unit, ok := strings.CutPrefix(n.Key, "service:"); ok && units.AppliesSettings(n.Verb) {
					out = append(out, units.Restart{Key: e.Key, Unit: unit})
				}
			}
		}
	}
	return out
}
