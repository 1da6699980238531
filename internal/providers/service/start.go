package service

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// started records a unit that this run started.
type started struct {
	seenUp   bool // since its start; what has it down then came later than the start
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
	p, err := b.props(ctx, unitPath(unit), unitFace)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
	}
	if err := resetFailed(ctx, b, unit); err != nil {
		return err
	}
	up := func(p props) bool { st := status{active: p.str("ActiveState")}; return !st.down() }
	failed := func(p props) bool { return p.str("ActiveState") == stFailed }
	err = forgiveKin(ctx, b, unit, p, []string{"ConsistsOf", "RequiredBy", "BoundBy", "PropagatesStopTo"}, up)
	if err == nil {
		err = forgiveKin(ctx, b, unit, p, []string{"Requires", "BindsTo"}, failed)
	}
	return err
}

// forgiveKin clears the start limits of units that depend on a unit with the
// properties p, directly or through others, by one of the dependencies in by, if
// affected accepts them.
func forgiveKin(ctx context.Context, b *bus, unit string, p props, by []string, affected func(props) bool) error {
	var todo []string
	more := func(p props) {
		for _, dep := range by {
			todo = appendNew(todo, p.strs(dep))
		}
	}
	more(p)
	for k := 0; k < len(todo) && k < maxKin; k++ {
		if todo[k] == unit {
			continue
		}
		p, err := b.props(ctx, unitPath(todo[k]), unitFace)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", todo[k], explain(err))
		}
		if !affected(p) {
			continue
		}
		if err := resetFailed(ctx, b, todo[k]); err != nil {
			return err
		}
		more(p)
	}
	return nil
}

func resetFailed(ctx context.Context, b *bus, unit string) error {
	if err := b.manager(ctx, "ResetFailedUnit", []any{unit}); err != nil && !named(err, "NoSuchUnit") {
		return fmt.Errorf("cannot reset the start limit of unit %s: %w", unit, explain(err))
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

// watch records that a unit is to run, no matter what starts it.
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
