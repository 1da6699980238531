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

	// Identity knows which names mean the same thing; nil: each name means its own.
	Identity *assembly.Identity

	// Owed are the debts of earlier runs. Known returns a debt's target, without secrets, as declared by the run that
	// raised the debt; nil if that is not known.
	//
	// Claim reports whether a debt is this site's: another site's debt only counts if this site declares its target.
	// nil: all are this site's.
	Owed  []notify.Debt
	Known func(notify.Debt) *resource.Resource
	Claim func(notify.Debt) Claim

	// Protected maps the keys of things that no change may remove or replace, in addition to those that Resources
	// protect, to their protectors: things that other sites protect, and things that this site once protected and no
	// longer declares.
	Protected map[string]string

	// ProtectedAs are the resources by which other sites protect these things, by the same keys, as far as they are
	// known.
	ProtectedAs map[string]*resource.Resource

	// Remarks are notes of a plan on resources, in addition to those of their providers.
	Remarks map[resource.Addr][]string

	Orphans []Orphan // things that earlier runs created and nothing declares any more
	Prune   bool     // remove orphans that are still as converge left them

	Unreviewed *Unreviewed // more orphans, which only a pruning run would review; nil: none

	Journal Journal // Apply only
	Run     string  // id of this run; Apply only
	Events  event.Sink
	Now     func() resource.Instant

	// Scrub removes the site's sensitive strings from a message that comes from outside the engine; nil: there are
	// none.
	Scrub func(string) string

	Machine Machine

	// Lacks reports whether a key ("user:www") names an account that is neither on the machine nor declared; nil: that
	// is not known of any.
	Lacks func(ctx context.Context, key string) bool

	// Written returns the content for a digest of the ledger, which may be a keyed one; nil: all are plain.
	Written func(digest string) *resource.Blob

	// Unchanged asks for events about resources that need nothing, too.
	Unchanged bool

	// Brief omits from the events of a plan how the resources differ that will change: an apply that does not show its
	// plan reports that when it has changed them.
	Brief bool

	// Inputs names the inputs of the manifest that have changed since it was evaluated: a template that a command of
	// the run has rewritten. It is called at the end of a run that changed something; nil: not at all.
	Inputs func(ctx context.Context) (Inputs, error)

	// Renew resolves declared paths again, before everything is observed again: commands and packages of the run may
	// have made links. nil: not needed.
	Renew func(ctx context.Context) error

	// Undo means that Resources and Graph are those of the rollback, and take a run back.
	Undo *Rollback

	// Expect holds the fingerprints of a saved plan: a resource whose state has changed since the plan was made is
	// refused. nil: no saved plan.
	Expect map[resource.Addr]string

	// Digest returns a digest of everything at a path, for saved plans: it covers what a change would destroy besides
	// its own thing. nil: nothing does.
	Digest func(ctx context.Context, path string) (string, error)

	// Saved are the steps of a saved plan: a step is refused that would destroy something the plan has not shown. nil:
	// no saved plan.
	Saved map[resource.Addr]SavedStep

	// Seal computes the keyed form in which the saved plan has its fingerprints; nil: they are plain.
	Seal func(fingerprint string) string
}

// Result is how a run ended.
type Result struct {
	Counts    event.Counts
	Proved    bool
	Exit      int      // 0, 1, 3 or 130, as in the manual's exit statuses
	Forgotten []string // ledger keys that the site has let go of, and whose things stay on the host
	Released  []string // ledger keys that converge no longer manages
	LetGo     []string // ledger keys that belong to other sites alone from now on

	// Left means that an operation of the run continues without it. The caller must record it as a killed run, which
	// the next run takes up.
	Left bool

	Queued []resource.Queued // jobs that wait for this run to end, so that it does not wait for them

	// Ends means that requested actions end everything that runs. The caller carries them out once the run is
	// recorded.
	Ends bool

	// TakeBack is the resource that failed with on_failure = "rollback": the caller takes back what the run has
	// changed. Zero: none.
	TakeBack resource.Addr

	Recurring []string // addresses of resources that every run changes: they prevent Proved, though nothing else remains to be done
	Altered   Inputs   // inputs of the manifest that have changed since it was evaluated
}

// Inputs are what a manifest was evaluated from.
type Inputs struct {
	Files []string
	Facts []string // as references: "node.users.web"
}

// Claim is the relation of a site to a debt.
type Claim int

// The relations of a site to a debt.
const (
	Owned  Claim = iota // a run of this site
	Shared              // a run of an unknown site: it counts if its target is declared
	Others              // a run of another site: the same, but an address alone identifies no target
)

// Journal is the run's durable memory.
type Journal interface {
	// Begin records that the changes are about to be made, and what they will owe once made. It is on disk when Begin
	// returns. Have is all that undoing a change needs (see resource.Recorder). The changes of a transaction include
	// its forecast side effects ([resource.Change.Undeclared]); unexpected ones are begun and done after the fact.
	Begin(ctx context.Context, cs []resource.Change, owes []notify.Debt) error

	// Done records that one change was made and observed (err nil) at the given moment, or that it failed. A debt of a
	// failed change stays: the change may have been made in part. A change whose action has become None was not made,
	// and owes nothing.
	Done(ctx context.Context, c resource.Change, at resource.Instant, err error) error

	// Settled records that the targets' debts are no longer owed. It is on disk when Settled returns.
	Settled(ctx context.Context, s notify.Settled) error
}
