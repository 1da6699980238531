package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"converge/internal/process"
	"converge/resources"
)

// jobPoll is the interval of checks whether a unit still has a job in the queue.
const jobPoll = 200 * time.Millisecond

// AwaitQueued waits until a unit has no job in systemd's queue any more, and returns nil if it is up then, or ran to
// its end without an error. The error shows the unit's journal since a moment.
func (p *Provider) AwaitQueued(ctx context.Context, unit string, since time.Time) error {
	b, _, err := p.machine.open()
	if err != nil {
		return err
	}
	s, ok := b.(*systemd)
	if !ok {
		return errors.New("systemd does not run this machine")
	}
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return fmt.Errorf("cannot look at unit %q: its name %w", unit, err)
	}
	for {
		c, err := s.client.connect(ctx)
		if err != nil {
			return err
		}
		st, err := c.readUnitProps(ctx, name.String())
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", name, explainDenied(err))
		}
		job, _ := st["Job"].Value().([]any)
		waiting := len(job) > 0 && job[0] != uint32(0)
		switch {
		case !waiting && isUp(st):
			return s.judge.settleExpected(ctx, c, name.String())
		case !waiting && wanted{}.ranToItsEnd(st):
			return nil
		case !waiting && st.str("ActiveState") != stActivating:
			return addJournal(ctx, fmt.Errorf("unit %s is not up: %s", name, explainDown(st)), name.String(), since)
		}
		if err := process.Pause(ctx, jobPoll); err != nil {
			return err
		}
	}
}
