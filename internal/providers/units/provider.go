// Package units manages unit files that systemd accepts (the kind unit).
//
// Start with [New]. A unit file is a file: the provider of files observes, writes and removes it, and this package adds
// what only a unit needs. analyzer (analyze.go) runs systemd-analyze(1) on all files that change together, laid over
// the unit files of the machine; lookout (lookout.go) finds missing units and programs; site (site.go) knows what else
// the site declares. review.go reports all of this in a plan.
//
// It neither loads nor starts units: package service does.
package units

import (
	"context"
	"iter"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Files is the provider of files.
type Files interface {
	resource.Provider
	resource.Transactor
	resource.Reviewer
	resource.Recorder
	resource.Invalidator

	// ReadText reads at most max bytes of a file; found is false if it does not exist.
	ReadText(ctx context.Context, path string, max int64) (text []byte, found bool, err error)
}

// Options configure [New].
type Options struct {
	FS    *fsys.FS
	Files Files
	Live  bool // the root is that of the running system

	// Dropped returns the units that the removal of orphans restarts; nil: there are none.
	Dropped func() []Restart
}

// Provider is the provider of the kind unit.
type Provider struct {
	Files
	analyzer *analyzer
	lookout  *lookout
	site     *site
	live     bool
}

// New returns the provider of the unit files of a root.
func New(o Options) *Provider {
	s := &site{dropped: o.Dropped}
	return &Provider{
		Files: o.Files, site: s, live: o.Live,
		analyzer: &analyzer{fs: o.FS}, lookout: &lookout{fs: o.FS, site: s},
	}
}

// Declare sets the resources of the site. Call it before the first Observe.
func (p *Provider) Declare(rs []*resource.Resource) { p.site.declare(rs) }

// Observe implements [resource.Provider]. It returns an error if the wanted file adds to a unit, or runs a program,
// that does not exist.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	have, err := p.Files.Observe(ctx, want)
	if err != nil || resource.WantsAbsent(want) {
		return have, err
	}
	wanted, err := resource.Decode[resources.Entry](want)
	if err != nil {
		return cty.NilVal, err
	}
	seen, err := resource.DecodeRecorded[resources.Entry](have)
	if err != nil {
		return cty.NilVal, err
	}
	if wanted.Unverified.Value || wanted.Content == nil || seen.Content != nil && seen.Content.Same(wanted.Content) {
		return have, nil
	}
	return have, p.lookout.refuseMissing(&wanted) // have is returned too: an audit compares it
}

// Solve implements [resource.Transactor]: unit files that are planned together are judged together.
func (p *Provider) Solve(ctx context.Context, cs []resource.Change, beside iter.Seq[resource.Change]) (resource.Forecast, error) {
	p.analyzer.foresee(cs, beside)
	p.site.foresee(cs, beside)
	return p.Files.Solve(ctx, cs, beside)
}

// Apply implements [resource.Provider].
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor]: it refuses files that systemd rejects, and the provider of files writes
// the rest.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, f resource.Forecast) resource.Outcome {
	errs := make([]error, len(cs))
	verdict := p.analyzer.judgeNow(ctx, candidatesOf(cs), f.ListLater())
	var rest []resource.Change
	var of []int
	for i, c := range cs {
		if errs[i] = verdict.refuseChange(c); errs[i] == nil {
			rest, of = append(rest, c), append(of, i)
		}
	}
	done := p.Files.ApplyAll(ctx, rest, f.Select(of))
	for k, i := range of {
		errs[i] = done.Err(k)
	}
	return resource.Outcome{Errs: errs}
}
