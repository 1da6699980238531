package savedplan

import (
	"converge/internal/app/environ"
	"converge/internal/event"
	"converge/internal/view"
)

// Show prints a saved plan as it was printed when it was made.
func Show(env *environ.Env, p *Plan, asJSON, verbose bool) error {
	start := event.Event{Type: event.RunStarted, Version: event.Version, Time: p.Made, Mode: "plan", Total: p.Resources}
	events := append([]event.Event{start}, p.Shown...)
	if asJSON {
		out := view.NewJSON(env.Out)
		for _, e := range events {
			out.Emit(e)
		}
		return nil // a reader that has left is no error
	}
	out := view.NewHuman(env.Out, view.Options{Color: env.IsColored(env.Out), Width: environ.TerminalWidth(env.Out), Verbose: verbose, ShowPlan: true})
	for _, e := range events {
		out.Emit(e)
	}
	out.Close()
	return nil
}
