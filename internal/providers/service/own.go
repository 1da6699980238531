package service

import (
	"context"
	"fmt"
)

// operateOwn operates on the unit that this run is part of: a restart of it
// would end the run. A oneshot needs no restart, because its next start is one;
// another unit is restarted at the end of the run.
func (s *systemd) operateOwn(ctx context.Context, b *bus, unit, op string) error {
	p, err := b.unitProps(ctx, unit)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
	}
	if p.str("Type") == "oneshot" && op == "restart" {
		return nil
	}
	s.mu.Lock()
	s.own = op
	s.mu.Unlock()
	err = &queuedError{unit: unit, verb: op, by: unit}
	s.leaveQueued(&job{unit: unit, verb: op}, err)
	return err
}

// endOwn restarts or stops the unit that this run is part of, if an action asked
// for that. systemd ends this process for it, so nothing comes after.
func (s *systemd) endOwn(ctx context.Context) {
	s.mu.Lock()
	op := s.own
	s.own = ""
	s.mu.Unlock()
	unit := ownUnit()
	if op == "" || unit == "" {
		return
	}
	b, err := s.connect(ctx)
	if err != nil {
		return // it stays owed
	}
	method := map[string]string{"restart": "RestartUnit", "stop": "StopUnit"}[op]
	_ = b.manager(ctx, method, []any{unit, "replace"}) // it stays owed where it fails
}
