package initd

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/process"
	"converge/internal/resource"
)

// life is the facts that decide whether an owed action is still needed.
type life struct {
	is      condition
	masked  bool
	boot    string        // id of this boot
	born    time.Duration // when the main process was started, by CLOCK_MONOTONIC; 0: not known
	written time.Time     // when its pid file was written
}

// Satisfied implements [resource.Actor].
func (p *Provider) Satisfied(ctx context.Context, want cty.Value, verb string, since resource.Instant) (bool, error) {
	w, s, err := p.prepare(want)
	if err != nil || !p.runs {
		return err == nil, err // a service that the boot starts will read everything
	}
	if !s.isThere() {
		return true, nil
	}
	l := life{masked: s.isMasked()}
	if l.is, _, err = p.looker.look(ctx, w, s); err != nil {
		return false, err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return false, fmt.Errorf("cannot read the boot id: %w", err)
	}
	l.boot = strings.TrimSpace(string(boot))
	if pid, written, ok := p.looker.pids.findProcess(s); ok {
		l.born, l.written = findStart(pid), written
	}
	return isOvertaken(w, l, verb, since), nil
}

// isOvertaken decides whether an action that a change owes since a moment has become pointless. Without a pid file the
// start time of a service is not known: it is then restarted once more.
func isOvertaken(w wanted, l life, verb string, since resource.Instant) bool {
	switch {
	case verb == "stop":
		return l.is == down
	case l.masked:
		return true // nothing can start it, now or in any later run
	case verb == "start":
		return l.is == up
	case l.is == down:
		// A reload of a stopped service does nothing, and a restart only makes sense if it should run.
		return verb == "reload" || isFalse(w.running)
	case l.is != up:
		return false
	case l.boot != since.Boot:
		return since.Boot != "" // everything that runs was started since
	}
	// If another process has the pid now, the pid file is old.
	return since.Mono > 0 && l.born > since.Mono && l.written.After(since.Wall)
}

// findStart returns when a process was started, by CLOCK_MONOTONIC; 0: not known. The
// kernel counts it in ticks of CLOCK_BOOTTIME, which continues while the machine sleeps: the
// answer is never too late.
func findStart(pid int) time.Duration {
	const tick = time.Second / 100 // USER_HZ, the same on all machines of Linux
	s, alive := process.StatOf(pid)
	var boot, mono unix.Timespec
	if !alive || unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono) != nil {
		return 0
	}
	return time.Duration(s.Born)*tick - time.Duration(boot.Nano()-mono.Nano())
}
