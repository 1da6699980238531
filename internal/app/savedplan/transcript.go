package savedplan

import (
	"converge/internal/app/environ"
	"converge/internal/event"
	"converge/internal/view"
)

// maxShown is how many bytes of differences a saved plan keeps. For contents beyond it the plan only keeps their
// sizes.
const maxShown = 16 << 20

// Transcript keeps the events of a plan as they are shown, for the file of the plan. Sensitive values have been
// removed from them.
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
	case event.Output, event.Forecast, event.Orphaned, event.Undeclared, event.Owes, event.Dropped, event.Failed, event.Skipped, event.Warning, event.PlanFinished:
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

// Forecasts passes events on and keeps the plan of each resource, or why it could not be planned.
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

// Changes returns what the plan would do to each resource, by address: an action, "failed", or "notified" for one that
// only acts.
func (p *Plan) Changes() map[string]string {
	out := map[string]string{}
	for _, e := range p.Shown {
		switch {
		case e.Type == event.Planned && e.Action != "none" && !e.Audit:
			out[e.Resource] = e.Action
		case e.Type == event.Failed:
			out[e.Resource] = "failed"
		case e.Type == event.Owes && out[e.Resource] == "":
			out[e.Resource] = "notified"
		}
	}
	return out
}

// Show prints a saved plan as it was printed when it was made.
func Show(env *environ.Env, p *Plan, asJSON, verbose bool) error {
	start := event.Event{Type: event.RunStarted, Version: event.Version, Time: p.Made, Mode: "plan", Total: p.Resources}
	events := append([]event.Event{start}, p.Shown...)
	if asJSON {
		out := view.NewJSON(env.Out)
		for _, e := range events {
			out.Emit(e)
		}
		return nil // a reader that closed the pipe is no error
	}
	out := view.NewHuman(env.Out, view.Options{Color: env.IsColored(env.Out), Width: environ.TerminalWidth(env.Out), Verbose: verbose, ShowPlan: true})
	for _, e := range events {
		out.Emit(e)
	}
	out.Close()
	return nil
}
