package savedplan

import (
	"converge/internal/event"
)

// maxShown is how much text of differences a saved plan keeps, in bytes. For
// contents beyond it the plan only keeps their sizes.
const maxShown = 16 << 20

// Transcript keeps the events of a plan as they are shown, for the file that the
// plan is saved in. Sensitive values have been removed from them.
type Transcript struct {
	events []event.Event
	text   int
}

// Emit implements event.Sink.
func (s *Transcript) Emit(e event.Event) {
	switch e.Type {
	case event.Planned:
		if e.Action == "none" && len(e.Notes) == 0 && !e.Tentative {
			return
		}
	case event.Forecast, event.Orphaned, event.Owes, event.Dropped, event.Failed, event.Skipped, event.Warning, event.PlanFinished:
	default:
		return
	}
	for i, a := range e.Changes {
		if s.text += len(a.Diff); s.text > maxShown && a.Diff != "" {
			e.Changes = append([]event.Attr(nil), e.Changes...)
			e.Changes[i].Diff = ""
		}
	}
	s.events = append(s.events, event.Encoded(e))
}
