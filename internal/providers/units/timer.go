package units

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
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

// Keeper saves content that is about to be lost, under its SHA-256.
type Keeper interface {
	KeepBytes(ctx context.Context, content []byte) (digest string, err error)
}

// TimerOptions of [NewTimers].
type TimerOptions struct {
	Units    *Provider
	Services Services // nil: systemd does not start the services of the root
	Keep     Keeper   // nil: old contents are not kept
}

// Timers is the provider of the kind timer: two unit files, and the state of a unit.
type Timers struct {
	resource.Provider
	timers *timers
}

// NewTimers returns the provider of the timers of a root.
func NewTimers(o TimerOptions) *Timers {
	t := &timers{o}
	return &Timers{resource.Typed[resources.TimerWant](t), t}
}

// Invalidate implements [resource.Invalidator]. The providers of files and of services
// forget what they read by themselves.
func (t *Timers) Invalidate([]resource.Change) {}

type timers struct{ TimerOptions }

// Observe implements [resource.TypedProvider].
func (t *timers) Observe(ctx context.Context, want resources.TimerWant) (*resources.TimerWant, error) {
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
	have.Content = resource.BytesBlob(texts.Join(want.Name))
	same := want.Content == nil || have.Content.Same(want.Content)
	if same {
		have.Content = want.Content
	} else if err := t.refuseMissing(&want); err != nil {
		return nil, err
	}
	have.Enabled, have.Running = resource.Some(false), resource.Some(false)
	if !texts.Timer.Set {
		return have, nil
	}
	state, err := t.observeUnit(ctx, want)
	if err == nil {
		have.Enabled, have.Running = state.Enabled, state.Running
	} else if same { // other files may be right when they are written
		return nil, err
	}
	return have, nil
}

// refuseShadowing refuses a timer that takes the place of a unit in another folder: to
// remove it would leave that unit disabled.
func (t *timers) refuseShadowing(want resources.TimerWant) error {
	service, timer := resources.TimerPaths(want.Name)
	for _, own := range []string{timer, service} {
		for _, dir := range resources.UnitDirs() {
			other := path.Join(dir, path.Base(own))
			if other == own {
				continue
			}
			_, err := t.Units.lookout.fs.Lstat(other)
			switch {
			case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
			case err != nil:
				return err
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

// Apply implements [resource.TypedProvider]: systemd judges both files, they are
// written together, and then the timer is enabled and started.
func (t *timers) Apply(ctx context.Context, c resource.TypedChange[resources.TimerWant]) error {
	if c.Want.IsAbsent() {
		return t.remove(ctx, c)
	}
	if c.Want.Content != nil {
		if err := t.judge(ctx, []resource.Change{c.Change}).refuseTimer(c.Change, nil); err != nil {
			return err
		}
		text, err := readBlob(c.Want.Content)
		if err != nil {
			return err
		}
		if err := t.writeFiles(ctx, c, resources.SplitTimer(c.Want.Name, text)); err != nil {
			return err
		}
	}
	return t.applyUnit(ctx, resources.ServiceWant{Name: c.Want.Name + ".timer", Enabled: c.Want.Enabled, Running: c.Want.Running})
}

// remove stops the timer and its command before it removes their files.
func (t *timers) remove(ctx context.Context, c resource.TypedChange[resources.TimerWant]) error {
	for _, unit := range []resources.ServiceWant{
		unitWant(c.Want.Name+".timer", false, false), {Name: c.Want.Name + ".service", Running: resource.Some(false)},
	} {
		if err := t.applyUnit(ctx, unit); err != nil {
			return err
		}
	}
	return t.writeFiles(ctx, c, resources.TimerFiles{})
}

func (t *timers) applyUnit(ctx context.Context, want resources.ServiceWant) error {
	if !want.Enabled.Set && !want.Running.Set {
		return nil
	}
	return t.Services.ApplyAll(ctx, []resource.Change{{Action: resource.Update, Want: resource.Encode(want)}}, resource.Forecast{}).Err(0)
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

// commandUnit returns the service of a timer, as the kind service wants it.
func commandUnit(want cty.Value) (cty.Value, error) {
	w, err := resource.Decode[resources.TimerWant](want)
	return resource.Encode(resources.ServiceWant{
		Name: w.Name + ".service", Timeout: resource.Some(w.RunLimit().String()), Settle: resource.Some("1s"),
	}), err
}
