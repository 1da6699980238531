// Package kernel sets the parameters of the kernel (the kind sysctl), now and for
// the next boot.
//
// Start with [New]. sysctl.go observes and changes one parameter; saved.go finds
// the value that the files of sysctl.d set at boot, by the rules of sysctl.d(5).
// It runs no program: sysctl --system would set what others have declared, too.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Options of [New].
type Options struct {
	FS   *fsys.FS
	Live bool // the root is that of the running kernel
}

// Provider is the provider of the kind sysctl.
type Provider struct {
	resource.Provider
	parameters *parameters
}

// New returns the provider of the parameters of a root.
func New(o Options) *Provider {
	p := &parameters{fs: o.FS, live: o.Live}
	return &Provider{resource.Typed[resources.SysctlWant](p), p}
}

// Invalidate implements [resource.Invalidator].
func (p *Provider) Invalidate([]resource.Change) { p.parameters.forget() }

// parameters observes and changes parameters. It reads the files of sysctl.d
// once for all of them.
type parameters struct {
	fs   *fsys.FS
	live bool

	mu    sync.Mutex
	saved saved
	read  bool
}

func (p *parameters) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved, p.read = nil, false
}

func (p *parameters) settings(ctx context.Context) (saved, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read {
		return p.saved, nil
	}
	s, err := readSaved(ctx, p.fs)
	if err == nil {
		p.saved, p.read = s, true
	}
	return s, err
}

// Observe implements [resource.TypedProvider]. It fails where the value cannot
// become what is wanted: the kernel has no such parameter, its parameters are
// read-only, or a later file sets another value.
func (p *parameters) Observe(ctx context.Context, want resources.SysctlWant) (*resources.SysctlWant, error) {
	all, err := p.settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot find out the value of %s at boot: %w", want.Key, err)
	}
	line, ok := all.in(want.Path()).find(resources.SysctlPath(want.Key))
	if want.IsAbsent() && !ok {
		return nil, nil
	}
	have := &resources.SysctlWant{Key: want.Key, File: want.File, Ensure: resource.Some("present"), AtBoot: resource.Some(line.value)}
	if want.AtBoot.Value != "" {
		if err := checkLater(want, all); err != nil {
			return nil, err
		}
	}
	if want.Now.Set {
		have.Now, err = p.observeLive(want)
	}
	return have, err
}

// checkLater refuses a value that a later file would override at boot.
func checkLater(want resources.SysctlWant, all saved) error {
	key := resources.SysctlPath(want.Key)
	found, ok := all.find(key)
	if !ok || found.key != key || path.Base(found.file) <= want.File || resources.IsSameSysctl(found.value, want.AtBoot.Value) {
		return nil
	}
	return fmt.Errorf("cannot save %s: %s sets it to %s at boot, after %s; remove that line, or name a later file", want.Key, found, found.value, want.Path())
}

func (p *parameters) observeLive(want resources.SysctlWant) (resource.Opt[string], error) {
	if !p.live {
		return want.Now, nil // the kernel that runs is not the root's
	}
	at := "/proc/sys/" + resources.SysctlPath(want.Key)
	text, err := p.fs.ReadFile(at, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return resource.Opt[string]{}, resource.Missing(fmt.Errorf("cannot observe %s: the kernel has no such parameter; a module may have to be loaded first", want.Key))
	case err != nil:
		return resource.Opt[string]{}, fmt.Errorf("cannot observe %s: %w", want.Key, err)
	}
	now := strings.TrimSpace(string(text))
	if resources.IsSameSysctl(now, want.Now.Value) {
		return want.Now, nil
	}
	if fixed, err := p.fs.ReadOnly(at); err == nil && fixed {
		return resource.Opt[string]{}, fmt.Errorf("cannot set %s: the kernel's parameters are read-only here; with live = false it is set at boot only", want.Key)
	}
	return resource.Some(now), nil
}

// Apply implements [resource.TypedProvider]. It sets the value first, so that
// none is saved that the kernel refuses.
func (p *parameters) Apply(ctx context.Context, c resource.TypedChange[resources.SysctlWant]) error {
	defer p.forget()
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.Differs("live_value") {
		if err := p.setLive(ctx, c.Want); err != nil {
			return err
		}
	}
	if c.Differs("saved_value") || c.Action == resource.Delete {
		return p.save(ctx, c.Want)
	}
	return nil
}

func (p *parameters) setLive(ctx context.Context, want resources.SysctlWant) error {
	at := "/proc/sys/" + resources.SysctlPath(want.Key)
	txn := p.fs.Begin("sysctl")
	defer txn.Abort()
	live, err := txn.Look(at)
	if err != nil {
		return err
	}
	step := txn.WriteVirtual(at, live, []byte(want.Now.Value+"\n"))
	if err := errors.Join(txn.Commit(ctx), step.Err()); err != nil {
		return fmt.Errorf("cannot set %s to %q: %w", want.Key, want.Now.Value, err)
	}
	return nil
}

// save writes the line of the parameter, or removes it. A file in which no line
// is left goes.
func (p *parameters) save(ctx context.Context, want resources.SysctlWant) error {
	txn := p.fs.Begin("sysctl")
	defer txn.Abort()
	at := want.Path()
	live, err := txn.Look(at)
	var text []byte
	switch {
	case errors.Is(err, fs.ErrNotExist):
		live = fsys.Info{Mode: 0o644}
	case err == nil:
		text, err = p.fs.ReadFile(at, maxFile)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text = edit(text, want.Key, want.AtBoot.Value)
	var step *fsys.Step
	switch {
	case len(text) > 0:
		step = txn.File(at, live, fsys.File{Perm: fsys.Perm{Mode: live.Mode, UID: live.UID, GID: live.GID}, Bytes: text})
	case live.Ino != 0:
		step = txn.Remove(at, live)
	default:
		return nil
	}
	return errors.Join(txn.Commit(ctx), step.Err())
}
