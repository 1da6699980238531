// Package assumed replaces the package manager of another machine.
//
// No program of that machine can be asked, so a plan assumes what it cannot see: any package is available in the
// declared version, without side effects. The installed packages are those of the tree's own database ([New]), or none
// ([NewEmpty]). The candidates are not known, so an installed package whose version depends on them is an error. It
// makes no change.
package assumed

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Manager is the provider of a package manager that works on the tree.
type Manager interface {
	resource.Provider
	Ships(ctx context.Context, names []string) (map[string][]string, error)
	Runs(ctx context.Context, name string) ([]string, error)
	OnlyFrom(ctx context.Context, repository, definition string) ([]string, error)
	Declare(rs []*resource.Resource)
}

// Provider answers for the packages of a machine that is not this one.
type Provider struct {
	resource.AsAsked
	tree  Manager
	empty bool // nothing is installed
}

// New returns a provider of a tree with a database of packages, which tree reads.
func New(tree Manager) *Provider { return &Provider{tree: tree} }

// NewEmpty returns a provider of a tree without a database of packages.
func NewEmpty(tree Manager) *Provider { return &Provider{tree: tree, empty: true} }

// Declare tells the manager which packages are declared of it.
func (p *Provider) Declare(rs []*resource.Resource) { p.tree.Declare(rs) }

// Observe implements [resource.Provider].
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	if p.empty {
		return resource.Absent, nil
	}
	return p.tree.Observe(ctx, want)
}

// errPlanOnly is the error of a change.
var errPlanOnly = errors.New("only a plan is made of a machine that is not this one")

// Apply implements [resource.Provider].
func (*Provider) Apply(context.Context, resource.Change) error { return errPlanOnly }

// ApplyAll implements [resource.Transactor].
func (*Provider) ApplyAll(_ context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	out := resource.Outcome{Errs: make([]error, len(cs))}
	for i := range cs {
		out.Errs[i] = errPlanOnly
	}
	return out
}

// Ships returns the keys of packages' contents, as far as they are installed.
func (p *Provider) Ships(ctx context.Context, names []string) (map[string][]string, error) {
	if p.empty {
		return nil, nil
	}
	return p.tree.Ships(ctx, names)
}

// Runs returns the keys of things that start programs of a package.
func (p *Provider) Runs(ctx context.Context, name string) ([]string, error) {
	if p.empty {
		return nil, nil
	}
	return p.tree.Runs(ctx, name)
}

// OnlyFrom returns the installed packages that come from one repository alone.
func (p *Provider) OnlyFrom(ctx context.Context, repository, definition string) ([]string, error) {
	if p.empty {
		return nil, nil
	}
	return p.tree.OnlyFrom(ctx, repository, definition)
}
