package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"converge/internal/resource"
)

// leastSettle is how long after its start a unit is looked at again at the
// earliest.
const leastSettle = time.Second

// Await waits until every unit that this run
// started has been up for a second, or for its settle time, and keeps a verdict
// for Observe on each unit that did not last.
func (p *Provider) Await(ctx context.Context) error {
	p.mu.Lock()
	s, ok := p.used.(*systemd)
	p.mu.Unlock()
	if !ok {
		return nil
	}
	return s.awaitStarted(ctx)
}

func (s *systemd) awaitStarted(ctx context.Context) error {
	todo, err := s.takeStarted(ctx)
	if err != nil || len(todo) == 0 {
		return err
	}
	defer s.forgetListing()
	for _, unit := range slices.Sorted(maps.Keys(todo)) {
		st := todo[unit]
		err := s.outlast(ctx, unit, time.Until(st.at.Add(max(leastSettle, st.w.settle))))
		if err == nil {
			err = s.judgeStarted(ctx, unit, st)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeStarted returns the units that this run started, and those that are to
// run and came up while it went on: a package starts its own.
func (s *systemd) takeStarted(ctx context.Context) (map[string]started, error) {
	s.mu.Lock()
	todo, watched := s.started, s.watched
	s.started, s.watched = nil, nil
	s.mu.Unlock()
	if todo == nil {
		todo = map[string]started{}
	}
	if !s.followed.changed() {
		return todo, nil // nobody else changed anything
	}
	b, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	began := s.followed.began()
	for unit, w := range watched {
		if _, ours := todo[unit]; ours {
			continue
		}
		p, err := b.unitProps(ctx, unit)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
		}
		if active := time.UnixMicro(p.num("ActiveEnterTimestamp")); isUp(p) && active.After(began) {
			todo[unit] = started{w: w, verb: "start", at: active, began: active, restarts: p.num("NRestarts")}
		}
	}
	return todo, nil
}

// outlast waits for so long, or until the unit is down.
func (s *systemd) outlast(ctx context.Context, unit string, left time.Duration) error {
	b, err := s.connect(ctx)
	if err != nil {
		return err
	}
	for end := time.Now().Add(left); left > 0; left = time.Until(end) {
		p, err := b.unitProps(ctx, unit)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
		}
		pid := int(p.num("MainPID"))
		switch {
		case !isUp(p):
			return nil
		case pid > 0:
			err = outlives(ctx, pid, left)
		default:
			err = pause(ctx, left)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeStarted checks a unit that was started and keeps a verdict if it did not
// last.
func (s *systemd) judgeStarted(ctx context.Context, unit string, st started) error {
	b, err := s.connect(ctx)
	if err != nil {
		return err
	}
	p, err := b.unitProps(ctx, unit)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
	}
	why := ""
	again := p.num("NRestarts") - st.restarts
	switch {
	case again > 0 && isUp(p):
		why = fmt.Sprintf("it ended after its %s, and systemd started it again (%d so far)", st.verb, again)
	case isUp(p) || st.w.ranToItsEnd(p):
	case p.str("ActiveState") == stInactive && p.str("Result") == "success" && wasStopped(ctx, unit, st.began):
		// It did not end: something of the run stopped it. It is not as declared,
		// and what contradicts it is found as for everything else.
	case p.str("ActiveState") == stActivating && again > 0:
		why = fmt.Sprintf("it ended after its %s: %s", st.verb, whyDown(p))
	default:
		why = fmt.Sprintf("it is not running any more, %s after its %s: %s",
			time.Since(st.began).Round(100*time.Millisecond), st.verb, whyDown(p))
	}
	if why == "" {
		return nil
	}
	verdict := s.withJournal(ctx, fmt.Errorf("unit %s %w: %s", unit, resource.ErrShortLived, why), unit, st.began)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keepVerdict(unit, verdict)
	return nil
}

// keepVerdict keeps for Observe why a unit is not as declared. The caller holds
// s.mu.
func (s *systemd) keepVerdict(unit string, err error) {
	if s.died == nil {
		s.died = map[string]error{}
	}
	s.died[unit] = err
}

// judgeEarly judges a unit that this run started and that is down already. The
// verdict holds the unit's last message as the reason.
func (s *systemd) judgeEarly(ctx context.Context, unit string) error {
	s.mu.Lock()
	st, ours := s.started[unit]
	s.mu.Unlock()
	if !ours || st.seenUp {
		return nil
	}
	return s.judgeStarted(ctx, unit, st)
}

// noteUp records that a unit has worked since this run started it. If it stops
// later, this run's start is not at fault.
func (s *systemd) noteUp(unit string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ours := s.started[unit]; ours && !st.seenUp {
		st.seenUp = true
		s.started[unit] = st
	}
}

// verdict is why a unit that this run started has not lasted; nil: it has, or
// has been started again since.
func (s *systemd) verdict(units ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range units {
		if err := s.died[u]; err != nil {
			return err
		}
	}
	return nil
}
