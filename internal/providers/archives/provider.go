// Package archives keeps folders as they were unpacked from archives: the kind archive.
//
// Start with [Provider]. observe.go, linked.go and inspect.go compare a tree with the list of what was unpacked
// (list.go), which records.go keeps in the state folder. put.go unpacks beside the tree (stage.go) and exchanges the
// two; carry.go copies what sites declare below it. A replaced tree stays beside the new one under another name
// (kept.go), and a removed one in the state folder (attic.go), so that restore.go can put it back. With a link,
// link.go finds the link to the current version and those of earlier manifests, and switch.go switches it.
//
// internal/unpack decides what an archive may contain, and internal/fetch what a URL may be. No program is started.
package archives

import (
	"context"
	"net/http"
	"path"
	"sync"

	"converge/internal/fetch"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Accounts knows the users and groups of the root. An unknown name is
// userdb.ErrUnknown; the name of a number without an account is the number.
type Accounts interface {
	UID(ctx context.Context, name string) (uint32, error)
	GID(ctx context.Context, name string) (uint32, error)
	UserName(uid uint32) string
	GroupName(gid uint32) string
}

// Options of [New].
type Options struct {
	FS       *fsys.FS
	Accounts Accounts
	State    string       // the state folder
	RunID    string       // names staged and kept trees
	Client   *http.Client // for sources that are URLs; nil: one of its own
}

// Provider is the provider of the kind archive.
type Provider struct {
	resource.Provider
	*base
}

// New returns the provider of the archives of a root.
func New(o Options) *Provider {
	if o.Client == nil {
		o.Client = fetch.NewClient()
	}
	s, r := &shelf{o.FS, o.RunID, o.State}, records{o.State}
	b := &base{Options: o, shelf: s, links: &links{s, r}, records: r, declared: &declared{}, sources: map[string]*source{}}
	return &Provider{resource.Typed[resources.ArchiveWant](typed{b}), b}
}

// base is the common part of the parts of the provider.
type base struct {
	Options
	*shelf
	*links
	records  records
	declared *declared

	mu      sync.Mutex
	last    readList           // see readOnce
	sources map[string]*source // local archives that were read in this run, see sourceOf
}

// typed is the provider in terms of the kind's struct.
type typed struct{ *base }

// Observe implements [resource.TypedProvider].
func (t typed) Observe(ctx context.Context, want resources.ArchiveWant) (*resources.ArchiveWant, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return observer{t.base}.observe(ctx, want)
}

// Apply implements [resource.TypedProvider].
func (t typed) Apply(ctx context.Context, c resource.TypedChange[resources.ArchiveWant]) error {
	w := c.Want
	switch {
	case w.IsAbsent():
		return remover{t.base}.remove(ctx, w)
	case w.Restore.Set || w.Points.Set:
		return restorer{t.base}.restore(ctx, w)
	}
	return putter{t.base}.put(ctx, w)
}

// Invalidate implements [resource.Invalidator]. A change of another provider may be of
// anything.
func (p *Provider) Invalidate([]resource.Change) { p.FS.Forget() }

// HasPaths reports that things are identified by paths, in which links count.
func (p *Provider) HasPaths() bool { return true }

// Declare sets the site's declarations below trees. Call it before the first Observe.
func (p *Provider) Declare(s Site) { p.declared.declare(s) }

// placeOf returns the path of the tree of a wanted version.
func (b *base) placeOf(w resources.ArchiveWant) string {
	at := b.physical(w.Path.Bytes())
	if w.Link.Set {
		return path.Join(at, w.Version.Value)
	}
	return at
}
