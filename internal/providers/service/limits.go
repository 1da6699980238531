package service

import (
	"context"
	"fmt"
	"slices"
)

// maxKin bounds how many units are checked because a restart includes them.
const maxKin = 64

// clearStartLimits clears the failures and the start limits of a unit, and of those that its start or restart
// includes: systemd counts starts, and refuses one too many in too short a time (StartLimitBurst=), which would leave
// a healthy unit dead.
func clearStartLimits(ctx context.Context, b *bus, unit string) error {
	p, err := b.readProps(ctx, unitPath(unit), unitFace)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
	}
	if err := resetFailed(ctx, b, unit); err != nil {
		return err
	}
	up := func(p props) bool { st := status{active: p.str("ActiveState")}; return !st.isDown() }
	failed := func(p props) bool { return p.str("ActiveState") == stFailed }
	err = clearKinLimits(ctx, b, unit, p, []string{"ConsistsOf", "RequiredBy", "BoundBy", "PropagatesStopTo"}, up)
	if err == nil {
		err = clearKinLimits(ctx, b, unit, p, []string{"Requires", "BindsTo"}, failed)
	}
	return err
}

// clearKinLimits clears the start limits of the units that p lists in the properties by, directly or through others, if
// affected returns true for them.
func clearKinLimits(ctx context.Context, b *bus, unit string, p props, by []string, affected func(props) bool) error {
	var todo []string
	more := func(p props) {
		for _, dep := range by {
			todo = appendNew(todo, p.strs(dep))
		}
	}
	more(p)
	for k := 0; k < len(todo) && k < maxKin; k++ {
		if todo[k] == unit {
			continue
		}
		p, err := b.readProps(ctx, unitPath(todo[k]), unitFace)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", todo[k], explainDenied(err))
		}
		if !affected(p) {
			continue
		}
		if err := resetFailed(ctx, b, todo[k]); err != nil {
			return err
		}
		more(p)
	}
	return nil
}

func resetFailed(ctx context.Context, b *bus, unit string) error {
	if err := b.callManager(ctx, "ResetFailedUnit", []any{unit}); err != nil && !isNamed(err, "NoSuchUnit") {
		return fmt.Errorf("cannot reset the start limit of unit %s: %w", unit, explainDenied(err))
	}
	return nil
}

func appendNew(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}
