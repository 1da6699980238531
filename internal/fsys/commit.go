package fsys

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// committer puts staged steps in place.
type committer struct {
	rules *rules
	few   bool // so few steps that each is synced separately
}

// Commit applies everything that was staged without error, in order: it makes new files durable, renames them, makes
// changes in place, removes files, and then makes the names durable. It ends the group; each step holds its own result.
// If ctx is cancelled before the first rename, everything is undone; after it, Commit continues to the last step.
//
// The error is about the group as a whole: it was cancelled, or its changes may
// not be on disk.
func (t *Txn) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		t.Abort()
		return err
	}
	t.few = len(t.steps) <= maxOpen
	t.syncStaged()
	var touched []*Step
	for _, s := range t.steps {
		switch {
		case s.err == nil && s.needs != nil && s.needs.err != nil:
			s.err = s.needs.err
			t.discardStaged(s)
		case s.err == nil:
			if err := s.apply(s); err != nil {
				t.failStep(s, err)
				continue
			}
			s.done, s.temp = true, ""
			if !s.virtual {
				touched = append(touched, s)
			}
		}
	}
	err := t.syncNames(touched)
	t.closeAll()
	return err
}

// syncStaged makes contents durable before their names: a crash must not leave a name for an empty file. A file that
// cannot be synced is not put in place.
func (t *Txn) syncStaged() {
	var files []*Step
	closed := false
	for _, s := range t.steps {
		if s.err == nil && s.temp != "" {
			files = append(files, s)
			closed = closed || s.fd < 0 && s.file
		}
	}
	if !closed {
		for _, s := range files {
			if s.fd < 0 {
				continue
			}
			if err := fsync(s.fd); err != nil {
				t.failStep(s, err)
			}
			t.closeFile(s)
		}
		return
	}
	done := map[uint64]error{}
	for _, s := range files {
		dev := s.dir.info.Dev
		err, ok := done[dev]
		if !ok {
			err = syncfs(s.dir.fd)
			done[dev] = err
		}
		if err != nil {
			t.failStep(s, err)
		}
		t.closeFile(s)
	}
}

// syncNames makes durable the changes of the steps to directories and modes.
func (c *committer) syncNames(touched []*Step) error {
	done := map[uint64]bool{}
	var errs []error
	for _, s := range touched {
		d := s.dir
		if d.synced {
			continue
		}
		d.synced = true
		var err error
		if c.few {
			err = fsync(d.fd)
		} else if !done[d.info.Dev] {
			done[d.info.Dev] = true
			err = syncfs(d.fd)
		}
		if err != nil {
			errs = append(errs, errorAbout("sync", d.path, err))
		}
	}
	return errors.Join(errs...)
}

// fsync syncs an open file or directory. Some kernel interfaces have nothing to sync, and return EINVAL.
func fsync(fd int) error {
	err := ignoringEINTR(func() error { return unix.Fsync(fd) })
	if errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

func syncfs(fd int) error { return ignoringEINTR(func() error { return unix.Syncfs(fd) }) }

// refuseChanged refuses to replace or remove a file that another program has written since Look: that content was never
// read, and no blob has it. The same holds for the target of a link, and for an entry whose type has changed.
func refuseChanged(s *Step, live Info) error {
	if live.Type == Directory {
		return nil // to be removed if it is empty, which the kernel checks
	}
	now, err := lstat(s.dir.fd, s.name)
	hasContent := live.Type == Regular || live.Type == Symlink
	if err == nil && (now.Type != live.Type || hasContent && !now.SameContent(live)) {
		err = ErrChanged
	}
	return missingIsFine(err)
}

// renameStaged returns the apply of a step with a staged entry in its directory. If nothing was at the path, nothing may
// have appeared there since.
func (c *committer) renameStaged(live Info) func(*Step) error {
	return func(s *Step) error {
		if live.Ino == 0 {
			err := ignoringEINTR(func() error {
				return unix.Renameat2(s.dir.fd, s.temp, s.dir.fd, s.name, unix.RENAME_NOREPLACE)
			})
			if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS) {
				return err
			}
			// Some file systems cannot do that (NFS, old FUSE): check first.
			if _, err := lstatx(s.dir.fd, s.name); !errors.Is(err, unix.ENOENT) {
				return unix.EEXIST
			}
		} else if err := refuseChanged(s, live); err != nil {
			return err
		}
		err := ignoringEINTR(func() error { return unix.Renameat(s.dir.fd, s.temp, s.dir.fd, s.name) })
		if errors.Is(err, unix.EBUSY) && s.file {
			return c.writeInPlace(s, live) // a mount point, on a kernel that did not report it
		}
		// rename(2) succeeds without doing anything if both names are the same file already, as with a backup that is
		// made twice.
		if err == nil && live.Links > 1 {
			unix.Unlinkat(s.dir.fd, s.temp, 0) //nolint:errcheck // ENOENT unless that happened
		}
		return err
	}
}
