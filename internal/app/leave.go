package app

import (
	"context"
	"fmt"

	"converge/internal/app/environ"
	"converge/internal/providers/apt"
)

// leaveToApt reports whether this run must not begin: it is part of a unit that
// a package's script is restarting, and waits for. The script would wait for
// this run, and this run for the lock that apt has meanwhile. The unit is
// started again when apt has ended. That is no failure: the script would take
// it for its own.
func leaveToApt(ctx context.Context, env *environ.Env, f *RunOptions) (bool, error) {
	if f.Site.Root != "" && f.Site.Root != "/" {
		return false, nil
	}
	unit, holder, blocked := apt.Blocked()
	if !blocked {
		return false, nil
	}
	how := "it is started again when that has ended"
	if err := apt.Resume(ctx, unit, holder); err != nil {
		how = err.Error() + "; run it again"
	}
	env.Warn(fmt.Sprintf("Nothing was done: process %d changes packages, and one of their scripts restarts %s, of which this run is part; %s.", holder, unit, how))
	return true, nil
}
