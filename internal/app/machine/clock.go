package machine

import (
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/facts"
	"converge/internal/resource"
)

// NewClock returns a function that reads the time so that steps of the wall clock
// do no harm and boots differ.
func NewClock() func() resource.Instant {
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
