package view

import (
	"bytes"
	"strings"
	"testing"

	"converge/internal/event"
)

// A line of a journal is shown once under a resource, and a failed action is distinguished from one that was not sent. A
// line that two resources share is shown under both.
func TestHeld(t *testing.T) {
	var out bytes.Buffer
	h := NewHuman(&out, Options{})
	for _, e := range []event.Event{
		{Type: event.RunStarted, Mode: "apply"},
		{Type: event.PlanFinished},
		{Type: event.Held, Resource: "service.a", Verb: "restart", Error: "cannot restart\n  a: bad option", Tried: true},
		{Type: event.Failed, Resource: "service.a", Error: "it is not running\n  a: bad option"},
		{Type: event.Held, Resource: "service.b", Verb: "restart", Error: "it failed\n  a: bad option"},
	} {
		h.Emit(e)
	}
	h.Close()
	want := `! service.a restart held: tried, and failed
    cannot restart
      a: bad option
    It stays owed; the next run delivers it.
! service.a failed
    it is not running
    (the rest is above)
! service.b restart held
    it failed
      a: bad option
    It stays owed; the next run delivers it.
`
	if got := strings.TrimLeft(out.String(), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
