// Package files makes files, directories and links as declared. One [Provider]
// serves the kinds file, template, directory and link, so that all of them that
// are ready are applied in one group commit.
//
// Start with [Provider]: it joins types that know one thing each. observer reads
// what exists, transactor makes changes, reviewer forecasts what they come to, and
// recorder saves what undoing them needs. All four take values as a request or a
// change (request.go), decoded once, and share what is below: contents, access,
// edits and declarations. internal/fsys writes to the disk; resources/file.go
// defines the attributes.
package files

import (
	"context"
	"net/http"
	"os"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// Keeper saves content that is about to be lost, under its SHA-256. KeepFile
// saves the content of a file that is about to be replaced or removed.
type Keeper interface {
	KeepFile(ctx context.Context, f *os.File) (digest string, err error)
	KeepBytes(ctx context.Context, content []byte) (digest string, err error)
}

// Options are what a Provider works with.
type Options struct {
	FS       *fsys.FS
	Accounts Accounts
	RunID    string       // goes into the names of staged files
	Keep     Keeper       // nil: old contents are not kept
	Ledger   Ledger       // nil: no edit is recognised
	Stop     func() error // asked while contents are read; its error ends the reading; nil: nothing ends it
	Client   *http.Client // for sources that are URLs; nil: one of its own
}

// Provider implements resource.Provider, Transactor, Reviewer and Recorder.
type Provider struct {
	resource.AsAsked
	fs         *fsys.FS
	held       *fsys.Held // for reading: directories that were opened since Invalidate
	access     access
	site       *declarations
	observer   *observer
	transactor *transactor
	reviewer   *reviewer
	recorder   *recorder
}

// New makes a Provider.
func New(o Options) *Provider {
	if o.Client == nil {
		o.Client = newClient()
	}
	held, access, site := o.FS.Hold(), access{o.Accounts}, &declarations{fs: o.FS}
	contents := &contents{held: held, stop: o.Stop}
	edits := &edits{ledger: o.Ledger, held: held, contents: contents}
	keep := keeping{o.Keep}
	stager := &stager{
		fs: o.FS, held: held, runID: o.RunID, access: access, contents: contents, edits: edits,
		site: site, keep: keep, client: o.Client,
	}
	tree, checker := treeReader{o.FS, access}, checker{stager}
	return &Provider{
		fs: o.FS, held: held, access: access, site: site,
		observer:   &observer{held: held, contents: contents, access: access, edits: edits, site: site, tree: tree},
		transactor: &transactor{stager},
		reviewer: &reviewer{
			forecaster: &forecaster{held: held, access: access, contents: contents, edits: edits, site: site, checker: checker},
			annotator:  &annotator{held: held, access: access, contents: contents, edits: edits},
			edits:      edits, site: site, tree: tree, checker: checker,
		},
		recorder: &recorder{held: held, lister: lister{o.FS, held, access, contents}, edits: edits, keep: keep},
	}
}

// Declare records the paths that the site declares: purge keeps them and removes
// the rest, recurse skips them with their content, and a directory that is to be
// absent must not contain one. Call it before the first Observe.
func (p *Provider) Declare(s Site) { p.site.declare(s) }

// Invalidate implements resource.Invalidator: an open directory may have been
// moved. It closes every directory that is held open.
func (p *Provider) Invalidate([]resource.Change) {
	p.held.Forget()
	p.fs.Forget()
}

// Observe implements resource.Provider. It returns the wanted value itself where
// nothing differs, which costs no more than reading the file.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	if err := ctx.Err(); err != nil {
		return cty.NilVal, err
	}
	r, err := decodeRequest(want)
	if err != nil {
		return cty.NilVal, err
	}
	have, err := p.observer.observe(ctx, &r)
	return have, p.access.nameUsers(err)
}

// Apply implements resource.Provider.
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]: it stages all changes, and applies
// them in one group commit. A failed change does not affect the others. Removals
// come last, from the bottom up.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	return resource.Outcome{Errs: p.transactor.applyAll(ctx, cs)}
}

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) resource.Review {
	return p.reviewer.review(ctx, c, o)
}

// Record implements [resource.Recorder]. On the way a change makes folders above a
// directory, a backup beside a file, and a parked file.
func (p *Provider) Record(ctx context.Context, c resource.Change) (full resource.Change, also []resource.Change, err error) {
	return p.recorder.record(ctx, c)
}

// NameOneAccount reports whether two values of the attribute owner or group mean
// one account.
func (p *Provider) NameOneAccount(ctx context.Context, attr, a, b string) bool {
	return p.access.isOneAccount(ctx, attr, a, b)
}
