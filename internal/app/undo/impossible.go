package undo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// CheckPossible reports changes that cannot be taken back: as a warning if a command
// made them or they go back with other changes, else as an error before anything
// is touched.
func (u *Reversal) CheckPossible(p *engine.Planned, sink event.Sink) error {
	for _, a := range u.UnknownTargets {
		sink.Emit(event.Event{Type: event.Warning, Resource: a.String(), Message: a.String() + " was told of these changes, but the journal does not say what it is: it is not told again"})
	}
	lost := p.Impossible()
	for _, l := range u.Lost {
		if errors.Is(l.Err, resource.ErrOpaque) || errors.Is(l.Err, errByOthers) || u.Force {
			sink.Emit(event.Event{Type: event.Warning, Resource: l.Addr.String(), Message: fmt.Sprintf("%s: %v", l.Addr, l.Err)})
			continue
		}
		lost = append(lost, l)
	}
	if len(lost) == 0 || u.Force && len(p.Impossible()) == 0 {
		return nil
	}
	return exit.With(exit.Failure, fmt.Errorf("run %s cannot be taken back; nothing was changed:%s", u.Run, listLost(lost)))
}

// listLost joins what cannot be taken back, a line each.
func listLost(lost []engine.Lost) string {
	var b strings.Builder
	for _, l := range lost {
		fmt.Fprintf(&b, "\n  %s: %v", l.Addr, l.Err)
	}
	return b.String()
}

// SelectDebts selects the earlier debts to the targets that the reversal notifies:
// what it delivers is settled. key resolves a name on this machine.
func (u *Reversal) SelectDebts(owed []notify.Debt, key func(string) string) []notify.Debt {
	notified := map[resource.Addr]bool{}
	for _, r := range u.Resources {
		for _, n := range r.Notifies {
			notified[n.Target] = true
		}
	}
	owners := map[notify.Owner]bool{}
	for _, r := range u.Resources {
		if notified[r.Addr] {
			owners[notify.Debt{Target: r.Addr, Thing: r.Key}.Owner()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(owed), func(d notify.Debt) bool {
		if d.Thing != "" {
			d.Thing = key(d.Thing)
		}
		return !owners[d.Owner()]
	})
}
