package engine

import (
	"context"

	"converge/internal/notify"
	"converge/resources"
)

// Journal is the run's durable memory.
type Journal interface {
	// Begin says that the changes are about to be made, and what they will owe
	// once made. It is on disk when Begin returns. Have is all that undoing a
	// change takes (see resources.Historian). Among the changes of a
	// transaction are those that nobody asked for and that it is expected to
	// bring along ([resources.Change.Undeclared]); what it brought along
	// unexpectedly is begun and done after the fact.
	Begin(ctx context.Context, cs []resources.Change, owes []notify.Debt) error

	// Done says that one change was made and seen to be made (err nil) at the
	// given moment, or that it failed. A debt of a change that failed stands:
	// the change may have been made in part. A change whose action is None by
	// now has come to nothing, and owes nothing.
	Done(ctx context.Context, c resources.Change, at resources.Instant, err error) error

	// Settled says that to the owners of debts nothing is owed any more. It is
	// on disk when Settled returns.
	Settled(ctx context.Context, s notify.Settled) error
}
