package tool

import (
	"fmt"
	"time"
)

// FormatSince is a moment with its age, in a suitable unit.
func FormatSince(at time.Time) string {
	return at.Format("2006-01-02 15:04") + ", " + formatAge(time.Since(at)) + " ago"
}

func formatAge(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// roundDuration rounds a duration for people to read: the rest of a wait is a few
// nanoseconds shorter than the wait that was requested.
func roundDuration(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}
