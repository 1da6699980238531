package view

import (
	"bytes"
	"strings"
	"testing"

	"converge/internal/event"
)

// TestUnprivileged: what has failed for want of root is told once, at the end; with --verbose each has its error, too.
func TestUnprivileged(t *testing.T) {
	const sum = `! 2 need root: file["/etc/a"], user.ann; the first: cannot create "/etc/a": permission denied
  Run converge by sudo, or as root.
`
	for verbose, want := range map[bool]string{
		false: "Not done: 2 failed.\n" + sum,
		true: `! file["/etc/a"] failed
    cannot create "/etc/a": permission denied
! user.ann failed
    only root can change users and groups

Not done: 2 failed.
` + sum,
	} {
		var out bytes.Buffer
		h := NewHuman(&out, Options{Verbose: verbose})
		for _, e := range []event.Event{
			{Type: event.RunStarted, Mode: "apply"},
			{Type: event.PlanFinished},
			{Type: event.Failed, Resource: `file["/etc/a"]`, Error: `cannot create "/etc/a": permission denied`, Root: true},
			{Type: event.Failed, Resource: "user.ann", Error: "only root can change users and groups", Root: true},
			{Type: event.RunFinished, Counts: &event.Counts{Failed: 2}, Exit: 3},
		} {
			h.Emit(e)
		}
		h.Close()
		if got := strings.TrimLeft(out.String(), "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
