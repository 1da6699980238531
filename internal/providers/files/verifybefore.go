package files

import (
	"context"

	"converge/internal/resource"
)

// verifyBefore stages the new content, runs the check that the manifest names on
// it, and throws it away. ApplyAll checks again what it puts in place.
func (p *Provider) verifyBefore(ctx context.Context, c *fileChange) error {
	if !c.Want.Verify.Set || c.Action == resource.Delete || !c.Differs("content") && c.Action != resource.Create {
		return nil
	}
	// A run that was killed here left no record of the candidate's path in its
	// journal.
	if _, err := p.fs.Sweep(ctx, []string{parent(c.Want.Path.Bytes())}); err != nil {
		return err
	}
	b := &batch{p: p, going: map[string]bool{}}
	b.begin()
	defer b.txn.Abort()
	s := change{batch: b, ctx: ctx, c: c}
	return s.stage()
}
