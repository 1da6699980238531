package machine

import (
	"converge/internal/resource"
	"converge/resources"
)

// recordedAnswers returns a function that finds the recorded states of a package's questions before converge first
// answered any.
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
