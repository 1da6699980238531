// Package fsys reads and changes files under one root. Every path is absolute and inside the root: links are resolved as
// for a process that was chrooted there, and none leads out.
//
// Start with [Open] for reading and [FS.Begin] for writing: a [Txn] stages new files beside their targets, with their
// final mode and owner, and applies all of them in one commit: after a crash each path holds the old or the new content,
// never a part. [FS.Sweep] removes what a killed process staged.
//
// The package has four parts. [FS] and [Held] read by paths inside the root (tree resolves them, rules refuses unsafe
// steps). [Txn], with [Below], changes them: scope looks up, stager makes the new files, committer puts them in place.
// [Dir] is one directory held open, for callers that use names themselves; its handle is the directory itself.
// [ReplaceFile] writes converge's own files.
//
// It is not a general file system interface, and makes no decisions: its callers decide what to write, whether to follow
// a link, and what counts as an edit.
package fsys

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// FS is the file system under a root. It may be used by many goroutines.
type FS struct {
	looks
	root string
	dir  *os.File // the root, O_PATH
	real bool     // the root is the process's own "/"
	top  Info     // the root directory

	rules   *rules
	folders notedFolders

	noOpenat2 bool // the kernel lacks openat2 (before 5.6, or a seccomp filter): walk instead
}

// Open opens the file system under root, which must be a directory.
func Open(root string) (*FS, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, errorAbout("open root", root, err)
	}
	fd, err := retryInterrupted(func() (int, error) {
		return unix.Open(abs, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, errorAbout("open root", abs, err)
	}
	f := &FS{root: abs, dir: os.NewFile(uintptr(fd), abs), real: abs == "/"}
	f.fs = f
	probe, err := unix.Openat2(fd, ".", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT})
	if err == nil {
		unix.Close(probe)
	}
	f.noOpenat2 = errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM)
	if f.top, err = lstat(fd, ""); err != nil {
		f.Close()
		return nil, errorAbout("look at", abs, err)
	}
	f.rules = &rules{self: uint32(unix.Geteuid()), group: uint32(unix.Getegid()), trusted: []uint32{f.top.UID}}
	return f, nil
}

// Close releases the root.
func (f *FS) Close() error { return f.dir.Close() }

// Root returns the absolute path of the root.
func (f *FS) Root() string { return f.root }

// HostPath returns the path on the host, provided that no link is on the way: for commands that read it, and for
// messages.
func (f *FS) HostPath(p string) string {
	if f.real {
		return p
	}
	return filepath.Join(f.root, p)
}

// Trust adds a trusted user. Do not call it during a read.
func (f *FS) Trust(uid uint32) {
	if !slices.Contains(f.rules.trusted, uid) {
		f.rules.trusted = append(f.rules.trusted, uid)
	}
}

// splitPath cleans p and cuts it into directory and name. The root has no name.
func splitPath(p string) (dir, name string, err error) {
	if !strings.HasPrefix(p, "/") || strings.IndexByte(p, 0) >= 0 {
		return "", "", unix.EINVAL
	}
	p = path.Clean(p)
	if p == "/" {
		return "/", ".", nil
	}
	i := strings.LastIndexByte(p, '/')
	return p[:max(i, 1)], p[i+1:], nil
}

// retryInterrupted repeats a call that a signal interrupted.
func retryInterrupted(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// openat opens an entry of a directory and follows no link. Only its owner may access an entry that it makes.
func openat(dir int, name string, flags int) (int, error) {
	return retryInterrupted(func() (int, error) {
		return unix.Openat(dir, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	})
}

// retryErrno is retryInterrupted for bare system calls, which allocate nothing.
func retryErrno(call func() unix.Errno) error {
	for {
		switch errno := call(); errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// ignoringEINTR is retryInterrupted for calls that return an error only.
func ignoringEINTR(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
