package packages

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"
)

// momentsOf returns when the changes took effect: for a changed package it is the moment at which the last file of all
// changed packages was put in place, because a unit may use any of them. A unit that its own package's script
// restarted later runs the new files. A script that writes to such a file makes the moment seem later: at worst a unit
// is restarted twice. Zero means unknown: a package without files, or without one that is newer than the start of the
// batch.
func (b *batch) momentsOf(ctx context.Context, started time.Time, before, after *database, j *job) []time.Time {
	changed := b.changedPackages(before, after, j)
	if len(changed) == 0 {
		return nil
	}
	list := make([]Package, 0, len(changed))
	for _, p := range changed {
		list = append(list, p)
	}
	c, err := b.Files.ListContents(ctx, list...)
	if err != nil {
		b.notice(fmt.Sprintf("cannot tell when files were put in place, so that a service may be restarted twice: %v", err))
		return nil
	}
	last := b.newestOf(c.Paths)
	if last.Before(started) {
		return nil
	}
	at := make([]time.Time, len(b.cs))
	for i, c := range b.cs {
		name := c.Label()
		if j != nil {
			name = j.items[i].name
		}
		if p, ok := after.find(name); ok {
			if _, made := changed[p.Name]; made {
				at[i] = last
			}
		}
	}
	return at
}

// clockTick is how much older than its writing a file's time may be: the kernel stamps
// files by a clock that ticks (CONFIG_HZ, 100 at least).
const clockTick = 10 * time.Millisecond

// newestOf is when the last of the files was put in place, and not after now: another
// program may still write to one.
func (b *batch) newestOf(paths []string) time.Time {
	var last time.Time
	for _, path := range paths {
		if info, err := b.tree.Stat(path); err == nil && !info.IsDir() && changeTime(info).After(last) {
			last = changeTime(info)
		}
	}
	last = last.Add(clockTick)
	if now := time.Now(); last.After(now) {
		return now
	}
	return last
}

// changedPackages are the installed packages, by name, that were not there in this
// version before, or that were installed once more.
func (b *batch) changedPackages(before, after *database, j *job) map[string]Package {
	changed := map[string]Package{}
	for i := range after.list {
		p := after.list[i]
		if !before.has(p) {
			changed[p.Name] = p
		}
	}
	if j == nil {
		return changed
	}
	for _, o := range j.ops {
		if p, ok := after.find(o.Name); ok && o.Old == o.New {
			changed[o.Name] = p
		}
	}
	return changed
}

// changeTime is when the inode was last written: unlike the modification time,
// it cannot be set.
func changeTime(info os.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctim.Unix())
	}
	return info.ModTime()
}
