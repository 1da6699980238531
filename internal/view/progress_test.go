package view

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"converge/internal/event"
)

// clock is a time that only changes when it is set.
type clock struct{ now time.Time }

func (c *clock) at(d time.Duration) time.Time { return c.now.Add(d) }

func terminal(out *bytes.Buffer, width int) (*Human, *clock) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	return NewHuman(out, Options{Terminal: true, Width: width, Now: func() time.Time { return c.now }}), c
}

// tick draws as the drawing goroutine would at that moment.
func (h *Human) tick(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.progress.draw(now)
}

func TestProgressAppearsAfterASecondAndIsErased(t *testing.T) {
	var out bytes.Buffer
	h, c := terminal(&out, 40)
	h.Emit(event.Event{Type: event.RunStarted, Mode: "apply", Total: 3})
	h.Emit(event.Event{Type: event.Started, Total: 2, Action: "create", Kind: "package"})
	h.tick(c.at(900 * time.Millisecond))
	if out.Len() > 0 {
		t.Fatalf("drawn too early: %q", out.String())
	}
	h.tick(c.at(3 * time.Second))
	if got, want := out.String(), "\r\x1b[K… creating 2 resources  3s"; got != want {
		t.Fatalf("drew %q, want %q", got, want)
	}
	out.Reset()
	h.tick(c.at(3200 * time.Millisecond))
	if out.Len() > 0 {
		t.Fatalf("drawn again as it stands: %q", out.String())
	}
	h.Emit(event.Event{Type: event.Progress, Message: "Unpacking a package with \x1b[2J a long name"})
	h.tick(c.at(4 * time.Second))
	if got, want := out.String(), "\r\x1b[K… creating 2 resources  4s  Unpacking …"; got != want {
		t.Fatalf("drew %q, want %q", got, want)
	}
	out.Reset()
	h.Emit(event.Event{Type: event.Applied, Resource: "package.a", Action: "create"})
	if got, want := out.String(), "\r\x1b[K+ package.a\n"; got != want {
		t.Fatalf("wrote %q, want %q", got, want)
	}
	out.Reset()
	h.Emit(event.Event{Type: event.RunFinished, Counts: &event.Counts{Create: 1}})
	h.Close()
	h.tick(c.at(time.Minute))
	if strings.Contains(out.String(), "…") {
		t.Fatalf("drawn after the end: %q", out.String())
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	var out bytes.Buffer
	h, c := terminal(&out, 40)
	h.Emit(event.Event{Type: event.Started, Resource: "exec.slow"})
	h.tick(c.at(2 * time.Second))
	h.Close() // waits for the drawing goroutine
	h.Close()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Fatalf("the progress line was left: %q", out.String())
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestSinksGoOnWithoutAReader(t *testing.T) {
	h, j := NewHuman(brokenPipe{}, Options{}), NewJSON(brokenPipe{})
	for _, e := range proved() {
		h.Emit(e)
		j.Emit(e)
	}
	h.Close()
	if h.Err() == nil || j.Err() == nil {
		t.Fatal("the error of writing is lost")
	}
}

func TestJSONIsOneObjectALine(t *testing.T) {
	var out bytes.Buffer
	j := NewJSON(&out)
	j.Emit(event.Event{Type: event.RunStarted, Version: event.Version, Mode: "plan", Time: time.Unix(0, 0).UTC()})
	j.Emit(event.Event{Type: event.Failed, Resource: `file["/a<b>"]`, Error: "line\nline\x1b", Time: time.Unix(0, 0).UTC()})
	want := `{"type":"run_started","version":1,"time":"1970-01-01T00:00:00Z","mode":"plan"}
{"type":"failed","time":"1970-01-01T00:00:00Z","resource":"file[\"/a<b>\"]","error":"line\nline\u001b"}
`
	if out.String() != want {
		t.Fatalf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// Where no line can be redrawn, a line every 15 seconds reports long work.
func TestLogsAreToldWhatTakesLong(t *testing.T) {
	var out bytes.Buffer
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	h := NewHuman(&out, Options{Now: func() time.Time { return c.now }})
	defer h.Close()
	h.Emit(event.Event{Type: event.RunStarted, Mode: "apply", Total: 3})
	h.Emit(event.Event{Type: event.Started, Resource: "exec.slow", Action: "run"})
	for _, step := range []struct {
		at   time.Duration
		want string
	}{
		{14 * time.Second, ""},
		{15 * time.Second, "… running exec.slow  15s\n"},
		{29 * time.Second, ""},
		{31 * time.Second, "… running exec.slow  31s\n"},
		{45 * time.Second, "… running exec.slow  45s\n"},
	} {
		out.Reset()
		h.tick(c.at(step.at))
		if got := out.String(); got != step.want {
			t.Errorf("after %v: %q, want %q", step.at, got, step.want)
		}
	}
	h.Emit(event.Event{Type: event.Applied, Resource: "exec.slow", Action: "run"})
	out.Reset()
	h.tick(c.at(90 * time.Second))
	if got := out.String(); got != "" {
		t.Errorf("told of work that is done: %q", got)
	}
}
