package packages

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// Options are the dependencies of a [Provider].
type Options struct {
	// Tree is the machine or the tree that the manager works on.
	Tree fsys.Files

	// Named is whether the manager is not the machine's own: packages name it.
	Named bool

	// Memory is a folder in which failed scripts of packages are remembered, "" for none: most managers count such a
	// package as installed. See memory.go.
	Memory string

	// Planned returns the files of repositories that other changes of the run will change, by path; nil for a file
	// that is removed. nil: a plan knows nothing of future repositories.
	Planned func(ctx context.Context, beside iter.Seq[resource.Change]) map[string][]byte

	// CheckSigned checks, after an index could not be fetched as a whole, whether the
	// reason is that a declared repository is not signed by its key, and returns an error
	// if so. nil: no repository is declared.
	CheckSigned func(ctx context.Context) error

	// Progress receives the progress, and Notice messages for a person that do not
	// stop the work; nil: they are dropped.
	Progress, Notice func(msg string)
}

// Provider makes the packages of a manager as wanted. It serves the kind "package", and is safe for concurrent use.
type Provider struct {
	*sources
	transaction sync.Mutex // one at a time
}

// New returns a provider for a manager.
func New(m Manager, o Options) *Provider {
	s := &sources{
		Manager: m, named: o.Named, tree: o.Tree, memory: memory{o.Memory, m.Name, m.FailedScripts, m.Unwritten},
		planned: o.Planned, checkSigned: o.CheckSigned, progress: orDiscard(o.Progress), notice: orDiscard(o.Notice),
	}
	if s.checkSigned == nil {
		s.checkSigned = func(context.Context) error { return nil }
	}
	s.installed = installed{from: m.Database, remembered: s.memory.load}
	return &Provider{sources: s}
}

func orDiscard(tell func(string)) func(string) {
	if tell == nil {
		return func(string) {}
	}
	return tell
}

// Apply implements [resource.Provider]: a transaction of its own, which may
// remove nothing but the package itself.
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	planned := resource.Forecast{Changes: []resource.Change{c}}
	return p.ApplyAll(ctx, []resource.Change{c}, planned).Err(0)
}

// Invalidate implements [resource.Invalidator]: another provider may have changed the offers of the sources, or
// installed something.
func (p *Provider) Invalidate([]resource.Change) {
	p.newest.forget()
	p.lookAgain()
}

// sources know the installed packages and the offers.
type sources struct {
	Manager
	installed

	named            bool // it is not the machine's own
	tree             fsys.Files
	memory           memory
	newest           newest
	declared         []*resource.Resource // see Declare
	progress, notice func(string)
	planned          func(ctx context.Context, beside iter.Seq[resource.Change]) map[string][]byte
	checkSigned      func(ctx context.Context) error

	privately atomic.Bool // the offers were fetched for a plan only
}
