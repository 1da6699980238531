package service

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// started is what is remembered of a unit that this run started.
type started struct {
	w        wanted
	verb     string
	at       time.Time // when its job had ended
	began    time.Time // when its job began: its journal is shown from here
	restarts int64     // how often systemd had started it again by itself by then
}

// maxKin bounds how many units are looked at because a restart takes them along.
const maxKin = 64

// forgive clears the failures and the start limits of a unit, and of those
// that its start or restart takes along: systemd counts starts, and refuses one
// too many in too short a time (StartLimitBurst=), which would leave a healthy
// unit dead.
func (s *systemd) forgive(ctx context.Context, b *bus, unit string) error {
	todo := []string{unit}
	for k := 0; k < len(todo) && k < maxKin; k++ {
		p, err := b.props(ctx, unitPath(todo[k]), unitFace)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", todo[k], explain(err))
		}
		active := p.str("ActiveState")
		switch {
		case k == 0, active == stActive, active == stActivating: // a restart of the first restarts it
			for _, dep := range []string{"ConsistsOf", "RequiredBy", "BoundBy", "PropagatesStopTo"} {
				todo = appendNew(todo, p.strs(dep))
			}
		case active != stFailed:
			continue
		}
		if active == stFailed || k == 0 { // a start of it starts them
			for _, dep := range []string{"Requires", "BindsTo"} {
				todo = appendNew(todo, p.strs(dep))
			}
		}
		if err := b.manager(ctx, "ResetFailedUnit", []any{todo[k]}); err != nil && !named(err, "NoSuchUnit") {
			return fmt.Errorf("cannot reset the start limit of unit %s: %w", todo[k], explain(err))
		}
	}
	return nil
}

func appendNew(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// watch notes that a unit is to run, whoever starts it.
func (s *systemd) watch(unit string, w wanted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched == nil {
		s.watched = map[string]wanted{}
	}
	s.watched[unit] = w
}

// remember notes that a unit was started, to be judged again at the end.
func (s *systemd) remember(unit string, st started) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started == nil {
		s.started = map[string]started{}
	}
	s.started[unit] = st
	delete(s.died, unit)
}

// rememberRestarted is remember for a unit that a command of the manifest's own
// restarted; one that is not up is nothing to judge.
func (s *systemd) rememberRestarted(ctx context.Context, b *bus, w wanted, unit string, began time.Time) {
	p, err := b.unitProps(ctx, unit)
	if err == nil && isUp(p) {
		s.remember(unit, started{w: w, verb: "restart", at: time.Now(), began: began, restarts: p.num("NRestarts")})
	}
}

// forgetStarted drops a unit that is to be down.
func (s *systemd) forgetStarted(unit string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.started, unit)
	delete(s.died, unit)
}
