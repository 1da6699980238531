package command

import (
	"context"
	"fmt"
	"time"

	"converge/resources"
)

// Try runs a command once, only for its status: it is expected to change nothing, so it is neither recorded nor
// adopted by a later run, and nothing counts as changed.
func (p *Provider) Try(ctx context.Context, want *resources.ExecWant) error {
	e, err := newEnvironment(ctx, p.fs, p.users, want)
	if err != nil {
		return err
	}
	argv, _ := want.Argv()
	r, err := e.run(ctx, argv, parseDuration(want.Timeout, time.Minute), nil)
	switch {
	case err != nil:
		return err
	case !isAccepted(want, r.Status):
		return fmt.Errorf("the command failed: %w", describeFailure(r))
	}
	return nil
}
