package journal

import (
	"context"
	"slices"
)

// Release strikes things off the ledger that are not there any more, or that
// somebody has taken over: they are converge's business no more. Keys that it
// does not hold are passed over.
func (r *Run) Release(_ context.Context, keys []string) error {
	r.s.mu.Lock()
	gone := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		_, known := r.s.memory.ledger.get(key)
		return !known
	})
	r.s.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	return r.write([]record{{Gone: gone}}, false)
}
