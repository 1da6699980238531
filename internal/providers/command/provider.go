// Package command runs the commands of exec resources and their guards.
//
// Start with [Provider]. guard.go decides whether a command is needed, environment.go sets its user, directory and
// environment, and process.go starts, bounds and ends it. records.go and survivor.go handle the commands that a killed
// run has left.
//
// It is not for the programs that other providers call: those know the program and read its output; here both belong
// to the user.
package command

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Provider runs commands in one root.
type Provider struct {
	fs    *fsys.FS
	users *userdb.DB
	now   func() resource.Instant

	guards    *guards
	history   *history
	records   *records
	survivors *survivors
	triggers  *triggers
}

// New returns a provider of commands that run in the root of fs, with the users of users. now is the clock of the
// moments that Satisfied compares.
func New(fs *fsys.FS, users *userdb.DB, now func() resource.Instant) *Provider {
	p := &Provider{fs: fs, users: users, now: now, guards: &guards{root: fs, users: users}, history: &history{}}
	p.Remember(Memory{})
	return p
}

// NewIdle gives commands of a machine that is not this one, for a plan: nothing is run. A guard
// that is a command is taken to see a need, and the plan notes that it was not asked.
func NewIdle(fs *fsys.FS, users *userdb.DB, now func() resource.Instant) *Provider {
	p := New(fs, users, now)
	p.guards.idle = true
	return p
}

// Remember makes the provider record its commands, and read those that earlier runs left.
func (p *Provider) Remember(m Memory) {
	p.records = openRecords(m, p.now)
	p.triggers = &triggers{memory: m}
	p.survivors = &survivors{records: p.records, history: p.history}
}

// ForgetTriggers drops the records of triggers of commands that the site no longer declares.
func (p *Provider) ForgetTriggers(declared func(resource.Addr) bool) error {
	return p.triggers.forget(declared)
}

// Observe implements [resource.Provider]: the command exists if it need not run.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	return resource.ObserveTyped(ctx, want, func(ctx context.Context, want resources.ExecWant) (*resources.ExecWant, error) {
		need, err := p.isNeeded(ctx, &want)
		if err != nil || need {
			return &resources.ExecWant{}, err
		}
		return &resources.ExecWant{Command: want.Command}, nil
	})
}

func (p *Provider) isNeeded(ctx context.Context, want *resources.ExecWant) (bool, error) {
	if changed, err := p.triggers.isChanged(want); err != nil || changed {
		if _, ran := p.history.find(want.Address); ran || err != nil {
			return false, err
		}
		return p.guards.allow(ctx, want)
	}
	switch {
	case want.HasGuard():
		return p.guards.isNeeded(ctx, want)
	case want.Always.Value:
		_, ran := p.history.find(want.Address)
		return !ran, nil
	}
	return false, nil
}

// Apply implements [resource.Provider].
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	want, err := resource.Decode[resources.ExecWant](c.Want)
	if err != nil {
		return err
	}
	if _, survived := p.records.find(&want); survived {
		if err := p.survivors.await(ctx, &want); err != nil {
			return err
		}
		if _, ran := p.history.find(want.Address); ran {
			if err := p.triggers.record(&want); err != nil {
				return err
			}
		}
		if need, err := p.isNeeded(ctx, &want); err != nil || !need {
			return err
		}
	}
	if err := p.run(ctx, &want); err != nil {
		return err
	}
	return p.guards.explainNeed(&want)
}

// Act implements [resource.Actor]. As elsewhere, guards hold for a command
// that is notified too.
func (p *Provider) Act(ctx context.Context, v cty.Value, verb string) error {
	want, err := resource.Decode[resources.ExecWant](v)
	if err != nil {
		return err
	}
	if verb != "run" {
		return fmt.Errorf("a command has no action %s", verb)
	}
	if want.HasGuard() {
		need, err := p.guards.isNeeded(ctx, &want)
		if err != nil || !need {
			return err
		}
	}
	return p.run(ctx, &want)
}

// Satisfied implements [resource.Actor]: a command that started after the change,
// and succeeded, has seen it.
func (p *Provider) Satisfied(ctx context.Context, v cty.Value, _ string, since resource.Instant) (bool, error) {
	want, err := resource.Decode[resources.ExecWant](v)
	if err != nil {
		return false, err
	}
	if err := p.survivors.await(ctx, &want); err != nil {
		return false, err
	}
	ran, ok := p.history.find(want.Address)
	if !ok {
		return false, nil
	}
	return isAfter(ran, since), p.triggers.record(&want)
}

// isAfter reports whether a command that started at a moment started after
// another.
func isAfter(ran, since resource.Instant) bool {
	if since.Boot != ran.Boot {
		return since.Boot != ""
	}
	return since.Mono != 0 && ran.Mono > since.Mono
}

// Invalidate implements [resource.Invalidator]: users are read again, and a command that was started before a change
// has not seen it. Results of commands stay.
func (p *Provider) Invalidate(because []resource.Change) {
	p.users.Forget()
	if because == nil || len(because) > 0 {
		p.history.noteChange()
	}
}

func (p *Provider) run(ctx context.Context, want *resources.ExecWant) error {
	started := p.now()
	e, err := newEnvironment(ctx, p.fs, p.users, want)
	if err != nil {
		return err
	}
	p.history.noteChange()
	if err := p.retry(ctx, e, want); err != nil {
		return err
	}
	p.history.add(want.Address, started)
	return p.triggers.record(want)
}

// isAccepted reports whether an exit status counts as success.
func isAccepted(want *resources.ExecWant, status int) bool {
	if !want.ExitCodes.Set {
		return status == 0
	}
	return slices.Contains(want.ExitCodes.Value, int64(status))
}

// parseDuration reads a duration that the kind has checked.
func parseDuration(text resource.Opt[string], unset time.Duration) time.Duration {
	d, err := time.ParseDuration(text.Value)
	if err != nil {
		return unset
	}
	return d
}
