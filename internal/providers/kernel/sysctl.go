// Package kernel sets the parameters of the kernel (the kind sysctl) and loads its modules (the kind kernel_module),
// now and for the next boot.
//
// Start with [New] and [NewModules]. sysctl.go observes parameters, setparameters.go changes them; saved.go finds the
// value that the files of sysctl.d set at boot, by the rules of sysctl.d(5). It never runs sysctl --system, which
// would also apply what others have declared.
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

// Options of [New] and [NewModules].
type Options struct {
	FS      *fsys.FS
	Live    bool // the root is that of the running kernel
	Systemd bool // the init system of the root is systemd
	Ledger  Ledger
}

// Provider is the provider of the kind sysctl.
type Provider struct {
	resource.Provider
	resource.AsAsked
	parameters *parameters
}

// New returns the provider of the parameters of a root.
func New(o Options) *Provider {
	p := &parameters{Options: o}
	return &Provider{Provider: resource.Typed[resources.SysctlWant](p), parameters: p}
}

// Invalidate implements [resource.Invalidator].
func (p *Provider) Invalidate([]resource.Change) { p.parameters.forget() }

// parameters observes and changes parameters. It reads the files of sysctl.d
// once for all of them.
type parameters struct {
	Options

	mu    sync.Mutex
	saved *savedIndex // nil: not read yet
}

func (p *parameters) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved = nil
}

func (p *parameters) settings(ctx context.Context) (*savedIndex, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.saved == nil {
		all, err := readSaved(ctx, p.FS, p.Systemd)
		if err != nil {
			return nil, err
		}
		p.saved = all.index()
	}
	return p.saved, nil
}

// Observe implements [resource.TypedProvider]. It fails if the value cannot become the wanted one: the kernel has no
// such parameter, or a later file sets another value at boot.
func (p *parameters) Observe(ctx context.Context, want resources.SysctlWant) (*resources.SysctlWant, error) {
	have, err := p.observeSaved(ctx, want)
	if err != nil || have == nil || !want.Now.Set || !p.Live {
		if have != nil {
			have.Now = want.Now // the kernel that runs is not the root's
		}
		return have, err
	}
	have.Now, err = p.observeLive(want)
	if want.Unavailable.Value == "skip" && (errors.Is(err, resource.ErrMissing) || err == nil && have.Now != want.Now && p.checkSettable(want) != nil) {
		have.Now, have.AtBoot = want.Now, want.AtBoot // Review reports it
		return have, nil
	}
	return have, err
}

// observeSaved finds the value at boot. The line in the resource's own file, which an undo restores, may not be the
// effective one.
func (p *parameters) observeSaved(ctx context.Context, want resources.SysctlWant) (*resources.SysctlWant, error) {
	all, err := p.settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot find out the value of %s at boot: %w", want.Key, err)
	}
	key := resources.SysctlPath(want.Key)
	own, ok := all.findIn(want.Path(), key)
	other := p.elsewhere(want)
	if want.IsAbsent() && !ok && other != nil {
		own, ok = all.findIn(other.Path(), key)
	}
	if want.IsAbsent() && !ok {
		return nil, nil
	}
	have := &resources.SysctlWant{
		Key: want.Key, File: want.File, Ensure: resource.Some("present"),
		AtBoot: resource.Some(own.value), Line: resource.Some(own.value),
	}
	if want.AtBoot.Value == "" {
		return have, nil
	}
	counts, ok := all.find(key)
	have.AtBoot.Value = counts.value
	isMoved := other != nil && counts.file == other.Path() // that line is removed
	if ok && !isMoved && isLater(counts, key, want.File) && !resources.IsSameSysctl(counts.value, want.AtBoot.Value) {
		return nil, fmt.Errorf("cannot save %s: %s sets it to %s at boot, after %s; remove that line, or name a later file", want.Key, counts, counts.value, want.Path())
	}
	return have, nil
}

// isLater reports whether a setting of the parameter takes precedence over one in a file with that name: it is read
// later, and is not a pattern.
func isLater(s setting, key, file string) bool {
	return s.key == key && (s.file == sysctlConf || path.Base(s.file) > file)
}

func livePath(key string) string { return "/proc/sys/" + resources.SysctlPath(key) }

func (p *parameters) observeLive(want resources.SysctlWant) (resource.Opt[string], error) {
	text, err := p.FS.ReadFile(livePath(want.Key), maxFile)
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
	return resource.Some(now), nil
}

// checkSettable returns why the kernel does not let the parameter be set.
func (p *parameters) checkSettable(want resources.SysctlWant) error {
	at := livePath(want.Key)
	err := p.FS.CheckWritable(at)
	switch {
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return nil // Observe reports the latter
	case isReadOnly(p.FS, at):
		return fmt.Errorf("cannot set %s: the kernel's parameters are read-only here; with live = false it is set at boot only", want.Key)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("cannot set %s: the kernel does not permit it here, as for many parameters in a container; with live = false it is set at boot only", want.Key)
	}
	return fmt.Errorf("cannot set %s: %w", want.Key, err)
}

func isReadOnly(f *fsys.FS, path string) bool {
	fixed, err := f.ReadOnly(path)
	return err == nil && fixed
}

// Review implements [resource.Reviewer].
func (p *Provider) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast {
		return r
	}
	want, err := resource.Decode[resources.SysctlWant](c.Want)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	live := p.parameters.Live && want.Now.Set
	switch {
	case c.Empty() && live:
		r.Owner = p.parameters.skipped(want)
	case c.Empty() || o.Pending != resource.NothingPending:
	case live && c.Differs("live_value"):
		r.Blocked = p.parameters.checkSettable(want)
	}
	if r.Blocked == nil && c.Differs("saved_value") && o.Pending == resource.NothingPending {
		r.Blocked = checkFile(p.parameters.FS, want.Path())
	}
	return r
}

// skipped explains why a parameter is left as it is, although it may differ.
func (p *parameters) skipped(want resources.SysctlWant) string {
	if want.Unavailable.Value != "skip" {
		return ""
	}
	switch now, err := p.observeLive(want); {
	case errors.Is(err, resource.ErrMissing):
		return "skipped: the kernel has no such parameter"
	case err == nil && now != want.Now && p.checkSettable(want) != nil:
		return "skipped: the kernel does not let it be set here"
	}
	return ""
}
