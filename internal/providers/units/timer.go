package units

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"
	"syscall"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Services is the provider of the kind service.
type Services interface {
	resource.Provider
	resource.Transactor
	resource.Actor
	resource.Reviewer
	resource.Invalidator
}

// Keeper saves content before it is lost, under its SHA-256.
type Keeper interface {
	KeepBytes(ctx context.Context, content []byte) (digest string, err error)
}

// TimerOptions configure [NewTimers].
type TimerOptions struct {
	Units    *Provider
	Services Services // nil: systemd does not start the services of the root
	Keep     Keeper   // nil: old contents are not kept
}

// Timers is the provider of the kind timer: two unit files, and the state of a unit.
type Timers struct {
	timers *timers
}

var _ resource.Transactor = (*Timers)(nil)

// NewTimers returns the provider of the timers of a root.
func NewTimers(o TimerOptions) *Timers {
	t := &timers{TimerOptions: o, file: resources.File(o.Units.Files)}
	return &Timers{timers: t}
}

// Observe implements [resource.Provider].
func (t *Timers) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	return resource.ObserveTyped(ctx, want, t.timers.observe)
}

// Invalidate implements [resource.Invalidator]. The providers of files and services invalidate their own caches.
func (t *Timers) Invalidate([]resource.Change) {
	t.timers.mu.Lock()
	defer t.timers.mu.Unlock()
	t.timers.names = nil
}

type timers struct {
	TimerOptions
	file *resource.Kind // of the files of a timer

	mu    sync.Mutex
	names map[string]map[string]bool // names in the unit folders, each listed once
}

// has reports whether a unit folder has an entry with that name.
func (t *timers) has(dir, name string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if names, ok := t.names[dir]; ok {
		return names[name], nil
	}
	all, err := t.Units.lookout.fs.Names(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return false, err
	}
	names := make(map[string]bool, len(all))
	for _, n := range all {
		names[n] = true
	}
	if t.names == nil {
		t.names = map[string]map[string]bool{}
	}
	t.names[dir] = names
	return names[name], nil
}

func (t *timers) observe(ctx context.Context, want resources.TimerWant) (*resources.TimerWant, error) {
	if t.Services == nil {
		if want.IsAbsent() {
			return nil, nil
		}
		return nil, fmt.Errorf("cannot manage timer %s: systemd does not start the services of this machine; the kind cron does what a timer does", want.Name)
	}
	texts, err := t.readFiles(ctx, want.Name)
	switch {
	case err != nil:
		return nil, err
	case texts != (resources.TimerFiles{}):
	case want.IsAbsent():
		return nil, nil
	default:
		if err := t.refuseShadowing(want); err != nil {
			return nil, err
		}
		return nil, t.refuseMissing(&want)
	}
	if err := t.refuseShadowing(want); err != nil {
		return nil, err
	}
	have := &resources.TimerWant{Name: want.Name, Path: want.Path, Ensure: resource.Some("present")}
	if want.IsAbsent() {
		return have, nil
	}
	have.Show(texts)
	var missing error
	same := want.Content == nil || have.Content.Same(want.Content)
	if same {
		have.Content = want.Content
	} else {
		missing = t.refuseMissing(&want)
	}
	have.Enabled, have.Running = resource.Some(false), resource.Some(false)
	if !texts.Timer.Set {
		return have, missing
	}
	state, err := t.observeUnit(ctx, want)
	if err == nil {
		have.Enabled, have.Running = state.Enabled, state.Running
	} else if same { // the unit of other files may have the right state once they are written
		return nil, err
	}
	return have, missing
}

// refuseShadowing refuses a timer that hides a unit in another folder: removing the timer would leave that unit
// disabled.
func (t *timers) refuseShadowing(want resources.TimerWant) error {
	service, timer := resources.TimerPaths(want.Name)
	for _, own := range []string{timer, service} {
		for _, dir := range resources.UnitDirs() {
			other := path.Join(dir, path.Base(own))
			if other == own {
				continue
			}
			there, err := t.has(dir, path.Base(own))
			switch {
			case err != nil:
				return err
			case !there:
			case want.IsAbsent():
				return fmt.Errorf("cannot remove timer %s: %s would come into its place; remove %s and %s by hand", want.Name, other, timer, service)
			default:
				return fmt.Errorf("cannot manage timer %s: there is %s, which it would replace; give it another name", want.Name, other)
			}
		}
	}
	return nil
}

// refuseMissing refuses a command whose program does not exist.
func (t *timers) refuseMissing(want *resources.TimerWant) error {
	if want.Content == nil || want.Unverified.Value {
		return nil
	}
	return t.Units.lookout.refuseMissing(&resources.Entry{
		Place:       resources.Place{Path: want.Path},
		FileOptions: resources.FileOptions{Contents: resources.Contents{Content: want.Content}},
	})
}

// observeUnit observes the unit of a timer.
func (t *timers) observeUnit(ctx context.Context, want resources.TimerWant) (resources.ServiceWant, error) {
	have, err := t.Services.Observe(ctx, resource.Encode(unitWant(want.Name+".timer", want.Enabled.Or(true), want.Running.Or(true))))
	if err != nil {
		return resources.ServiceWant{}, err
	}
	return resource.DecodeRecorded[resources.ServiceWant](have)
}

func unitWant(unit string, enabled, running bool) resources.ServiceWant {
	return resources.ServiceWant{Name: unit, Enabled: resource.Some(enabled), Running: resource.Some(running)}
}

// Act implements [resource.Actor]: it runs the command.
func (t *Timers) Act(ctx context.Context, want cty.Value, _ string) error {
	unit, err := commandUnit(want)
	if err != nil {
		return err
	}
	return t.timers.Services.Act(ctx, unit, "start")
}

// Satisfied implements [resource.Actor].
func (t *Timers) Satisfied(ctx context.Context, want cty.Value, _ string, since resource.Instant) (bool, error) {
	unit, err := commandUnit(want)
	if err != nil {
		return false, err
	}
	return t.timers.Services.Satisfied(ctx, unit, "start", since)
}

// commandUnit returns the service of a timer, as a resource of the kind service.
func commandUnit(want cty.Value) (cty.Value, error) {
	w, err := resource.Decode[resources.TimerWant](want)
	return resource.Encode(resources.ServiceWant{
		Name: w.Name + ".service", Timeout: resource.Some(w.RunLimit().String()), Settle: resource.Some("1s"),
	}), err
}
