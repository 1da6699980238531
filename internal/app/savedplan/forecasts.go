package savedplan

import (
	"converge/internal/event"
)

// Forecasts passes events on and keeps what was planned for each resource, or
// why it could not be.
type Forecasts struct {
	event.Sink
	planned map[string]event.Event
}

// Emit implements event.Sink.
func (f *Forecasts) Emit(e event.Event) {
	if e.Type == event.Planned || e.Type == event.Failed || e.Type == event.Orphaned && e.Action != "none" {
		if f.planned == nil {
			f.planned = map[string]event.Event{}
		}
		f.planned[e.Resource] = e
	}
	f.Sink.Emit(e)
}
