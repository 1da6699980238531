package examples

import (
	"bufio"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"converge/internal/event"
	"converge/internal/testhost"
)

// host is a test host with the program under test and the examples on it.
type host struct {
	*testhost.Host
	converge string
}

func start(t *testing.T, image string) host {
	t.Helper()
	h := testhost.Start(t, testhost.Options{Image: image, Repo: true, Binds: map[string]string{".": "/srv/examples:ro"}})
	return host{h, h.Program(t, "converge/cmd/converge")}
}

// run runs converge with --json, requires that it succeeds, and returns its events.
func (h host) run(t *testing.T, args ...string) []event.Event {
	t.Helper()
	out := h.MustExec(t, append([]string{h.converge}, args...)...)
	var evs []event.Event
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		var e event.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("converge %q printed a line that is not an event: %v", args, err)
		}
		evs = append(evs, e)
	}
	return evs
}

// converges plans and applies, compares the two, and proves that no change is
// left to make. It returns the notifications.
func (h host) converges(t *testing.T, args ...string) (notified []string) {
	t.Helper()
	summary := func(evs []event.Event, types ...event.Type) string {
		var lines []string
		for _, e := range evs {
			if slices.Contains(types, e.Type) && e.Action != "none" {
				lines = append(lines, e.Resource+" "+e.Action)
			}
		}
		slices.Sort(lines) // events of one batch come in the order of the batch
		return strings.Join(lines, "\n")
	}
	plan := h.run(t, append([]string{"plan", "--json"}, args...)...)
	apply := h.run(t, append([]string{"apply", "--json"}, args...)...)
	if p, a := summary(plan, event.Planned, event.Orphaned), summary(apply, event.Applied); p != a {
		t.Errorf("the plan was\n%s\nand the apply did\n%s", p, a)
	}
	if end := apply[len(apply)-1]; end.Type != event.RunFinished || !end.Proved {
		t.Errorf("the run ended with %+v", end)
	}
	h.isConverged(t, args...)
	for _, e := range apply {
		if e.Type == event.Notified && !e.Void {
			notified = append(notified, e.Resource+" "+e.Verb)
		}
	}
	return notified
}

// isConverged proves that plan and apply have nothing to do.
func (h host) isConverged(t *testing.T, args ...string) {
	t.Helper()
	for _, command := range []string{"plan", "apply"} {
		argv := append([]string{h.converge, command, "--detailed-exitcode"}, args...)
		r, err := h.Exec(context.Background(), argv...)
		if err != nil || r.Exit != 0 {
			t.Errorf("%q after an apply: exit status %d, %v\n%s%s", argv, r.Exit, err, r.Stdout, r.Stderr)
		}
	}
}

// unit returns the state of a unit and what identifies its current start.
func (h host) unit(t *testing.T, name string) string {
	t.Helper()
	return h.MustExec(t, "systemctl", "show", "-p", "MainPID,InvocationID,ActiveState", name)
}

func (h host) write(t *testing.T, name, data string) {
	t.Helper()
	h.WriteFile(t, name, data, 0o644)
}

func expect(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("%s: notified %q, want %q", what, got, want)
	}
}
