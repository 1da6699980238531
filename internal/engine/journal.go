package engine

import (
	"context"

	"converge/internal/notify"
	"converge/internal/resource"
)

// Journal is the run's durable memory.
type Journal interface {
	// Begin records that the changes are about to be made, and what they will owe
	// once made. It is on disk when Begin returns. Have is all that undoing a
	// change needs (see resource.Recorder). The changes of a transaction include
	// its forecast side effects ([resource.Change.Undeclared]); unexpected ones
	// are begun and done after the fact.
	Begin(ctx context.Context, cs []resource.Change, owes []notify.Debt) error

	// Done records that one change was made and seen to be made (err nil) at the
	// given moment, or that it failed. A debt of a failed change stays: the change
	// may have been made in part. A change whose action is None by now has come to
	// nothing, and owes nothing.
	Done(ctx context.Context, c resource.Change, at resource.Instant, err error) error

	// Settled records that the targets' debts are no longer owed. It is on disk
	// when Settled returns.
	Settled(ctx context.Context, s notify.Settled) error
}
