package resourcetest

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"converge/internal/resource"
)

// Plan observes r and compares, as the engine does.
func Plan(t testing.TB, r *resource.Resource) resource.Change {
	t.Helper()
	have, err := r.Provider().Observe(context.Background(), r.Want)
	if err != nil {
		t.Fatalf("%s: observe: %v", r.Addr, err)
	}
	return resource.Diff(r, have)
}

// Converge plans and applies r, and proves that it is what it should be. It
// returns the change that was made; an empty one is not applied.
func Converge(t testing.TB, r *resource.Resource) resource.Change {
	t.Helper()
	ch := Plan(t, r)
	if ch.Empty() {
		return ch
	}
	if err := r.Provider().Apply(context.Background(), ch); err != nil {
		t.Fatalf("%s: apply: %v", r.Addr, err)
	}
	if left := Plan(t, r); !left.Empty() {
		t.Fatalf("%s: applied, and yet the plan would %s: %s", r.Addr, left.Action, Names(left))
	}
	return ch
}

// Names lists the attributes that a change changes.
func Names(c resource.Change) string {
	names := make([]string, len(c.Attrs))
	for i, a := range c.Attrs {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

func changes(c resource.Change, attr string) bool {
	for _, a := range c.Attrs {
		if a.Name == attr {
			return true
		}
	}
	// An opaque kind forecasts its run, and not the effects of that.
	return c.Action == resource.Run || c.Action == resource.Create
}

func fingerprint(t testing.TB, w *World) string {
	t.Helper()
	if w.Fingerprint == nil {
		return ""
	}
	return w.Fingerprint(t)
}

func dump(t testing.TB, w *World) string {
	t.Helper()
	if w.Dump == nil {
		return ""
	}
	return w.Dump(t)
}

// state is what undoing must restore.
func state(t testing.TB, w *World) string {
	t.Helper()
	if w.State != nil {
		return w.State(t)
	}
	return dump(t, w)
}

// same fails the test if the world was written to since before.
func same(t testing.TB, w *World, before, what string) {
	t.Helper()
	if after := fingerprint(t, w); after != before {
		t.Fatalf("%s wrote:\n%s", what, firstDifference(before, after))
	}
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(as), len(bs)) {
		if x, y := lineAt(as, i), lineAt(bs, i); x != y {
			return "line " + strconv.Itoa(i+1) + "\n- " + x + "\n+ " + y
		}
	}
	return "no difference"
}

// lineAt returns a line, or says that the text has ended before it.
func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(there is no such line)"
}

// countdown is a context that is cancelled when it has been looked at often
// enough, so that every moment at which a provider looks can be tried.
type countdown struct {
	context.Context
	mu   sync.Mutex
	left int
	done chan struct{}
}

func cancelAfter(n int) *countdown {
	return &countdown{Context: context.Background(), left: n, done: make(chan struct{})}
}

func (c *countdown) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		close(c.done)
	}
	c.left--
}

// Err implements context.Context.
func (c *countdown) Err() error {
	c.look()
	return c.peek()
}

// Done implements context.Context.
func (c *countdown) Done() <-chan struct{} {
	c.look()
	return c.done
}

func (c *countdown) peek() error {
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}

func (c *countdown) fired() bool { return c.peek() != nil }
