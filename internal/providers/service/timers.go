package service

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// restartElapsedTimers starts again the timers that have changed since a moment and would never elapse: a
// daemon-reload makes a waiting timer use its new calendar, but does not revive one that has elapsed for good.
func restartElapsedTimers(ctx context.Context, client *client, since time.Time) error {
	client.forgetListing()
	b, units, err := client.listUnits(ctx)
	if err != nil {
		return err
	}
	for name, row := range units {
		if !strings.HasSuffix(name, ".timer") || row.ActiveState != stActive || row.SubState != "elapsed" {
			continue
		}
		p, err := b.readUnitProps(ctx, name)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", name, explainDenied(err))
		}
		if !isRepeating(p) || findDefinition(p).Before(since) {
			continue
		}
		j, err := enqueueJob(ctx, client, name, "restart")
		if err == nil {
			err = awaitJob(ctx, client, j, defaultTimeout)
		}
		if err != nil && !isQueued(err) {
			return fmt.Errorf("cannot make %s elapse by its new file: %w", name, err)
		}
		client.forgetListing()
	}
	return nil
}

// isRepeating reports whether a timer has a calendar, or counts from the last activity of its unit. A timer that only
// counts from the boot or from its own start has elapsed for good, and would trigger again if it were restarted.
func isRepeating(timer props) bool {
	if calendar, ok := timer["TimersCalendar"].Value().([][]any); ok && len(calendar) > 0 {
		return true
	}
	monotonic, _ := timer["TimersMonotonic"].Value().([][]any)
	for _, m := range monotonic {
		if len(m) > 0 && (m[0] == "OnUnitActiveUSec" || m[0] == "OnUnitInactiveUSec") {
			return true
		}
	}
	return false
}
