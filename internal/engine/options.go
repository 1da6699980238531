package engine

import (
	"context"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// Options are what Plan and Apply work on.
type Options struct {
	Resources []*resource.Resource
	Graph     *assembly.Graph // of the assembly that has these resources
	Targets   map[int]bool    // from Select; nil: all

	// Identity tells which names are of one thing; nil: each is of its own.
	Identity *assembly.Identity

	// Owed are the debts of earlier runs. Known returns a debt's target, as
	// declared by the run that raised the debt, without secrets; nil if that is
	// not known.
	//
	// Claim reports whether a debt is this site's: another one is only considered
	// where the site declares its target. nil: they all are.
	Owed  []notify.Debt
	Known func(notify.Debt) *resource.Resource
	Claim func(notify.Debt) Claim

	// Protected are the keys of things that no change may remove or replace, besides
	// those that Resources protect, and their protectors: what other sites declare
	// so, and what this one did and does not declare any more.
	Protected map[string]string

	// ProtectedAs are the resources of other sites that protect these things, by the same
	// keys, as far as they are known.
	ProtectedAs map[string]*resource.Resource

	// Remarks are notes of a plan on resources, besides those of their providers.
	Remarks map[resource.Addr][]string

	Orphans []Orphan // what earlier runs created and nothing declares any more
	Prune   bool     // remove orphans that are as converge left them

	Unreviewed *Unreviewed // more orphans, which only a run that prunes would look at; nil: there are none

	Journal Journal // Apply only
	Run     string  // id of this run; Apply only
	Events  event.Sink
	Now     func() resource.Instant

	// Scrub strikes the site's sensitive strings out of a message that comes
	// from outside the engine; nil: there are none.
	Scrub func(string) string

	Machine Machine

	// Lacks reports whether a key ("user:www") is of an account that is neither on
	// the machine nor declared; nil: that is not known of any.
	Lacks func(ctx context.Context, key string) bool

	// Written returns the content for a digest of the ledger, which may be a keyed
	// one; nil: all are plain.
	Written func(digest string) *resource.Blob

	// Unchanged asks for events about resources that need nothing, too.
	Unchanged bool

	// Brief has the events of a plan leave out how the resources differ that will change:
	// an apply that does not show its plan tells that when it has changed them.
	Brief bool

	// Inputs names what the manifest was evaluated from and is not any more what
	// it was then: a template that a command of the run has rewritten. It is
	// asked at the end of a run that changed something; nil: nothing is.
	Inputs func(ctx context.Context) (Inputs, error)

	// Renew resolves declared paths again, before everything is observed again:
	// commands and packages of the run may have made links. nil: not needed.
	Renew func(ctx context.Context) error

	// Undo means that Resources and Graph are its own, and take a run back.
	Undo *Rollback

	// Expect holds the fingerprints of a saved plan: a resource that is not
	// as it was when the plan was made is refused. nil: no saved plan.
	Expect map[resource.Addr]string

	// Digest tells what a path holds, for saved plans: it covers what a change
	// would destroy besides what it is about. nil: nothing does.
	Digest func(ctx context.Context, path string) (string, error)

	// Saved are the steps of a saved plan: a step that would destroy something
	// else than what the plan has shown is refused. nil: no saved plan.
	Saved map[resource.Addr]SavedStep

	// Seal is what the fingerprints of the saved plan were keyed with; nil: they
	// are plain.
	Seal func(fingerprint string) string
}

// Result is how a run ended.
type Result struct {
	Counts    event.Counts
	Proved    bool
	Exit      int      // 0, 1, 3 or 130, as in the manual's exit statuses
	Forgotten []string // ledger keys that the site has let go of, and that stay on the host
	Released  []string // ledger keys that are converge's business no more
	LetGo     []string // ledger keys that are other sites' alone from now on

	// Left: an operation of the run continues without it. It must be recorded as a
	// killed run, which the next one takes up.
	Left bool

	Queued []resource.Queued // jobs that wait for this run to end: they are not waited for

	// Ends: requested actions end everything that runs. The caller carries them out
	// once the run is recorded.
	Ends bool

	// TakeBack is the resource that failed with on_failure = "rollback": the caller
	// is to take back what the run has changed. Zero: none.
	TakeBack resource.Addr

	Recurring []string // addresses of what every run changes: Proved is not said, though nothing else is left to do
	Altered   Inputs   // what the manifest was evaluated from and has changed since
}

// Inputs is what a manifest was evaluated from.
type Inputs struct {
	Files []string
	Facts []string // as references: "node.users.web"
}

// Claim is the relation of a site to a debt.
type Claim int

// The relations of a site to a debt.
const (
	Owned  Claim = iota // a run of this site
	Shared              // a run of an unknown site: it counts where its target is declared
	Others              // a run of another site: the same, but an address alone identifies no target there
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
