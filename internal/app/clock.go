package app

import (
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/facts"
	"converge/internal/resource"
)

// newClock returns what tells the moment in a way that survives steps of the wall
// newClock and tells boots apart.
func newClock() func() resource.Instant {
	// Where /proc is not mounted all boots look like one, so that a reboot
	// does not settle debts: one restart too many at worst.
	boot, _, _ := facts.Boot()
	return func() resource.Instant {
		var ts unix.Timespec
		now := resource.Instant{Boot: boot, Wall: time.Now()}
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) == nil {
			now.Mono = time.Duration(ts.Nano())
		}
		return now
	}
}
