package apt

import (
	"context"
	"fmt"
)

// repair finishes what an interrupted dpkg has begun. A dpkg whose apt-get was
// killed may still be at work: it holds its lock until it ends.
func (p *Provider) repair(ctx context.Context) error {
	if err := p.waitLocks(ctx, p.patience, lockFrontend, lockDpkg); err != nil {
		return err
	}
	left, err := p.pendingUpdates()
	if err != nil {
		return fmt.Errorf("cannot tell whether dpkg was interrupted: %w", err)
	}
	if len(left) == 0 {
		return nil
	}
	p.note("dpkg was interrupted; finishing what it has begun (dpkg --configure -a)")
	argv := append([]string{"dpkg"}, dpkgOptions("")...)
	res, err := p.locked(ctx, []string{lockFrontend, lockDpkg},
		command{argv: append(argv, "--configure", "-a"), line: p.progressLine(), keep: true})
	if err != nil {
		return fmt.Errorf("cannot repair the interrupted dpkg: %w", err)
	}
	left, err = p.pendingUpdates()
	if err != nil {
		return fmt.Errorf("cannot tell whether dpkg was interrupted: %w", err)
	}
	if len(left) > 0 {
		return fmt.Errorf("cannot repair the interrupted dpkg: %w", newTransactionError("dpkg --configure -a", res, nil))
	}
	if res.status != 0 {
		// Some package cannot be configured: that is its own affair, and shows
		// in its state.
		p.note("dpkg --configure -a: %s", complaint(res))
	}
	return nil
}
