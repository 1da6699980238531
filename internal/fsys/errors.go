package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Error is the failure of an operation on one path. Err is the cause, an errno if the kernel returned one, so that
// errors.Is(err, fs.ErrNotExist) and the like work.
type Error struct {
	Verb string // "replace", "read"
	Path string // inside the root
	Err  error
	Hint string // the reason, if known: "it is immutable (chattr +i)"
}

func (e *Error) Error() string {
	s := fmt.Sprintf("cannot %s %q: %v", e.Verb, e.Path, e.Err)
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// errorAbout describes a failed operation on path; it returns an error that already does so unchanged.
func errorAbout(verb, path string, err error) error {
	if no, bare := err.(unix.Errno); bare { //nolint:errorlint // the usual case: a plan of creations has one for each file
		return &Error{Verb: verb, Path: path, Err: no}
	}
	var own *Error
	var pe *fs.PathError
	var se *os.SyscallError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return err
	case errors.As(err, &pe):
		err = pe.Err
	}
	if errors.As(err, &se) { // in a PathError too, of copy_file_range for one
		err = se.Err
	}
	return &Error{Verb: verb, Path: path, Err: err}
}

// addHint adds what can be found out about a refusal by the kernel.
func addHint(err error, d *node, name string) error {
	var e *Error
	if !errors.As(err, &e) || e.Hint != "" {
		return err
	}
	switch {
	case errors.Is(e.Err, ErrChanged):
		e.Hint = "apply again"
	case errors.Is(e.Err, unix.EROFS):
		e.Hint = "the file system is mounted read-only"
	case errors.Is(e.Err, unix.EPERM) && d != nil:
		if info, err := lstatx(d.fd, name); err == nil && info.Immutable {
			e.Hint = "it is immutable or append-only (see chattr)"
		} else if info, err := lstatx(d.fd, "."); err == nil && info.Immutable {
			e.Hint = "its directory is immutable or append-only (see chattr)"
		}
	case errors.Is(e.Err, unix.ELOOP):
		e.Hint = "symbolic links on the way go round in a circle"
	}
	return err
}

// noDir adds that the missing directory is a parent of path.
func noDir(err error, path string) error {
	var e *Error
	if !errors.As(err, &e) || e.Hint != "" {
		return err
	}
	dir, _, serr := splitPath(path)
	switch {
	case serr != nil:
	case errors.Is(e.Err, fs.ErrNotExist):
		e.Hint = fmt.Sprintf("there is no directory %q", dir)
	case errors.Is(e.Err, unix.ENOTDIR):
		e.Hint = fmt.Sprintf("%q is not, or does not lie in, a directory", dir)
	}
	return err
}

var (
	// ErrChanged is the cause when an entry to be replaced or removed has changed since [Txn.Look].
	ErrChanged = errors.New("it was changed since it was looked at")

	// ErrPlanted is the cause when a link on the way was planted by another user in a directory that anyone can write
	// to, see [PlantedError].
	ErrPlanted = errors.New("a link on the way was planted by another user in a directory that anyone can write to")

	// ErrMounted is the cause when a file system is mounted on or below an entry to be removed.
	ErrMounted = errors.New("a file system is mounted there")

	errNoSource  = errors.New("not a regular file")
	errLinkBelow = errors.New("a link has come in the way since it was looked at")
	errReplaced  = errors.New("it was replaced since it was looked at")

	// ErrShared is the cause when the owner or mode of a file cannot be changed safely: it has other names, and others
	// can write to its directory, so that one of them may have linked a third user's file there.
	ErrShared = errors.New("it has other names (hard links) and others can write to its directory: " +
		"remove the other names, or put a copy in its place")
)
