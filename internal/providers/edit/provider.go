// Package edit makes parts of files as declared: the kinds setting, line, block, authorized_key and known_host. All
// parts of one file are one set: one reading, one candidate that package internal/edit accepts or refuses, one check,
// one replacement of the file, which keeps its mode, owner, access lists and extended attributes.
//
// Start with [New]. source.go reads files, found.go makes those of users, part.go finds the state of a part, apply.go
// changes files, review.go forecasts, record.go saves what undoing a change needs.
//
// It knows no format: package internal/edit decides how a part is found and changed in the bytes of a file, and
// package access finds the file of a user's keys.
package edit

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/verify"
	"converge/resources"
)

// Ledger knows what converge wrote last. A key is the key of a resource.
type Ledger interface {
	// Wrote reports whether converge wrote a content with that SHA-256 (hex)
	// last; known is false if it never wrote one.
	Wrote(key, digest string) (same, known bool)
}

// Founded is a [Ledger] that keeps the states of parts before converge made them.
type Founded interface {
	// ListParts returns the keys of the parts that converge wrote, by their file.
	ListParts() map[string][]string

	// ReadPast returns the record of a part, as text; "": none.
	ReadPast(key string) string
}

// Makings is a [Ledger] that keeps which files converge made for parts. A path is physical.
type Makings interface {
	// ReadMaking returns the note on the file at a path; "": none.
	ReadMaking(path string) string

	// NoteMaking replaces the note; "": converge has made no file there.
	NoteMaking(path, id string) error
}

// Beside records files that are written beside others.
type Beside interface {
	// RecordBeside returns the change of the file at path that gets a content, and keeps the replaced content.
	RecordBeside(ctx context.Context, path string, content *resource.Blob) ([]resource.Change, error)
}

// Options of [New].
type Options struct {
	FS     *fsys.FS
	RunID  string          // part of the names of staged files
	Ledger Ledger          // nil: no edit is recognised
	Beside Beside          // nil: backups are not recorded for a rollback
	Checks *verify.Checker // nil: some that run outside the root
	Access Access          // nil: no part may name a user
}

// Access finds the files of keys by which users log in, and of hosts that they know.
type Access interface {
	// Locate returns the file of a part that names a user and no path.
	Locate(ctx context.Context, w *resources.Part) (string, error)

	// Founding returns how to make a missing file of a part, and its folder. own is false if both are made like any
	// other file. A folder without a mode must not be made.
	Founding(ctx context.Context, w *resources.Part) (file, folder fsys.Perm, own bool, err error)

	// Forget discards what was read.
	Forget()
}

// Refuser is an [Access] that knows files whose keys are all declared elsewhere.
type Refuser interface {
	// RefusePart refuses a part of the file at a physical path.
	RefusePart(ctx context.Context, w *resources.Part, path string) error
}

// Noter is an [Access] that explains changes of its parts to people.
type Noter interface {
	// Notes returns the notes of a plan on a change; src is the file.
	Notes(ctx context.Context, w *resources.Part, path string, src *edit.Memo) []string

	// Remarks returns the notes of a plan on a part that is as declared.
	Remarks(ctx context.Context, w *resources.Part, path string) []string
}

// Provider is the provider of the kinds of parts.
type Provider struct {
	Options
	held *fsys.Held

	declared *declared
	founded  *founded
	pasts    *pasts
	together *together

	mu       sync.Mutex
	now      func() time.Time
	sources  map[string]*source           // by physical path; read since Invalidate
	named    map[string]*source           // the same, by the paths that parts name
	former   map[string]*source           // read before; valid as long as the file is the same
	planned  map[string][]resource.Change // the changes of a plan, by physical path
	checks   map[string][]verify.Check    // of these files
	sections map[resource.Addr]string     // notes on sections that stay without a part of the plan
	judged   map[string]*judgement        // results of the checks of these, once they were run
	replays  map[string]*replay           // what undoing the next changes needs
}

// New returns the provider of parts of the files of a root.
func New(o Options) *Provider {
	if o.Checks == nil {
		o.Checks = verify.New(o.FS, false)
	}
	return &Provider{
		Options: o, held: o.FS.Hold(), now: time.Now, declared: &declared{}, founded: &founded{}, pasts: &pasts{}, together: &together{},
		sources: map[string]*source{}, named: map[string]*source{}, former: map[string]*source{}, judged: map[string]*judgement{},
	}
}

// Invalidate implements [resource.Invalidator].
func (p *Provider) Invalidate([]resource.Change) {
	p.Checks.Invalidate()
	p.founded.forget() // before the lock, which they take themselves
	p.declared.forget()
	p.together.forget()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held.Forget()
	p.FS.Forget()
	maps.Copy(p.former, p.sources)
	clear(p.sources)
	clear(p.named)
	if p.Access != nil {
		p.Access.Forget()
	}
}

// Closer returns a closer of the folders that a provider keeps open. The provider can be used again.
func Closer(p *Provider) io.Closer { return closer{p.held} }

type closer struct{ held *fsys.Held }

// Close implements [io.Closer].
func (c closer) Close() error {
	c.held.Forget()
	return nil
}

// HasPaths reports that things are identified by paths, in which links count.
func (p *Provider) HasPaths() bool { return true }

// Observe implements [resource.Provider].
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	if err := ctx.Err(); err != nil {
		return cty.NilVal, err
	}
	w, err := p.decode(ctx, want)
	switch {
	case err != nil && w.IsAbsent() && errors.Is(err, resource.ErrMissing): // nor is there a file
		return resource.Absent, nil
	case err != nil:
		return cty.NilVal, err
	}
	src, err := p.read(w)
	if err != nil {
		return cty.NilVal, err
	}
	if src.missing {
		return resource.Absent, nil
	}
	return p.observe(ctx, want, w, src)
}

// Apply implements [resource.Provider].
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// Solve implements [resource.Transactor]: it builds the candidate of every file, and refuses incompatible parts. A
// missing file has no candidate.
func (p *Provider) Solve(ctx context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	p.Checks.Declare(p, cs, candidates{p}.show)
	sets, bad := p.sets(ctx, cs)
	settle(sets, cs)
	planned, checks, notes := map[string][]resource.Change{}, map[string][]verify.Check{}, map[resource.Addr]string{}
	for _, s := range sets {
		if err := ctx.Err(); err != nil {
			return resource.Forecast{}, err
		}
		for _, m := range s.members {
			planned[s.src.path] = append(planned[s.src.path], cs[m.index])
		}
		checks[s.src.path] = s.checks()
		if s.src.missing && !s.members[0].want.Create.Value {
			continue
		}
		for i, err := range s.build(p.where) {
			bad[cs[s.members[i].index].Addr] = resource.Certain(err)
		}
		s.noteSections(notes)
	}
	p.mu.Lock()
	p.planned, p.checks, p.judged, p.sections = planned, checks, map[string]*judgement{}, notes
	p.mu.Unlock()
	return resource.Forecast{}, bad.OrNil()
}

// part is a wanted part, and the kind's own struct as the edit room takes it.
type part = resources.Part
