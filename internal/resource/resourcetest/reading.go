package resourcetest

import (
	"context"
	"errors"
	"testing"

	"converge/internal/resource"
)

// stoppedReading cancels the observation of what is there at every moment at
// which the provider checks its context. It fails with the context's error, or
// returns what a whole observation does: never that something is missing.
func (s Suite) stoppedReading(t *testing.T, c Case) {
	w, r := s.begin(t, c)
	Converge(t, r)
	before := fingerprint(t, w)
	for n := 0; n < maxSteps; n += max(1, c.Stride) {
		forget(r)
		ctx := cancelAfter(n)
		have, err := r.Provider().Observe(ctx, r.Want)
		switch {
		case err != nil && !ctx.fired():
			t.Fatalf("observe: %v", err)
		case err != nil && !errors.Is(err, context.Canceled):
			t.Fatalf("cancelled at look %d, observe fails as if it were the thing's fault: %v", n, err)
		case err == nil && !resource.Diff(r, have).Empty():
			t.Fatalf("cancelled at look %d, observe returns a state that is not there: the plan would change %s", n, Names(resource.Diff(r, have)))
		}
		same(t, w, before, "observing that was cancelled")
		if !ctx.fired() {
			return
		}
	}
	t.Fatalf("still reading after its context was looked at %d times", maxSteps)
}

// forget makes the provider read its source of truth again.
func forget(r *resource.Resource) {
	if i, ok := r.Provider().(resource.Invalidator); ok {
		i.Invalidate(nil)
	}
}

// try plans r, and returns the error of that.
func try(r *resource.Resource) error {
	_, err := r.Provider().Observe(context.Background(), r.Want)
	return err
}
