// Package files makes files, directories and links as declared. One [Provider] serves the kinds file, template,
// directory and link, so that all of them that are ready are applied in one group commit.
//
// Start with [Provider]: it joins types that know one thing each. observer reads what exists, transaction makes
// changes, reviewer forecasts their effects, and recorder saves what undoing them needs. All four take values as a
// request or a change (request.go), decoded once, and share a [base]: contents, access, edits and declarations.
// internal/fsys writes to the disk; resources/file.go defines the attributes.
package files

import (
	"context"
	"iter"
	"net/http"
	"os"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fetch"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/verify"
)

// Keeper saves content that is about to be lost, under its SHA-256. KeepFile
// saves the content of a file that is about to be replaced or removed.
type Keeper interface {
	KeepFile(ctx context.Context, f *os.File) (digest string, err error)
	KeepBytes(ctx context.Context, content []byte) (digest string, err error)
}

// Options are the dependencies of a Provider.
type Options struct {
	FS       *fsys.FS
	Accounts Accounts
	RunID    string          // part of the names of staged files
	Keep     Keeper          // nil: old contents are not kept
	Ledger   Ledger          // nil: no edit is recognised
	Stop     func() error    // asked while contents are read; its error ends the reading; nil: nothing ends it
	Client   *http.Client    // for sources that are URLs; nil: some that run outside the root
	Checks   *verify.Checker // nil: some that run outside the root
}

// Provider implements resource.Provider, Transactor, Reviewer and Recorder.
type Provider struct{ *base }

// New makes a Provider.
func New(o Options) *Provider {
	if o.Client == nil {
		o.Client = fetch.NewClient()
	}
	if o.Checks == nil {
		o.Checks = verify.New(o.FS, false)
	}
	held := o.FS.Hold() // for reading: directories that were opened since Invalidate
	contents := &contents{held: held, stop: o.Stop}
	return &Provider{base: &base{
		fs: o.FS, held: held, runID: o.RunID, access: access{o.Accounts}, contents: contents, site: &declarations{fs: o.FS},
		edits: &edits{ledger: o.Ledger, held: held, contents: contents}, keep: keeping{o.Keep}, client: o.Client, checks: o.Checks,
	}}
}

// Apart returns a provider that shares everything with this one, but plans its own changes: what it is asked to solve
// does not replace what the other was.
func (p *Provider) Apart() *Provider {
	own := *p.base
	return &Provider{&own}
}

// Declare records the paths that the site declares: purge keeps them and removes the rest, recurse skips them with
// their content, and a directory that should be absent must not contain one. Call it before the first Observe.
func (p *Provider) Declare(s Site) { p.site.declare(s) }

// Invalidate implements resource.Invalidator: an open directory may have been
// moved. It closes every directory that is held open.
func (p *Provider) Invalidate([]resource.Change) {
	p.held.Forget()
	p.fs.Forget()
	p.checks.Invalidate()
}

// Solve implements [resource.Transactor]. It does exactly what it is asked, and passes the changes to the checks of
// the plan.
func (p *Provider) Solve(_ context.Context, cs []resource.Change, beside iter.Seq[resource.Change]) (resource.Forecast, error) {
	p.brought = mayBring(cs, beside)
	p.checks.Declare(p.base, cs, shower{p.base}.showAll)
	return resource.Forecast{}, nil
}

// Observe implements resource.Provider. It returns the wanted value itself if nothing differs, which costs no more
// than reading the file.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	if err := ctx.Err(); err != nil {
		return cty.NilVal, err
	}
	r, err := p.decodeRequest(want)
	if err != nil {
		return cty.NilVal, err
	}
	have, err := observer{p.base}.observe(ctx, &r)
	return have, p.access.nameUsers(err)
}

// Apply implements resource.Provider.
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// NameOneAccount reports whether two values of the attribute owner or group mean
// one account.
func (p *Provider) NameOneAccount(ctx context.Context, attr, a, b string) bool {
	return p.access.isOneAccount(ctx, attr, a, b)
}
