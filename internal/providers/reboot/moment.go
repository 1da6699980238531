package reboot

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/process"
	"converge/internal/resource"
)

// clock distinguishes the boots of the host.
type clock struct {
	now  func() resource.Instant
	proc string // /proc
}

// boot identifies this boot of the host: by the kernel's id, and by the start of the first process, because a
// container may be booted again on the same kernel. "": not known.
func (c *clock) boot() string {
	id := c.now().Boot
	first, ok := c.firstProcess()
	if id == "" || !ok {
		return ""
	}
	return id + " " + strconv.FormatUint(first.Born, 10)
}

// HasBooted reports whether the host has certainly booted between since and now, the present moment.
func HasBooted(now, since resource.Instant) bool {
	c := clock{func() resource.Instant { return now }, "/proc"}
	return c.hasBootedSince(since)
}

// hasBootedSince reports whether the host has certainly booted since a moment.
func (c *clock) hasBootedSince(since resource.Instant) bool {
	now := c.now()
	switch {
	case since.Boot == "" || now.Boot == "":
		return false
	case since.Boot != now.Boot:
		return true
	case since.Mono == 0: // an unknown time during this boot of the kernel
		return false
	}
	first, ok := c.firstProcess()
	return ok && bornAfter(first.Born, sleptFor(), since.Mono)
}

// bornAfter reports whether a process that started that many clock ticks after the boot was certainly started after a
// moment on the monotonic clock, which stops while the host sleeps.
func bornAfter(born uint64, slept, since time.Duration) bool { return ticks(born)-slept > since }

// uptime returns how long the host has run since it was booted; 0: not known.
func (c *clock) uptime() time.Duration {
	first, ok := c.firstProcess()
	if now := c.now(); ok && now.Mono > 0 {
		return max(0, now.Mono+sleptFor()-ticks(first.Born))
	}
	return 0
}

// ticks converts clock ticks to a duration.
func ticks(n uint64) time.Duration {
	const tick = time.Second / 100 // USER_HZ, the same on all Linux machines
	return time.Duration(n) * tick
}

// sleptFor returns how long the host has slept since the kernel was booted.
func sleptFor() time.Duration {
	var boot, mono unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono) != nil {
		return 0
	}
	return max(0, time.Duration(boot.Nano())-time.Duration(mono.Nano())).Truncate(10 * time.Millisecond)
}

func (c *clock) firstProcess() (process.Stat, bool) {
	text, err := os.ReadFile(c.proc + "/1/stat")
	if err != nil {
		return process.Stat{}, false
	}
	return process.ParseStat(text)
}
