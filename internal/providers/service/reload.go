package service

import (
	"context"
	"fmt"
	"time"
)

// reloadSlack is by how much a file must be older than systemd's last load to
// count as loaded: the time of a change is coarse, and systemd records when it
// ended loading, not when it read a file. One reload too many is harmless.
const reloadSlack = 2 * time.Second

// ensureLoaded does a daemon-reload if systemd's unit files are not those on the
// disk. It is called before actions on units and after links were made, and
// compares the times at which files were put there (ctime): those of packages
// carry the time of their build, which is why systemd's own NeedDaemonReload
// cannot see them and comes only second.
func (s *systemd) ensureLoaded(ctx context.Context, b *bus, units []string) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	return s.load(ctx, b, units)
}

// catchUp is ensureLoaded, if this run has changed something since the unit
// files were last looked at.
func (s *systemd) catchUp(ctx context.Context, b *bus) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	if !s.followed.isPending() {
		return nil
	}
	return s.load(ctx, b, nil)
}

// reloads is the number of daemon-reloads so far.
func (s *systemd) reloads() int {
	s.loading.Lock()
	defer s.loading.Unlock()
	return s.epoch
}

// load is ensureLoaded. The caller holds s.loading.
func (s *systemd) load(ctx context.Context, b *bus, units []string) error {
	m, err := b.props(ctx, managerPath, managerFace)
	if err != nil {
		return fmt.Errorf("cannot ask systemd for its unit folders: %w", explain(err))
	}
	s.followed.looked()
	found := scan(m.strs("UnitPath"))
	stale := s.followed.readByUnknown()
	if s.seen == "" {
		loaded, _ := lastLoad(m)
		stale = stale || found.newest.After(loaded.Add(-reloadSlack))
	} else {
		stale = stale || found.print != s.seen
	}
	for _, u := range units {
		if stale {
			break
		}
		p, err := b.props(ctx, unitPath(u), unitFace)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", u, explain(err))
		}
		stale = p.is("NeedDaemonReload")
	}
	if stale {
		if err := b.manager(ctx, "Reload", nil); err != nil {
			return fmt.Errorf("cannot make systemd read its unit files again (daemon-reload): %w", explain(err))
		}
		s.followed.reloaded()
		s.epoch++
		s.forgetListing()
	}
	s.seen = found.print
	return nil
}

// finish makes systemd read what this run has changed and it has not read, at
// the end of a run. It asks systemd nothing if no such file was changed.
func (s *systemd) finish(ctx context.Context) error {
	found := scan(unitDirs())
	began := s.followed.began()
	if !s.wasLoaded() && found.newest.Before(began) && !s.followed.readByUnknown() {
		return nil
	}
	b, err := s.connect(ctx)
	if err != nil {
		return err
	}
	if err := s.ensureLoaded(ctx, b, nil); err != nil {
		return err
	}
	if err := s.rearm(ctx, b, began); err != nil || found.newest.Before(began) {
		return err
	}
	return s.renewSockets(ctx, b, began)
}

// wasLoaded reports whether this run has looked at the unit files before.
func (s *systemd) wasLoaded() bool {
	s.loading.Lock()
	defer s.loading.Unlock()
	return s.seen != ""
}

// lastLoad is when systemd last read its unit files, by the wall clock and by
// CLOCK_MONOTONIC. Before the first daemon-reload of a boot, and before
// version 250 always, only that of the boot itself is known.
func lastLoad(manager props) (wall time.Time, mono time.Duration) {
	name := "UnitsLoadTimestamp"
	if manager.num(name) == 0 {
		name = "UnitsLoadFinishTimestamp"
	}
	return time.UnixMicro(manager.num(name)), time.Duration(manager.num(name+"Monotonic")) * time.Microsecond
}
