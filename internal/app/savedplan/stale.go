package savedplan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/view"
)

// CheckUnused refuses a saved plan that an earlier run has applied, regardless of its result: a plan with a command in
// it would seem as fresh as before.
func (k *Keeper) CheckUnused(saved *Plan) error {
	if saved == nil {
		return nil
	}
	runs, err := k.State.Runs()
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Info.Plan == saved.ID {
			return exit.With(exit.Stale, fmt.Errorf("the saved plan was used by run %s; nothing was changed", r.ID), "converge plan --out makes a new one")
		}
	}
	return nil
}

// CheckFresh refuses a saved plan that no longer holds: it shows the present plan of each resource that differs, and
// explains why.
func (k *Keeper) CheckFresh(ctx context.Context, saved *Plan, now *engine.Planned, seen *Forecasts) error {
	var seal func(string) string
	if saved.Key != "" {
		if saved.Key != k.State.KeyID() {
			return exit.With(exit.Stale, errors.New("the saved plan is about sensitive values and was made with another state folder; nothing was changed"), "a plan is applied on the host and with the --state that it was made with")
		}
		seal = k.State.Seal
	}
	stale, err := engine.Stale(ctx, saved.Steps, now, seal)
	if err != nil || len(stale) == 0 {
		return err
	}
	differs := view.NewHuman(k.Env.Err, view.Options{Color: k.Env.IsColored(k.Env.Err), Width: environ.TerminalWidth(k.Env.Err)})
	defer differs.Close()
	var b strings.Builder
	b.WriteString("the saved plan is stale; nothing was changed:")
	const most = 10
	headed := false
	for i, st := range stale {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(stale)-i)
			break
		}
		if e, ok := seen.planned[st.Addr.String()]; ok {
			if !headed {
				headed = true
				k.Env.Warn("The saved plan is stale, and nothing was changed. Where it no longer holds, it would be this now:")
			}
			differs.Emit(event.Scrubbed(e, k.Scrub.String, k.Scrub.JSON))
		}
		fmt.Fprintf(&b, "\n  %s: %s", st.Addr, st.Why)
		for _, line := range st.Diff {
			fmt.Fprintf(&b, "\n      %s", line)
		}
	}
	hints := []string{"converge plan --out makes a new one"}
	if len(saved.Sensitive) > 0 {
		hints = append(hints, "sensitive variables are not saved and have to be given again: "+strings.Join(saved.Sensitive, ", "))
	}
	return exit.With(exit.Stale, errors.New(b.String()), hints...)
}

// CheckFlags refuses flags that the saved plan answers: of those that select the site, only values of sensitive
// variables may be given again.
func CheckFlags(given []string) error {
	for _, name := range []string{"node", "root", "target", "exclude", "prune", "sha256"} {
		if slices.Contains(given, name) {
			return fmt.Errorf("--%s is part of the saved plan and cannot be given again", name)
		}
	}
	return nil
}
