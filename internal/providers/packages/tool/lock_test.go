package tool

import (
	"errors"
	"testing"
	"time"
)

// heldFor is a lock that no process gives up.
type heldFor struct{}

func (heldFor) Name() string { return "/db.lck" }

func (heldFor) Holder() (pid int, held bool, err error) { return 0, true, nil }

func TestLockThatIsNotGivenUp(t *testing.T) {
	h := &Host{waiting: func(string) {}}
	var locked *LockedError
	const want = "/db.lck is still held by a process that cannot be seen from here after 0s; --lock-timeout waits longer"
	if err := h.WaitLocks(t.Context(), time.Nanosecond, heldFor{}); !errors.As(err, &locked) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestDurationsForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{
		3*time.Second - 636: "3s", 10 * time.Minute: "10m0s", 0: "0s", 200*time.Millisecond - 1: "200ms",
	} {
		if got := roundDuration(d).String(); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}
