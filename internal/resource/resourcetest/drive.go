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

// Converge plans and applies r, and proves that it is as declared. It returns the change that was made; an empty
// change is not applied.
func Converge(t testing.TB, r *resource.Resource) resource.Change {
	t.Helper()
	ch := Plan(t, r)
	if !ch.Empty() {
		apply(t, r, ch)
	}
	return ch
}

// apply makes a change of r, and proves that no difference remains.
func apply(t testing.TB, r *resource.Resource, ch resource.Change) {
	t.Helper()
	if err := r.Provider().Apply(context.Background(), ch); err != nil {
		t.Fatalf("%s: apply: %v", r.Addr, err)
	}
	if left := Plan(t, r); !left.Empty() {
		t.Fatalf("%s: applied, and yet the plan would %s: %s", r.Addr, left.Action, Names(left))
	}
}

// Names lists the attributes that a change changes.
func Names(c resource.Change) string {
	names := make([]string, len(c.Attrs))
	for i, a := range c.Attrs {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

// same fails the test if the world was written to since before.
func same(t testing.TB, w *World, before, what string) {
	t.Helper()
	if after := w.Fingerprint(t); after != before {
		t.Fatalf("%s wrote:\n%s", what, firstDifference(before, after))
	}
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	const none = "(there is no such line)"
	for i := range max(len(as), len(bs)) {
		x, y := none, none
		if i < len(as) {
			x = as[i]
		}
		if i < len(bs) {
			y = bs[i]
		}
		if x != y {
			return "line " + strconv.Itoa(i+1) + "\n- " + x + "\n+ " + y
		}
	}
	return "no difference"
}

// countdown is a context that is cancelled after a number of checks, so that a test can cancel at every check of a
// provider.
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
