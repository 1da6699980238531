package command

import (
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/resource"
	"converge/resources"
)

// isAccepted reports whether an exit status counts as success.
func isAccepted(want *resources.ExecWant, status int) bool {
	if !want.ExitCodes.Set {
		return status == 0
	}
	return slices.Contains(want.ExitCodes.Value, int64(status))
}

// parseDuration reads a duration that the kind has checked.
func parseDuration(text resource.Opt[string], unset time.Duration) time.Duration {
	d, err := time.ParseDuration(text.Value)
	if err != nil {
		return unset
	}
	return d
}

// readNow returns the moment as debts are dated. Where /proc is not mounted all boots look
// like one.
func readNow() resource.Instant {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // see above
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // Linux has that clock
	return resource.Instant{Boot: strings.TrimSpace(string(boot)), Mono: time.Duration(ts.Nano()), Wall: time.Now()}
}
