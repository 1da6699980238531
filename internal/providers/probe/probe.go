// Package probe checks whether something on the machine works (the kind check): a URL, a port, a command, a unit.
//
// Start with [Provider.Act]. window.go repeats an attempt until it passes and has been stable; http.go and attempt.go
// make one attempt.
//
// It changes nothing, and it decides neither when a check runs nor the consequences of a failure: package engine does.
package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Commands runs the command of a check to its end. An error means that it failed.
type Commands interface {
	Try(ctx context.Context, want *resources.ExecWant) error
}

// Options configure [New].
type Options struct {
	FS       *fsys.FS
	Commands Commands
	Services resource.Provider // of the kind service
	Booted   bool              // an init system runs the machine, so units can be queried

	Now   func() resource.Instant
	Pause func(ctx context.Context, d time.Duration) error // nil: it waits
}

// Provider is the provider of the kind check.
type Provider struct {
	Options
}

// New returns the provider of the checks of a root.
func New(o Options) *Provider {
	if o.Pause == nil {
		o.Pause = pause
	}
	return &Provider{o}
}

// Observe implements [resource.Provider]: a check has no state.
func (p *Provider) Observe(_ context.Context, want cty.Value) (cty.Value, error) { return want, nil }

// Apply implements [resource.Provider].
func (p *Provider) Apply(context.Context, resource.Change) error {
	return errors.New("a check changes nothing")
}

// Act implements [resource.Actor]: it runs the check, and returns why it failed.
func (p *Provider) Act(ctx context.Context, v cty.Value, _ string) error {
	want, err := resource.Decode[resources.CheckWant](v)
	if err != nil {
		return err
	}
	try, err := p.prepareAttempt(&want)
	if err != nil {
		return err
	}
	w := window{
		within: durationOf(want.Within, 0), stable: durationOf(want.Stable, 0),
		now: func() time.Duration { return p.Now().Mono }, pause: p.Pause,
	}
	return w.repeat(ctx, func(ctx context.Context) error { return limit(ctx, durationOf(want.Timeout, defaultTimeout), try) })
}

// Satisfied implements [resource.Actor]: a check of a tree that does not run is skipped.
func (p *Provider) Satisfied(_ context.Context, v cty.Value, _ string, _ resource.Instant) (bool, error) {
	want, err := resource.Decode[resources.CheckWant](v)
	return err == nil && p.cannotAsk(&want) != "", err
}

// Review implements [resource.Reviewer].
func (p *Provider) Review(_ context.Context, c resource.Change, o resource.Outlook) resource.Review {
	if o.Ask != resource.AskAction {
		return resource.Review{}
	}
	want, err := resource.Decode[resources.CheckWant](c.Want)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	if why := p.cannotAsk(&want); why != "" {
		return resource.Review{Satisfied: true, Notes: []string{why}}
	}
	return resource.Review{}
}

// cannotAsk explains why a check is skipped; "" if it is not.
func (p *Provider) cannotAsk(want *resources.CheckWant) string {
	switch {
	case p.FS.Root() != "/":
		return "skipped: nothing runs in " + p.FS.Root()
	case want.Unit.Set && !p.Booted:
		return "skipped: no init system runs this machine"
	}
	return ""
}

// defaultTimeout is the time limit of an attempt.
const defaultTimeout = 5 * time.Second

// limit makes one attempt within a time limit.
func limit(ctx context.Context, d time.Duration, try func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := try(bounded)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("no answer within %v", d)
	}
	return err
}

// durationOf parses a duration that the kind has checked.
func durationOf(text resource.Opt[string], unset time.Duration) time.Duration {
	if d, err := time.ParseDuration(text.Value); text.Set && err == nil {
		return d
	}
	return unset
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
