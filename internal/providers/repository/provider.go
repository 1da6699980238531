// Package repository manages package repositories (the kind repository): the native file that defines one, its key and
// its priorities.
//
// Start with [New]. observe.go reads the live repository, apply.go changes it in one group of files; section.go edits
// pacman's file for all repositories. key.go reads and judges signing keys, signature.go checks a repository's
// signature before anything is written, trust.go imports keys into rpm and pacman-key, lists.go removes package lists.
// planned.go provides the future files for a plan of packages.
//
// It fetches no package lists and installs nothing: the providers of packages do, once, after the last change of a
// repository.
package repository

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"converge/internal/fetch"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Options configure [New].
type Options struct {
	FS   *fsys.FS
	Keep Keeper // nil: old contents are not kept

	Now func() time.Time // nil: time.Now
	run runner           // nil: runs real programs
}

// Keeper saves a content that is about to be lost, under its SHA-256, so that it can be restored.
type Keeper interface {
	KeepBytes(ctx context.Context, content []byte) (digest string, err error)
}

// OnlyFrom names the installed packages that no repository offers in any version, except the repository with that
// definition.
type OnlyFrom func(ctx context.Context, name, definition string) ([]string, error)

// Provider is the provider of the kind repository.
type Provider struct {
	resource.Provider
	own *repositories
}

// Declare records what the site declares, because what is in the way may go, and two of its own may contradict each
// other.
func (p *Provider) Declare(rs []*resource.Resource) {
	p.own.site, p.own.signers = sync.OnceValue(func() *siteSources { return readSite(rs) }), nil
}

// New returns the provider of the repositories of a root.
func New(o Options) *Provider {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.run == nil {
		o.run = system{root: o.FS.Root()}
	}
	t, client := &tree{o.FS}, fetch.NewClient()
	r := &repositories{
		tree: t, keep: o.Keep, onlyFrom: map[string]OnlyFrom{}, observed: map[string]resources.RepositoryWant{}, truster: &truster{t, o.run},
		keys:     &keyReader{tree: t, now: o.Now, client: client, fetched: map[string][]byte{}},
		verifier: &verifier{tree: t, now: o.Now, client: client, patience: fetchTime, checked: map[string]verdict{}},
	}
	p := &Provider{resource.Typed[resources.RepositoryWant](r), r}
	p.Declare(nil)
	return p
}

// AskOnlyFrom sets the function that finds the packages of a manager that lose their source with a repository.
func (p *Provider) AskOnlyFrom(manager string, ask OnlyFrom) { p.own.onlyFrom[manager] = ask }

// CheckSigned checks again whether each observed and declared repository of a package manager is signed by its key. It
// is called when the manager could not fetch them, and returns the reason in terms of the declaration. Without a
// network it returns nil, and takes no longer than one fetch may.
func (p *Provider) CheckSigned(ctx context.Context, manager string) error {
	r := p.own
	ctx, cancel := context.WithTimeout(ctx, r.verifier.patience)
	defer cancel()
	r.mu.Lock()
	wants := slices.Collect(maps.Values(r.observed))
	r.mu.Unlock()
	slices.SortFunc(wants, func(a, b resources.RepositoryWant) int { return strings.Compare(a.Name, b.Name) })
	for _, want := range wants {
		if want.Provider.Value != manager || !want.Enabled.Or(true) {
			continue
		}
		key, known := r.keys.knownKey(want, &resources.RepositoryWant{}) // as on the machine
		if !known || want.Trusted.Value || !want.URL.Set || len(key) == 0 {
			continue
		}
		if v := r.verifier.judge(ctx, want, key); v.err != nil {
			return fmt.Errorf("the repository %s: %w", want.Name, v.err)
		}
	}
	return nil
}

// Invalidate implements [resource.Invalidator]: another change may have altered a repository on this machine.
func (p *Provider) Invalidate([]resource.Change) {
	v := p.own.verifier
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.checked)
	p.own.mu.Lock()
	defer p.own.mu.Unlock()
	p.own.signers = nil
}

// repositories observes and changes repositories.
type repositories struct {
	*tree
	keys     *keyReader
	verifier *verifier
	truster  *truster
	onlyFrom map[string]OnlyFrom
	keep     Keeper
	site     func() *siteSources // read at first use, for few runs change a repository

	mu       sync.Mutex
	observed map[string]resources.RepositoryWant // existing and wanted ones, by name
	signers  *signerIndex                        // of apt's sources; nil: to be read
}

// tree gives access to the files below a root.
type tree struct{ fs *fsys.FS }
