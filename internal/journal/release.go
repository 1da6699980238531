package journal

import (
	"context"

	"converge/resources"
)

// Release strikes things off the ledger that are not there any more, or that
// somebody has taken over: they are converge's business no more. Keys that it
// does not hold are passed over.
func (r *Run) Release(_ context.Context, keys []string) error {
	var records []record
	r.s.mu.Lock()
	for _, key := range keys {
		v, known := r.s.memory.ledger.get(key)
		if !known {
			continue
		}
		// An address in the words of another version is no obstacle.
		addr, _ := resources.ParseAddr(v.addr)
		records = append(records, record{Done: &doneRecord{Addr: addr, Ledger: &ledgerChange{Key: key, Gone: true}}})
	}
	r.s.mu.Unlock()
	return r.write(records, false)
}
