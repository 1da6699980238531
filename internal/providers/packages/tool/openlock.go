package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// leftFile is a lock whose file may outlive its holder.
type leftFile interface {
	Lock
	// RemoveLeft removes the file if its holder has ended without doing so.
	RemoveLeft(ctx context.Context) (removed bool, err error)
}

// removeLeft removes the files of locks that killed programs have left.
func (h *Host) removeLeft(ctx context.Context, locks []Lock) error {
	for _, lock := range locks {
		left, ok := lock.(leftFile)
		if !ok {
			continue
		}
		removed, err := left.RemoveLeft(ctx)
		if err != nil {
			return fmt.Errorf("cannot remove the lock %q, which a killed program has left: %w", lock.Name(), err)
		}
		if removed {
			h.SendNotice("removed the lock that a killed program had left, %s", lock.Name())
		}
	}
	return nil
}

// openLock is a file that its holder makes, has open, and removes.
type openLock struct {
	tree fsys.Files
	file string
	proc string
}

// OpenLock is a lock that is a file, which its holder makes and keeps open until it removes it: of pacman. A killed
// process leaves the file, and no process has it open. If not all processes are visible that may have it open, it
// counts as held.
//
// libalpm makes the file empty and without permissions. People and scripts exclude pacman by a file with that name,
// too, and do not have it open: it counts as held until it is removed.
func OpenLock(tree fsys.Files, file string) Lock { return openLock{tree, file, "/proc"} }

func (l openLock) Name() string { return l.file }

func (l openLock) Holder() (pid int, held bool, err error) {
	info, err := l.tree.Stat(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	pid, all := l.findOpener(info)
	return pid, pid > 0 || !all || !l.isOurs() || !isOfLibrary(info), nil
}

// isOfLibrary reports whether a lock is as libalpm makes it.
func isOfLibrary(info os.FileInfo) bool { return info.Mode() == 0 && info.Size() == 0 }

// RemoveLeft implements [leftFile]. libalpm closes the file before it removes it, and between these no process has it
// open: so the file has to be the same, and open nowhere, also after a while.
func (l openLock) RemoveLeft(ctx context.Context) (removed bool, err error) {
	was, err := l.tree.Stat(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, held, err := l.Holder(); held || err != nil {
		return false, err
	}
	var pauses Pauses
	if err := pauses.Wait(ctx); err != nil {
		return false, err
	}
	now, err := l.tree.Stat(l.file)
	if err != nil || !os.SameFile(was, now) || !was.ModTime().Equal(now.ModTime()) { // an inode's number is used again
		return false, ignoreMissing(err)
	}
	if _, held, err := l.Holder(); held || err != nil {
		return false, err
	}
	if err := os.Remove(filepath.Join("/", l.tree.Root(), l.file)); err != nil {
		return false, ignoreMissing(err)
	}
	return true, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// findOpener finds a process that has the file open. all reports whether the files of all processes of this pid
// namespace were visible.
func (l openLock) findOpener(file os.FileInfo) (pid int, all bool) {
	entries, err := os.ReadDir(l.proc)
	if err != nil {
		return 0, false
	}
	first, hidden := false, false
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		opened, err := hasOpen(filepath.Join(l.proc, e.Name()), file, filepath.Base(l.file))
		if opened {
			return pid, true
		}
		first = first || pid == 1 // only root sees it, where others are hidden from users
		hidden = hidden || err != nil
	}
	return 0, first && !hidden
}

// hasOpen reports whether a process has a file of that name open. It returns an
// error if that cannot be determined. A container's root may not see the files of a process
// of another user than root, but such a process cannot have opened a lock.
func hasOpen(process string, file os.FileInfo, name string) (bool, error) {
	dir := filepath.Join(process, "fd")
	fds, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH): // it has ended
		return false, nil
	case errors.Is(err, fs.ErrPermission):
		var st unix.Stat_t
		if unix.Stat(process, &st) == nil && st.Uid != 0 {
			return false, nil
		}
		return false, err
	case err != nil:
		return false, err
	}
	for _, fd := range fds {
		opened := filepath.Join(dir, fd.Name())
		// The name asks nothing of the file's own file system: that of a server that
		// does not answer would never return.
		to, err := os.Readlink(opened)
		if err != nil || filepath.Base(strings.TrimSuffix(to, " (deleted)")) != name {
			continue
		}
		if info, err := os.Stat(opened); err == nil && os.SameFile(info, file) {
			return true, nil
		}
	}
	return false, nil
}

// initialPids is the name of the pid namespace in which all processes of a machine can
// be seen (PROC_PID_INIT_INO of the kernel).
const initialPids = "pid:[4026531836]"

// isOurs reports whether no process that we cannot see can have the file: we see all of
// the machine, or the file's mount shows a whole file system, as that of a container
// does, and not a folder of another one, which processes outside may share.
func (l openLock) isOurs() bool {
	if name, err := os.Readlink(filepath.Join(l.proc, "self/ns/pid")); err == nil && name == initialPids {
		return true
	}
	var st unix.Statx_t
	path := filepath.Join("/", l.tree.Root(), l.file)
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_MNT_ID, &st); err != nil || st.Mask&unix.STATX_MNT_ID == 0 {
		return false
	}
	data, err := os.ReadFile(filepath.Join(l.proc, "self/mountinfo"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		// ID PARENT MAJOR:MINOR ROOT MOUNTPOINT …
		f := strings.Fields(line)
		if len(f) > 4 && f[0] == strconv.FormatUint(st.Mnt_id, 10) {
			return f[3] == "/"
		}
	}
	return false
}
