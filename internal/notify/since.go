package notify

import (
	"converge/internal/resource"
)

// isUnknown reports whether a moment is not known to better than the boot.
func isUnknown(t resource.Instant) bool { return t.Boot == "" || t.Mono == 0 }

// laterInstant picks the moment of two that voids fewer debts. A moment that is not
// known may be any, the last one too, so it wins: one restart too many is
// harmless, one too few is not. Moments of different boots have no clock in
// common but the wall's.
func laterInstant(a, b resource.Instant) resource.Instant {
	switch {
	case a.Boot == "" || b.Boot == "":
		if a.Boot == "" {
			return a
		}
		return b
	case a.Boot != b.Boot:
		if b.Wall.After(a.Wall) {
			return b
		}
		return a
	case a.Mono == 0 || b.Mono != 0 && a.Mono >= b.Mono:
		return a
	}
	return b
}
