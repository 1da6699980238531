package service

import (
	"context"
	"fmt"
	"sync"
)

// ownAction is the restart or stop of the unit that contains this run. It would end the run, so it is done at the
// run's end.
type ownAction struct {
	client *client
	left   *leftJobs

	mu   sync.Mutex
	verb string // "" if there is none
}

// postpone defers an operation on the unit that contains this run to the end of the run. A oneshot needs no restart,
// because each start reads everything.
func (a *ownAction) postpone(ctx context.Context, b *bus, unit, verb string) error {
	p, err := b.readUnitProps(ctx, unit)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
	}
	if p.str("Type") == "oneshot" && verb == "restart" {
		return nil
	}
	a.mu.Lock()
	a.verb = verb
	a.mu.Unlock()
	err = &queuedError{unit: unit, verb: verb, by: unit}
	a.left.add(unit, verb, err)
	return err
}

// run restarts or stops the unit that contains this run, if an action requested that. systemd then ends this process,
// so nothing follows.
func (a *ownAction) run(ctx context.Context) {
	a.mu.Lock()
	verb := a.verb
	a.verb = ""
	a.mu.Unlock()
	unit := ownUnit()
	if verb == "" || unit == "" {
		return
	}
	b, err := a.client.connect(ctx)
	if err != nil {
		return // the action stays owed
	}
	method := map[string]string{"restart": "RestartUnit", "stop": "StopUnit"}[verb]
	_ = b.callManager(ctx, method, []any{unit, "replace"}) // if it fails, it stays owed
}
