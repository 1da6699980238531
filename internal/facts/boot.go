package facts

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Boot returns the kernel's id of this boot and the time on CLOCK_MONOTONIC,
// the clock that systemd's monotonic timestamps use: together they date a
// moment so that steps of the wall clock do not matter.
func Boot() (id string, mono time.Duration, err error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", 0, fmt.Errorf("cannot read the boot id: %w", err)
	}
	if id = strings.TrimSpace(string(b)); id == "" {
		return "", 0, errors.New("cannot read the boot id: it is empty")
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return "", 0, fmt.Errorf("cannot read the monotonic clock: %w", err)
	}
	return id, time.Duration(ts.Nano()), nil
}
