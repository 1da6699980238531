package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"converge/internal/app/exit"
	"converge/internal/fsys"
)

// output is standard output. It reports a failed write in its own words and
// remembers it: a full disk, a closed pipe.
type output struct {
	*os.File
	mu  sync.Mutex
	err error
}

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	n, err := o.File.Write(p)
	if err == nil {
		return n, nil
	}
	err = fmt.Errorf("cannot write to standard output: %w", cause(err))
	o.note(err)
	return n, err
}

// WriteString implements [io.StringWriter], which the file would otherwise do.
func (o *output) WriteString(s string) (int, error) { return o.Write([]byte(s)) }

func (o *output) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
}

// lost is what kept some of the output from being written, nil if nothing did.
func (o *output) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// unwritten is err; where that is that standard output could not be written to,
// with the exit status of a command whose output was lost.
func (a *app) unwritten(err error) error {
	if o, ok := a.out.(*output); ok && err != nil && o.lost() != nil && errors.Is(err, o.lost()) {
		return a.unreported(o.lost())
	}
	return err
}

// unreported is the error of a command whose output was lost: of one that
// changes nothing an ordinary failure; of a run, which went on to its end, that
// it did not go as it should.
func (a *app) unreported(err error) error {
	e := exit.With(exit.Incomplete, err, "converge show says what the last run has done")
	if a.harmless != nil && a.harmless.Load() {
		e.Code, e.Hints = exit.Failure, nil
	}
	return e
}

// reported is the exit status, if the output that led to it was written.
func (a *app) reported(ctx context.Context, code int) int {
	o, ok := a.out.(*output)
	if !ok || code != exit.OK && code != exit.Changes {
		return code
	}
	if err := o.lost(); err != nil {
		return a.status(ctx, a.unreported(err))
	}
	return code
}

// closed returns how a session ends whose log lost an error when it was closed.
func (a *app) closed(err, lost error) error {
	var e *exit.Error
	if lost == nil || err != nil && (!errors.As(err, &e) || e.Code != exit.Changes) {
		return err
	}
	return a.unreported(lost)
}

// ordinary refuses to write to anything but a regular file: another one would be
// replaced, or accept the bytes and keep none. A missing file is accepted.
func ordinary(path string) error {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return cause(err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	}
	return nil
}

// withOutput calls write for a file that the command line names. As root it refuses
// a path that another user may have chosen (see [fsys.ErrUnsafe]), unless that user
// called converge by sudo.
func withOutput(path string, write func(host *fsys.FS, whole string) error) error {
	whole, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	host, err := fsys.Open("/")
	if err != nil {
		return err
	}
	defer host.Close() //nolint:errcheck // nothing was written by it
	if uid, err := strconv.ParseUint(os.Getenv("SUDO_UID"), 10, 32); err == nil {
		host.Trust(uint32(uid))
	}
	if err := write(host, whole); err != nil {
		return fmt.Errorf("%s: %w", path, cause(err)) // the whole path says no more
	}
	return nil
}

// cause takes the path off an error of the os package.
func cause(err error) error {
	if pe, ok := err.(*os.PathError); ok { //nolint:errorlint // os returns it bare
		return pe.Err
	}
	return err
}
