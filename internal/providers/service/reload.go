package service

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// reloadSlack is by how much a file must be older than systemd's last load to count as loaded: timestamps of changes
// are coarse, and systemd records the end of its load, not when it read a file. A superfluous reload is harmless.
const reloadSlack = 2 * time.Second

// loader makes systemd read its unit files again if they are not those on the disk.
type loader struct {
	client   *client
	followed *followed

	mu      sync.Mutex
	seen    string // print of the unit files when they were last checked
	reloads int    // daemon-reloads so far
	loads   []load // the moments at which systemd had read its unit files for them
}

// load is a moment at which systemd had read its unit files, by the wall clock and by CLOCK_MONOTONIC.
type load struct {
	wall time.Time
	mono time.Duration
}

// isBefore reports whether a process that was started at a moment came after this load, and the load after the last
// change of a file.
func (l load) isBefore(start time.Duration, changed time.Time) bool {
	return l.mono < start && changed.Before(l.wall)
}

// hasLoadedBefore reports whether a daemon-reload of this run was such a load. systemd itself only reports the last
// one.
func (l *loader) hasLoadedBefore(start time.Duration, changed time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.loads, func(m load) bool { return m.isBefore(start, changed) })
}

// ensureLoaded does a daemon-reload if systemd's unit files are not those on the disk. It is called before actions on
// units and after links were made, and compares the times at which files were put there (ctime): those of packages
// have the time of their build, which is why systemd's own NeedDaemonReload misses them and only comes second.
func (l *loader) ensureLoaded(ctx context.Context, b *bus, units []string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loadStale(ctx, b, units)
}

// catchUp is ensureLoaded, if this run has changed something since the unit files were last checked.
func (l *loader) catchUp(ctx context.Context, b *bus) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.followed.isPending() {
		return nil
	}
	return l.loadStale(ctx, b, nil)
}

// countReloads returns the number of daemon-reloads so far.
func (l *loader) countReloads() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reloads
}

// loadStale is ensureLoaded. The caller holds l.mu.
func (l *loader) loadStale(ctx context.Context, b *bus, units []string) error {
	m, err := b.readProps(ctx, managerPath, managerFace)
	if err != nil {
		return fmt.Errorf("cannot ask systemd for its unit folders: %w", explainDenied(err))
	}
	l.followed.noteLooked()
	found := scan(m.strs("UnitPath"))
	stale := l.followed.isReadByUnknown()
	if l.seen == "" {
		stale = stale || found.newest.After(findLastLoad(m).wall.Add(-reloadSlack))
	} else {
		stale = stale || found.print != l.seen
	}
	for _, u := range units {
		if stale {
			break
		}
		p, err := b.readProps(ctx, unitPath(u), unitFace)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", u, explainDenied(err))
		}
		stale = p.is("NeedDaemonReload")
	}
	if stale {
		if err := b.callManager(ctx, "Reload", nil); err != nil {
			return fmt.Errorf("cannot make systemd read its unit files again (daemon-reload): %w", explainDenied(err))
		}
		l.followed.noteReload()
		l.reloads++
		if m, err = b.readProps(ctx, managerPath, managerFace); err != nil {
			return fmt.Errorf("cannot ask systemd when it loaded its units: %w", explainDenied(err))
		}
		l.loads = append(l.loads, findLastLoad(m))
		l.client.forgetListing()
	}
	l.seen = found.print
	return nil
}

// wasLoaded reports whether this run has checked the unit files before.
func (l *loader) wasLoaded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen != ""
}

// findLastLoad returns when systemd last read its unit files, by the wall clock and by CLOCK_MONOTONIC. Before the
// first daemon-reload of a boot, and before version 250 always, only that of the boot itself is known.
func findLastLoad(manager props) load {
	name := "UnitsLoadTimestamp"
	if manager.num(name) == 0 {
		name = "UnitsLoadFinishTimestamp"
	}
	return load{time.UnixMicro(manager.num(name)), time.Duration(manager.num(name+"Monotonic")) * time.Microsecond}
}
