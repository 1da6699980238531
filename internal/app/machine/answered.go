package machine

import (
	"converge/internal/resource"
	"converge/resources"
)

// recordedAnswers returns what tells what the questions of a package were before converge
// first answered any.
func recordedAnswers(m *Machine) func(name string) (resources.DebconfPasts, bool) {
	return func(name string) (resources.DebconfPasts, bool) {
		text, known := m.State.ReadRecord("debconf:"+name, m.Site.Kinds.Find("debconf"))
		if text == "" {
			return nil, known
		}
		pasts, err := resources.ParseDebconfPasts(resource.DecodeBytes(text))
		if err != nil {
			return nil, known
		}
		return pasts, known
	}
}
