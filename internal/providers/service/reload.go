package service

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// reloadSlack is by how much a file must be older than systemd's last load to
// count as loaded: the time of a change is coarse, and systemd says when it
// ended loading, not when it read a file. One reload too many is harmless.
const reloadSlack = 2 * time.Second

// ensureLoaded does a daemon-reload if systemd's idea of the unit files is not
// what is on the disk. It is called before actions on units and after links
// were made, and looks at files by the time at which they were put there
// (ctime): those of packages carry the time of their build, which is why
// systemd's own NeedDaemonReload cannot see them and comes only second.
func (s *systemd) ensureLoaded(ctx context.Context, b *bus, units []string) error {
	m, err := b.props(ctx, managerPath, managerFace)
	if err != nil {
		return fmt.Errorf("cannot ask systemd for its unit folders: %w", explain(err))
	}
	loaded, _ := lastLoad(m)
	seen, newest := scanUnitFiles(m.strs("UnitPath"))
	s.mu.Lock()
	stale := seen != s.seen
	if s.seen == "" {
		stale = newest.After(loaded.Add(-reloadSlack))
	}
	s.mu.Unlock()
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
		s.Forget()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = seen
	return nil
}

// scanUnitFiles returns a print of all unit files, links and drop-ins in the
// folders, and the latest moment at which one of them came to be as it is.
// What generators and systemd itself make is left out.
func scanUnitFiles(dirs []string) (seen string, newest time.Time) {
	h := fnv.New128a()
	add := func(path string, st *unix.Stat_t) {
		fmt.Fprintf(h, "%s\x00%d %d %d.%d\n", path, st.Ino, st.Size, st.Ctim.Sec, st.Ctim.Nsec)
		if t := time.Unix(st.Ctim.Unix()); t.After(newest) {
			newest = t
		}
	}
	for _, dir := range dirs {
		if base := filepath.Base(dir); strings.HasPrefix(base, "generator") || base == "transient" {
			continue
		}
		scanDir(dir, true, add)
	}
	return hex.EncodeToString(h.Sum(nil)), newest
}

// scanDir adds what is in dir and in its folders NAME.d, NAME.wants and so on.
// What goes away while it is read is left out: the folder's time tells.
func scanDir(dir string, deeper bool, add func(string, *unix.Stat_t)) {
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil {
		return
	}
	add(dir, &st)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := dir + "/" + e.Name()
		if unix.Lstat(path, &st) != nil {
			continue
		}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFDIR:
			if deeper {
				scanDir(path, false, add)
			}
		case unix.S_IFLNK:
			add(path, &st)
			// A linked unit file can change where it lies.
			if deeper && unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
				add(path, &st)
			}
		default:
			add(path, &st)
		}
	}
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
