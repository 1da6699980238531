package service

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/resource"
)

// life is the facts that decide whether an owed action is still needed.
type life struct {
	exists bool
	active string        // ActiveState
	boot   string        // id of this boot
	since  time.Duration // CLOCK_MONOTONIC: when the running process was started; 0: not known

	// fresh means that the running process was started from the present unit file. It is false if a daemon-reload is
	// missing, or came after the start.
	fresh bool

	// ran means that it is down because it ran to its end without an error.
	ran bool
}

// ranSince reports whether a unit that ends by itself has run since a moment, by its present file.
func (l life) ranSince(since resource.Instant) bool {
	return l.ran && l.boot == since.Boot && since.Mono > 0 && l.since > since.Mono && l.fresh
}

// isOvertaken decides whether an action that a change owes since a moment has become pointless.
func isOvertaken(w wanted, l life, verb string, since resource.Instant) bool {
	st := status{active: l.active}
	switch {
	case verb == "stop":
		return st.isDown()
	case !l.exists, l.ranSince(since):
		return true
	case verb == "start":
		return st.isUp()
	case st.isDown():
		// A reload of a stopped unit does nothing, and a restart only makes sense if it should run.
		return verb == "reload" || isFalse(w.running)
	case !st.isUp():
		return false
	case l.boot != since.Boot:
		return since.Boot != "" // everything that runs was started since
	}
	return since.Mono > 0 && l.since > since.Mono && l.fresh
}

// satisfied reports whether an action that a change owes since a moment has become pointless.
func (s *systemd) satisfied(ctx context.Context, w wanted, verb string, since resource.Instant) (bool, error) {
	b, err := s.client.connect(ctx)
	if err != nil {
		return false, err
	}
	p, err := b.readUnitProps(ctx, w.unit)
	if err == nil && p.str("LoadState") == loadNotFound {
		// A generator may make it from what this run has changed.
		if err := s.loader.catchUp(ctx, b); err != nil {
			return false, err
		}
		p, err = b.readUnitProps(ctx, w.unit)
	}
	if err != nil {
		return false, fmt.Errorf("cannot look at unit %s: %w", w.unit, explainDenied(err))
	}
	if p.str("LoadState") == "masked" {
		return true, nil // systemd does not start it, in this run or any later one
	}
	l, err := s.readLife(ctx, b, w, p)
	if err != nil {
		return false, err
	}
	if l.fresh, err = s.isFresh(ctx, b, p, l, since); err != nil {
		return false, err
	}
	return isOvertaken(w, l, verb, since), nil
}

// readLife reads what decides whether an action on a unit with the properties p is still needed, except whether the
// running process is fresh.
func (s *systemd) readLife(ctx context.Context, b *bus, w wanted, p props) (life, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return life{}, fmt.Errorf("cannot read the boot id: %w", err)
	}
	l := life{
		exists: p.str("LoadState") != loadNotFound, active: p.str("ActiveState"),
		boot: strings.TrimSpace(string(boot)), since: findStart(p), ran: w.ranToItsEnd(p),
	}
	if !l.exists {
		// Perhaps its file was added and systemd has not read it yet.
		st := status{id: w.unit}
		if err := s.reader.readFile(ctx, b, &st); err != nil {
			return life{}, err
		}
		l.exists = st.exists
	}
	if l.ran && l.since == 0 && s.expected[p.str("Id")] {
		l.since = findLastStart(ctx, p.str("Id"))
	}
	return l, nil
}

// isFresh reports whether the process of a unit with the properties p was started from the present unit file.
func (s *systemd) isFresh(ctx context.Context, b *bus, p props, l life, since resource.Instant) (bool, error) {
	if p.is("NeedDaemonReload") {
		return false, nil
	}
	if since.Mono <= 0 {
		return true, nil
	}
	m, err := b.readProps(ctx, managerPath, managerFace)
	if err != nil {
		return false, fmt.Errorf("cannot ask systemd when it loaded its units: %w", explainDenied(err))
	}
	changed := findDefinition(p)
	if changed.Before(since.Wall.Add(-reloadSlack)) {
		return true, nil
	}
	// The unit's own file changed with the cause of the debt, or later: systemd must have read it before it started the
	// unit.
	return findLastLoad(m).isBefore(l.since, changed) || s.loader.hasLoadedBefore(l.since, changed), nil
}

// findStart returns when the unit read its files: when its main process was started or, without one, when the unit
// began to come up.
func findStart(p props) time.Duration {
	us := p.num("ExecMainStartTimestampMonotonic")
	if us == 0 {
		us = p.num("InactiveExitTimestampMonotonic")
	}
	return time.Duration(us) * time.Microsecond
}

// findDefinition returns the latest change of the unit's file or one of its drop-ins.
func findDefinition(p props) time.Time {
	return findNewest(append(p.strs("DropInPaths"), p.str("FragmentPath"), p.str("SourcePath")))
}

// findNewest returns the latest change of one of the files.
func findNewest(paths []string) (latest time.Time) {
	for _, path := range paths {
		var st unix.Stat_t
		if path == "" || unix.Stat(path, &st) != nil {
			continue
		}
		if t := time.Unix(st.Ctim.Unix()); t.After(latest) {
			latest = t
		}
	}
	return latest
}
