package service

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Expect names the units that an earlier run only queued. They are checked with
// more care. Call it before the first Observe.
func (p *Provider) Expect(units []string) {
	p.expected = map[string]bool{}
	for _, u := range units {
		p.expected[u] = true
	}
}

// lookAtExpected is look for a unit that an earlier run queued.
func (s *systemd) lookAtExpected(ctx context.Context, w wanted, st *status) error {
	b, err := s.connect(ctx)
	if err == nil {
		err = s.settleExpected(ctx, b, st.id)
	}
	if err == nil {
		s.forgetListing()
		*st, err = s.look(ctx, w)
	}
	return err
}

// settleExpected waits until a unit that an earlier run queued has been up for
// a second, as it does for what this run starts.
func (s *systemd) settleExpected(ctx context.Context, b *bus, unit string) error {
	p, err := b.unitProps(ctx, unit)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", unit, explain(err))
	}
	active := time.UnixMicro(p.num("ActiveEnterTimestamp"))
	if !isUp(p) || time.Since(active) > leastSettle || time.Now().Before(active) {
		return nil
	}
	if err := s.outlast(ctx, unit, time.Until(active.Add(leastSettle))); err != nil {
		return err
	}
	return s.judgeStarted(ctx, unit, started{verb: "start", began: active, at: active})
}

// startedMessage is the id of the journal's message that the start of a unit
// has ended well (SD_MESSAGE_UNIT_STARTED of sd-messages.h).
const startedMessage = "39f53479d3a045ac8e11786248231fbf"

// lastStarted is when a unit was last started in this boot, by the journal:
// systemd forgets a oneshot that has ended and that nothing refers to. 0: it
// was not, or the journal cannot tell.
func lastStarted(ctx context.Context, unit string) time.Duration {
	out, err := run(ctx, []string{
		"journalctl", "--boot", "--lines=1", "--no-pager", "--quiet", "--output=json",
		"MESSAGE_ID=" + startedMessage, "UNIT=" + unit, "JOB_RESULT=done", "_PID=1",
	}, 10*time.Second)
	if err != nil {
		return 0
	}
	var line struct {
		Mono string `json:"__MONOTONIC_TIMESTAMP"`
	}
	if json.Unmarshal([]byte(strings.TrimSpace(out)), &line) != nil {
		return 0
	}
	us, err := strconv.ParseInt(line.Mono, 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(us) * time.Microsecond
}
