package service

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"converge/internal/process"
)

// settleTime is how long the main process of a service has to live before its start counts, if systemd counts it at
// once (Type=simple and the like).
const settleTime = 250 * time.Millisecond

// proveSettled proves that a unit after its start, restart or reload is up, and still is a moment later, or ran to its
// end if no more is wanted of it. skipped means that systemd has skipped the start.
func proveSettled(ctx context.Context, b *bus, w wanted, unit, verb string) (skipped bool, err error) {
	p, err := b.readUnitProps(ctx, unit)
	if err != nil {
		return false, fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
	}
	if pid := int(p.num("MainPID")); pid > 0 && slices.Contains([]string{"simple", "exec", "idle"}, p.str("Type")) && isUp(p) {
		if err := process.AwaitExit(ctx, pid, settleTime); err != nil {
			return false, fmt.Errorf("cannot watch unit %s: %w", unit, err)
		}
		if p, err = b.readUnitProps(ctx, unit); err != nil {
			return false, fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
		}
	}
	if isUp(p) || w.ranToItsEnd(p) || w.wasSkipped(p) {
		return !isUp(p) && w.wasSkipped(p), nil
	}
	return false, fmt.Errorf("cannot %s unit %s: %s", verb, unit, explainDown(p))
}

// ranToItsEnd reports whether a unit that is down was started and ended well, and no attribute wants it to run: a
// notified oneshot is done then. A unit that systemd no longer knows has ended well: it keeps failed ones.
func (w wanted) ranToItsEnd(p props) bool {
	if isTrue(w.running) || p.str("ActiveState") != stInactive || p.str("LoadState") != "loaded" || p.str("Result") != "success" {
		return false
	}
	return !isUnmet(p, "Condition") && !isUnmet(p, "Assert")
}

// wasSkipped reports whether systemd did not start a unit because a Condition… of it does not hold, and no attribute
// wants it to run. systemd counts such a start as done (systemd.unit(5)), and its next one reads everything anew.
func (w wanted) wasSkipped(p props) bool {
	return !isTrue(w.running) && p.str("ActiveState") == stInactive && p.str("LoadState") == "loaded" && isUnmet(p, "Condition")
}

// isUnmet reports whether a Condition… or an Assert… of a unit does not hold.
func isUnmet(p props, what string) bool {
	return p.num(what+"TimestampMonotonic") > 0 && !p.is(what+"Result")
}

func isUp(p props) bool { return status{active: p.str("ActiveState")}.isUp() }

// Statuses with which systemd itself ends a process before its program runs, see systemd.exec(5).
const (
	exitGroup = 216
	exitUser  = 217
)

// conflictsOf lists the units that cannot run together with a unit. All units conflict with that of the shutdown.
func conflictsOf(p props) []string {
	return slices.DeleteFunc(appendNew(slices.Clone(p.strs("Conflicts")), p.strs("ConflictedBy")), func(unit string) bool {
		return unit == "shutdown.target"
	})
}

// explainDown explains in one clause why a unit is not up.
func explainDown(p props) string {
	result := p.str("Result")
	switch {
	case p.str("LoadState") != "loaded" && p.str("LoadState") != "":
		return "its unit file is not in order (" + p.str("LoadState") + ")"
	case isUnmet(p, "Condition"):
		return "a Condition… of the unit does not hold, so systemd did not start it"
	case isUnmet(p, "Assert"):
		return "an Assert… of the unit does not hold"
	case result == "success" && p.str("Type") == "oneshot" && !p.is("RemainAfterExit"):
		return "it ran to its end and is over: a oneshot without RemainAfterExit=yes is never running"
	case result == "success" && p.is("StopWhenUnneeded"):
		return "systemd stopped it again, because nothing needs it (StopWhenUnneeded=yes)"
	case result == "success" && len(conflictsOf(p)) > 0:
		return "it is " + p.str("ActiveState") + " again: it ended by itself, or systemd stopped it for a unit that it conflicts with (" + strings.Join(conflictsOf(p), ", ") + ")"
	case result == "success" && p.num("ExecMainStartTimestampMonotonic") == 0:
		// systemd has dropped the unit with its data.
		return "it is " + p.str("ActiveState") + " again: it ended by itself without an error, or a Condition… of it does not hold"
	case result == "success":
		return "its main process ended by itself at once, without an error: it is " + p.str("ActiveState") + " (" + p.str("SubState") + ")"
	case result == "exit-code" && p.num("ExecMainStatus") == exitGroup:
		return fmt.Sprintf("systemd cannot run it as the group %q (status %d)", p.str("Group"), exitGroup)
	case result == "exit-code" && p.num("ExecMainStatus") == exitUser:
		return fmt.Sprintf("systemd cannot run it as the user %q (status %d)", p.str("User"), exitUser)
	case result == "exit-code":
		return fmt.Sprintf("its process ended with status %d", p.num("ExecMainStatus"))
	case result == "start-limit-hit":
		return "it was started too often in too short a time"
	case result == "timeout":
		return "it was not ready within the time that its unit allows (TimeoutStartSec)"
	case result == "":
		return "it is " + p.str("ActiveState") + " (" + p.str("SubState") + ")"
	}
	return "its result is " + result
}
