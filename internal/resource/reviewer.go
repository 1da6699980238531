package resource

import (
	"context"
	"sync"
)

// Reviewer is a Provider that knows more about a change than its values show.
//
// Review answers the one question of the Outlook, and fills in only the fields of that answer, because each costs
// something. It changes nothing that is managed and waits for nothing. The answer depends only on the arguments and
// the machine, never on an earlier call.
//
// With [AskFollower], c is a change of another provider and kind. So Review checks o.Ask before it decodes c.Want.
type Reviewer interface {
	Review(ctx context.Context, c Change, o Outlook) Review
}

// Question is what a [Reviewer] is asked about a change.
type Question int

const (
	// AskForecast is asked by a plan about each change, and about each resource that needs none ([Change.Empty]).
	// Answer: Blocked, as far as Pending allows, Notes, Owner and Removes.
	AskForecast Question = iota

	// AskRemoval is asked right before the effect of a change that updates, deletes, or creates a thing of a kind with
	// [Kind.Inherits]. Answer: Removes, or Blocked if that cannot be determined.
	AskRemoval

	// AskCheck is asked before the before(…) notifications of a change go out.
	// Answer: Blocked if the check that the manifest names refuses the new
	// content.
	AskCheck

	// AskDifference is asked about the difference that remains after a change was made. Answer: Difference.
	AskDifference

	// AskContent is asked about the removal of a thing that is no longer declared, or about the change that puts it
	// back. Later has all such changes of the plan. Answer: Holds, and Removes if the change takes along what is below
	// a path (each path with all its contents); or Blocked if that cannot be determined.
	AskContent

	// AskFollower is asked of an [Invalidator] that reacts to the changes of other providers, about each of these
	// changes. Answer: Notes on the provider's reaction at the end of the run.
	AskFollower

	// AskAction is asked by a plan about an owed action. Answer: Blocked, as far as Pending allows, and Satisfied if
	// something is Owed, or if no such action is ever needed; Notes then explain why.
	AskAction

	// AskTarget is asked about the thing that an action is for. Answer: Missing,
	// and Defunct if the change is Undeclared.
	AskTarget

	// AskNeedless is asked about a planned change that is no longer needed in its turn. Answer: Unmade.
	AskNeedless

	// AskRemains is asked about a thing that should be removed or restored, but needs no change: it is absent, or not
	// as converge left it. Answer: Notes on the remains of converge's work.
	AskRemains
)

// Pending tells whether changes before this one may still help it.
type Pending int

const (
	NothingPending Pending = iota // a change that cannot be made now will not be made
	KnownPending                  // the effects of pending changes are known: they are [Expected]
	UnknownPending                // pending changes have unforeseeable effects, so that nothing is certain
)

// Outlook is what a run knows about the circumstances of a change.
type Outlook struct {
	Ask      Question
	Pending  Pending
	Expected *Expected // nil: not known

	// AfterActs: an action or a check that a pending change makes due may run before the change, with any effect.
	AfterActs bool

	// Verb is the action, if an action is reviewed: a Change whose Action is [Run].
	Verb string

	// Owed are the moments since which the action is owed. Empty: the change that owes it is still to come.
	Owed []Instant

	// Later is what the run is to make with the change or after it, by any provider, in order. Only [AskCheck] and
	// [AskContent] have it.
	Later []Change
}

// Review is a provider's answer. The zero value adds nothing.
type Review struct {
	// Blocked is why the change or the action is certain to fail: the folder or the owner that it needs does not
	// exist.
	Blocked error

	// Notes tell people what a change costs or replaces or, if none is needed, how old the knowledge behind that is.
	// One clause a note.
	Notes []string

	// Lasting is why no rollback can restore what the change replaces, so that none begins: nothing keeps the old
	// state. nil: that is not known.
	Lasting error

	// Loses names, for people, what the change removes for good, although a rollback restores the rest. nil: nothing,
	// as far as that is known.
	Loses []string

	// Owner names, in a clause, the new owner of a thing that the provider therefore leaves alone: Observe returned
	// the wanted value. Every plan shows it. "": the thing is as it should be.
	Owner string

	Removes []string // paths of all that the change removes besides its thing, in order
	Leaves  []string // paths of what is kept but moved or out of use; a slash at the end means a folder with all its contents
	Holds   []string // paths of everything below the thing, in order

	// Hides are the paths of what remains but becomes unreachable: a folder with all its contents that a mount covers,
	// then the points of the mounts below it. Only [AskForecast] asks for them.
	Hides []string

	// Difference describes the remaining difference better than the attributes do: which guard still reports a need.
	// It completes "is not as declared: …".
	Difference string

	Satisfied bool   // the action is no longer needed (see [Actor])
	Missing   bool   // the thing does not exist; Observe does not read it if nothing of it is managed
	Unmade    bool   // nothing made the change: the thing is as it was, but now satisfies its declaration
	Defunct   string // why no such action can succeed on an existing thing: the program of a unit was removed
}

// Expected is what a plan forecasts for one provider. All reviews of the plan share it.
type Expected struct {
	Changes []Change // of the provider, in order
	Ready   []Change // those of Changes that wait for no pending change: they are made at once
	Made    []string // paths that changes of any provider make in addition: a new user's home
	Gone    []string // paths that prune removes, each with all its contents: the file of its last part

	once  sync.Once
	index any
}

// Index returns an index that build makes of a forecast. It is built once for each forecast, which has one provider
// and so one type T.
func Index[T any](e *Expected, build func(*Expected) T) T {
	e.once.Do(func() { e.index = build(e) })
	t, _ := e.index.(T) // see above
	return t
}
