package environ

import (
	"context"
	"errors"

	"converge/internal/app/exit"
	"converge/internal/view"
)

// Warn shows a warning.
func (e *Env) Warn(message string) { view.Warn(e.Err, e.IsColored(e.Err), message) }

// End reports how the command ended and returns the exit status.
func (e *Env) End(ctx context.Context, err error) int {
	return e.endOutput(ctx, e.Report(ctx, e.blameOutput(err)))
}

// Report shows an error, unless that has been done already, and returns its exit
// status.
func (e *Env) Report(ctx context.Context, err error) int {
	var coded *exit.Error
	switch {
	case err == nil:
		return exit.OK
	case errors.As(err, &coded):
		if coded.Err != nil {
			e.showError(e.Scrub.Error(coded.Err), coded.Hints...)
		}
		return coded.Code
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		e.showError(errUntouched)
		return exit.Interrupted
	}
	e.showError(e.Scrub.Error(err))
	return exit.Failure
}

var errUntouched = errors.New("interrupted; nothing was changed")

func (e *Env) showError(err error, hints ...string) {
	view.Error(e.Err, e.IsColored(e.Err), err, hints...)
}
