// Package files makes files, directories and links as declared. One [Provider]
// serves the kinds file, template, directory and link, so that all of them that
// are ready are applied in one group commit.
//
// Start with [Provider.Observe] for how a no-op stays as cheap as reading the
// files, and with [Provider.ApplyAll] for how a change is made. internal/fsys
// writes to the disk; resources/file.go defines the attributes.
package files

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Keeper saves content that is about to be lost, under its SHA-256. KeepFile
// saves the content of a file that is about to be replaced or removed.
type Keeper interface {
	KeepFile(ctx context.Context, f *os.File) (digest string, err error)
	KeepBytes(ctx context.Context, content []byte) (digest string, err error)
}

// Ledger knows what converge last wrote. A key is that of the resource:
// "path:/etc/motd".
type Ledger interface {
	// Wrote reports whether a content of that SHA-256 (hex) is what it wrote
	// last; known is false if it never wrote one.
	Wrote(key, digest string) (same, known bool)
}

// Accounts knows the users and groups of the root. A name that there is not
// is userdb.ErrUnknown; a number without a name is its own.
type Accounts interface {
	UID(ctx context.Context, name string) (uint32, error)
	GID(ctx context.Context, name string) (uint32, error)
	UserName(uid uint32) string
	GroupName(gid uint32) string
}

// Options are what a Provider works with.
type Options struct {
	FS     *fsys.FS
	People Accounts
	RunID  string       // goes into the names of staged files
	Keep   Keeper       // nil: old contents are not kept
	Ledger Ledger       // nil: no edit is recognised
	Stop   func() error // asked while contents are read, and its error ends that; nil: nothing does
	Client *http.Client // for sources that are URLs; nil: one of its own
}

// Provider implements resource.Provider, Transactor, Reviewer and Recorder.
type Provider struct {
	resource.AsAsked
	o       Options
	fs      *fsys.FS
	held    *fsys.Held // for looking: directories that were opened since Forget
	compare fsys.Comparer

	mu   sync.RWMutex
	site *siteMap // nil: nobody said what is declared
}

// New makes a Provider.
func New(o Options) *Provider {
	if o.Client == nil {
		o.Client = newClient()
	}
	return &Provider{o: o, fs: o.FS, held: o.FS.Hold()}
}

// Invalidate implements resource.Invalidator: an open directory may have been
// moved. It closes every directory that is held open.
func (p *Provider) Invalidate([]resource.Change) {
	p.held.Forget()
	p.fs.Forget()
}

// Observe implements resource.Provider.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	if err := ctx.Err(); err != nil {
		return cty.NilVal, err
	}
	w, err := resource.Decode[resources.Entry](want)
	if err != nil {
		return cty.NilVal, err
	}
	have, err := p.observe(ctx, &w)
	switch {
	case err != nil:
		return cty.NilVal, p.named(err)
	case have == nil:
		return resource.Absent, nil
	case have == &w:
		return want, nil
	}
	return resource.Encode(*have), nil
}

// observe returns nil if there is nothing, and want itself if what there is is
// entirely as wanted.
func (p *Provider) observe(ctx context.Context, want *resources.Entry) (*resources.Entry, error) {
	switch want.Type {
	case resources.TypeFile:
		return p.observeFile(ctx, want)
	case resources.TypeDirectory:
		return p.observeDir(ctx, want)
	case resources.TypeLink:
		return p.observeLink(want)
	}
	return nil, errors.New("internal error: the wanted value has no type")
}

// Apply implements resource.Provider.
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}
