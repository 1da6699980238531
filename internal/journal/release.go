package journal

import (
	"context"
	"slices"
)

// Release removes things from the ledger that do not exist any more, or that
// another owner has taken over. It ignores keys that the ledger does not hold.
func (r *Run) Release(_ context.Context, keys []string) error {
	r.s.mu.Lock()
	gone := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		_, known := r.s.memory.ledger.findEntry(key)
		return !known
	})
	r.s.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	return r.writeRecords([]record{{Gone: gone}}, false)
}
