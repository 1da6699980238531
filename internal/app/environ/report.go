package environ

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"converge/internal/app/exit"
	"converge/internal/view"
)

// Warn shows a warning.
func (e *Env) Warn(message string) { view.Warn(e.Err, e.IsColored(e.Err), message) }

// End reports how the command ended and returns the exit status.
func (e *Env) End(ctx context.Context, err error) int {
	return e.endOutput(ctx, err, e.Report(ctx, e.blameOutput(err)))
}

// Report shows an error, unless that was done already, and returns its exit status.
func (e *Env) Report(ctx context.Context, err error) int {
	var coded *exit.Error
	switch {
	case err == nil:
		return exit.OK
	case errors.As(err, &coded):
		if coded.Err != nil {
			e.showError(e.Scrub.Error(coded.Err), coded.Hints...)
			e.writeFault(coded.Code, coded.Err, coded.Hints)
		} else if coded.Shown != nil {
			e.writeFault(coded.Code, coded.Shown, nil)
		}
		return coded.Code
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		e.showError(errUntouched)
		e.writeFault(exit.Interrupted, errUntouched, nil)
		return exit.Interrupted
	}
	e.showError(e.Scrub.Error(err))
	e.writeFault(exit.Failure, err, nil)
	return exit.Failure
}

var errUntouched = errors.New("interrupted; nothing was changed")

func (e *Env) showError(err error, hints ...string) {
	view.Error(e.Err, e.IsColored(e.Err), err, hints...)
}

// output is standard output. It reports a failed write in its own words and remembers it: a full disk, a closed pipe.
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
	err = fmt.Errorf("cannot write to standard output: %w", withoutPath(err))
	o.keepError(err)
	return n, err
}

// WriteString implements [io.StringWriter], to hide the method of the file.
func (o *output) WriteString(s string) (int, error) { return o.Write([]byte(s)) }

func (o *output) keepError(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
}

// writeError returns the first error of writing, nil if all was written.
func (o *output) writeError() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// blameOutput returns err; if that is a failure to write to standard output, with the exit status of a command whose
// output was lost.
func (e *Env) blameOutput(err error) error {
	if o, ok := e.Out.(*output); ok && err != nil && o.writeError() != nil && errors.Is(err, o.writeError()) {
		return e.lostOutput(o.writeError())
	}
	return err
}

// endOutput returns the exit status, if the corresponding output was written. A status with less information than the
// output, such as that of a check, stays; an error then reports the lost output.
func (e *Env) endOutput(ctx context.Context, ended error, code int) int {
	o, ok := e.Out.(*output)
	if !ok {
		return code
	}
	lost := o.writeError()
	switch {
	case lost == nil:
	case code == exit.OK || code == exit.Changes:
		return e.Report(ctx, e.lostOutput(lost))
	case !errors.Is(ended, lost):
		e.showError(lost)
	}
	return code
}

// lostOutput is the error of a command whose output was lost. A command that changes nothing has failed; a run was
// completed, but not as it should.
func (e *Env) lostOutput(err error) error {
	if e.Harmless != nil && e.Harmless.Load() {
		return exit.With(exit.Failure, err)
	}
	return exit.With(exit.Incomplete, err, "converge show says what the last run has done")
}

// WithLostLog returns the error of a command that ended with err and whose log could not be written because of lost
// (nil: it was written).
func (e *Env) WithLostLog(err, lost error) error {
	var coded *exit.Error
	if lost == nil || err != nil && (!errors.As(err, &coded) || coded.Code != exit.Changes) {
		return err
	}
	return e.lostOutput(lost)
}
