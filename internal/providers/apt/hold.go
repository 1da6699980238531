package apt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// holdTime bounds the setting of holds, which continues after an interrupt.
const holdTime = time.Minute

// isHeldAsWanted reports whether the hold is as wanted, or not managed.
func (it *item) isHeldAsWanted(now pkg) bool {
	return it.hold == nil || now.held() == *it.hold
}

// setHolds sets and releases holds, all at once: those that are wanted, and
// those that were there before and that apt dropped when it was allowed to
// change the package.
func (t transaction) setHolds(ctx context.Context, before *database) error {
	now, err := t.sources.database()
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, o := range t.ops {
		if p, ok := before.get(o.name); ok && p.held() && !o.removes() {
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
		p, ok := now.get(name)
		if !ok || p.gone() || p.held() == hold {
			continue
		}
		word := "install"
		if hold {
			word = "hold"
		}
		fmt.Fprintf(&input, "%s %s\n", now.key(p), word)
	}
	if input.Len() == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.sources.patience+holdTime)
	defer cancel()
	res, err := t.sources.locked(ctx, []string{lockFrontend, lockDpkg},
		command{argv: []string{"dpkg", "--set-selections"}, stdin: input.String()})
	if err == nil && res.status != 0 {
		err = errors.New(complaint(res))
	}
	if err != nil {
		return fmt.Errorf("cannot set holds: %w", err)
	}
	return nil
}
