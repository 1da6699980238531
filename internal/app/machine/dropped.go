package machine

import (
	"strings"

	"converge/internal/providers/units"
)

const servicePrefix = "service:" // of the keys of services

// listDropped lists undeclared units that the removal of things restarts.
func listDropped(m *Machine) (out []units.Restart) {
	if m.Site.Identity == nil {
		return nil
	}
	for _, e := range m.State.LedgerOf(m.ID).ListTelling(m.Site.Identity.Declares, servicePrefix) {
		for _, h := range e.Holds {
			for _, n := range h.Notifies {
				if unit, ok := strings.CutPrefix(n.Key, servicePrefix); ok && units.AppliesSettings(n.Verb) {
					out = append(out, units.Restart{Key: e.Key, Unit: unit})
				}
			}
		}
	}
	return out
}
