package ownership

import (
	"fmt"
	"strings"

	"converge/internal/engine/assembly"
	"converge/resources"
)

// findOtherAccess returns the resource that wants another owner, group or mode of a path than another site; nil: there
// is none, or the ledger does not know that site's wish.
func (o *Ledger) findOtherAccess(e other, f filesOf) *contradiction {
	p, isPath := strings.CutPrefix(e.LedgerEntry.Key, assembly.PathKey)
	r := f.access[p]
	if !isPath || r == nil || !resources.DeclaresAccess(r) {
		return nil
	}
	theirs := o.readDeclared(e.LedgerEntry)
	if theirs == nil || !resources.DeclaresAccess(theirs) || !resources.OpposesAccess(theirs, r) {
		return nil
	}
	return newContradiction(r, e.LedgerEntry, fmt.Sprintf("wants another owner, group or mode of %q", p), "wants them as they are", adviceParts)
}
