package resource

import (
	"context"
	"sync"
)

// Reviewer is a Provider that knows more about a change than its values say.
//
// Review answers the one question that the Outlook asks, and fills in the fields
// of that answer only, because each costs something. It changes nothing that is
// managed and waits for nothing. The answer depends on the arguments and the
// machine alone, never on an earlier call.
//
// With [AskFollower] c is a change of another provider, and of another kind. So
// Review decodes c.Want only after it has looked at o.Ask.
type Reviewer interface {
	Review(ctx context.Context, c Change, o Outlook) Review
}

// Question is what a [Reviewer] is asked about a change.
type Question int

const (
	// AskForecast is asked by a plan about each change, and about what needs
	// none ([Change.Empty]). Answer: Blocked, as far as Pending allows, Notes,
	// Owner and Removes.
	AskForecast Question = iota

	// AskRemoval is asked right before the effect of a change that updates or
	// deletes, or creates a thing of a kind that [Kind.Inherits]. Answer: Removes, or Blocked if that cannot be determined.
	AskRemoval

	// AskCheck is asked before the before(…) notifications of a change go out.
	// Answer: Blocked if the check that the manifest names refuses the new
	// content.
	AskCheck

	// AskDifference is asked about the difference that is left after a change
	// was made. Answer: Difference.
	AskDifference

	// AskContent is asked about the removal of a thing that is not declared any
	// more, or about the change that puts it back. Later are all such changes of the plan. Answer: Holds, and Removes if it takes along what is below a path (each with all
	// that is in it); or Blocked if that cannot be determined.
	AskContent

	// AskFollower is asked of an [Invalidator] that follows the changes of other
	// providers, about each of them. Answer: Notes on what the provider will do
	// because of it at the end of the run.
	AskFollower

	// AskAction is asked by a plan about an action that is owed. Answer: Blocked,
	// as far as Pending allows, and Satisfied if something is Owed, or if no such
	// action is ever needed; Notes then explain why.
	AskAction

	// AskTarget is asked about the thing that an action is for. Answer: Missing,
	// and Defunct if the change is Undeclared.
	AskTarget

	// AskNeedless is asked about a planned change that has nothing left to do in its
	// turn. Answer: Unmade.
	AskNeedless

	// AskRemains is asked about a thing that is to be gone, or as it was, and that needs nothing for
	// that: it is not there, or not as converge left it. Answer: Notes on what stays of what
	// converge made.
	AskRemains
)

// Pending tells whether changes that are made before a change may still help it.
type Pending int

const (
	NothingPending Pending = iota // a change that cannot be made now, will not be made
	KnownPending                  // changes whose effects are known: those that are [Expected]
	UnknownPending                // changes whose effects cannot be foreseen, so that nothing is certain
)

// Outlook is what a run knows about the circumstances of a change.
type Outlook struct {
	Ask      Question
	Pending  Pending
	Expected *Expected // nil: not known

	// Verb is the action, where one is reviewed: as a Change of Action [Run].
	Verb string

	// Owed are the moments since which the action is owed. Empty: a change that
	// owes it is still to come.
	Owed []Instant

	// Later is what the run is to make with the change or after it, of any provider, in
	// order. Only [AskCheck] and [AskContent] have it.
	Later []Change
}

// Review is a provider's answer. The zero value is that of one that has nothing
// to say.
type Review struct {
	// Blocked is why the change or the action is certain to fail: the folder or
	// the owner that it needs does not exist.
	Blocked error

	// Notes tell people what a change costs or replaces, or how old the knowledge
	// is by which a thing needs none. One clause a note.
	Notes []string

	// Lasting is why no rollback can bring back what the change replaces, and so none begins:
	// nothing keeps it. nil: that is not known.
	Lasting error

	// Loses names, for people, what the change removes that no rollback brings back, though the rest
	// of the change goes back. nil: nothing, as far as that is known.
	Loses []string

	// Owner names, in a clause, the new owner of a thing that the provider
	// leaves alone therefore: Observe returned the wanted value. Every plan shows
	// it. "": the thing is as it should be.
	Owner string

	Removes []string // paths of all that the change removes besides its thing, in order
	Leaves  []string // paths of what is no longer where it was, or in use, though it is kept; one that ends in a slash is a folder with all that is in it
	Holds   []string // paths of everything below the thing, in order

	// Hides are the paths of what cannot be reached any more once the change is made, and is still there: a folder with all that is in it, in
	// whose place a mount is seen, and after it the points of the mounts below it. Only [AskForecast] asks for them.
	Hides []string

	// Difference describes the remaining difference better than the attributes do:
	// which guard still sees a need. It completes "is not as declared: …".
	Difference string

	Satisfied bool   // the action is needed no longer (see [Actor])
	Missing   bool   // the thing does not exist; Observe does not look where nothing of it is managed
	Unmade    bool   // nothing has made the change: the thing is as it was, and what is declared means that now
	Defunct   string // why no such action can succeed on a thing that does exist: the program of a unit was removed
}

// Expected is what a plan forecasts for one provider. All reviews of the plan
// share it.
type Expected struct {
	Changes []Change // of the provider, in order
	Ready   []Change // those of Changes that no pending change comes before: they are made at once
	Made    []string // paths that changes of any provider make besides: a new user's home
	Gone    []string // paths that go with what is pruned, each with all that is in it: the file of its last part

	once  sync.Once
	index any
}

// Index returns what build makes of a forecast for looking things up in it. It is
// built once for each forecast, which has one provider and so one type T.
func Index[T any](e *Expected, build func(*Expected) T) T {
	e.once.Do(func() { e.index = build(e) })
	t, _ := e.index.(T) // see above
	return t
}
