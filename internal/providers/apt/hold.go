package apt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"converge/internal/providers/packages/tool"
)

// holdTime bounds the setting of holds, which continues after an interrupt.
const holdTime = time.Minute

// isHeldAsWanted reports whether the hold is as wanted, or not managed.
func (it *item) isHeldAsWanted(now pkg) bool {
	return it.hold == nil || now.isHeld() == *it.hold
}

// setHolds sets and releases holds, all at once: the wanted ones, and earlier ones that apt dropped when it was
// allowed to change the package.
func (t transaction) setHolds(ctx context.Context, before *database) error {
	now, err := t.sources.currentDatabase()
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, o := range t.ops {
		if p, ok := before.findByName(o.name); ok && p.isHeld() && !o.removes() {
			wanted[o.name] = true
		}
	}
	for _, it := range t.items {
		if it.hold != nil && it.err == nil {
			wanted[it.name] = *it.hold
		}
	}
	var input strings.Builder
	for name, hold := range wanted { // dpkg does not mind the order
		p, ok := now.findByName(name)
		if !ok || p.isGone() || p.isHeld() == hold {
			continue
		}
		word := "install"
		if hold {
			word = "hold"
		}
		fmt.Fprintf(&input, "%s %s\n", now.keyOf(p), word)
	}
	if input.Len() == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.sources.Patience+holdTime)
	defer cancel()
	res, err := t.sources.runLocked(ctx, []string{lockFrontend, lockDpkg},
		tool.Command{Argv: []string{"dpkg", "--set-selections"}, Stdin: input.String()})
	if err == nil && res.Status != 0 {
		err = errors.New(firstErrors(res))
	}
	if err != nil {
		return fmt.Errorf("cannot set holds: %w", err)
	}
	return nil
}
