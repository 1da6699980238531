package undo

import (
	"slices"
	"strings"

	"converge/internal/journal"
	"converge/internal/resource"
)

// findReleased returns the entries that left the ledger with a run, because it turned their things into something
// else, and those of parts of the files that it changed which left it with a later run for that reason. later are the
// runs after it, the newest first. Prune checks what it takes back, so an entry that is restored in vain does no harm.
func findReleased(run *journal.RunDetail, later []*journal.RunDetail) []journal.LedgerChange {
	out, changed := slices.Clone(run.Released), map[string]bool{}
	for _, s := range run.Steps {
		if path, ok := strings.CutPrefix(s.Key, "path:"); ok {
			changed[path] = true
		}
	}
	for _, d := range slices.Backward(later) {
		for _, e := range d.Released {
			if path, _, isPart := resource.CutPartKey(e.Key); isPart && changed[path] {
				out = append(out, e)
			}
		}
	}
	return out
}
