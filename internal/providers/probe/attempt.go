package probe

import (
	"context"
	"errors"
	"fmt"
	"net"

	"converge/internal/resource"
	"converge/resources"
)

// prepareAttempt returns the function that makes one attempt of a check.
func (p *Provider) prepareAttempt(want *resources.CheckWant) (func(context.Context) error, error) {
	switch {
	case want.HTTP.Set:
		return p.prepareRequest(want)
	case want.TCP.Set:
		return func(ctx context.Context) error { return connect(ctx, want.TCP.Value) }, nil
	case want.Unit.Set:
		u := &unit{services: p.Services, name: want.Unit.Value, now: p.Now, steady: want.Stable.Set}
		return u.look, nil
	}
	command := want.AsExec()
	return func(ctx context.Context) error { return p.Commands.Try(ctx, &command) }, nil
}

func connect(ctx context.Context, address string) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("cannot connect to %s: %w", address, withoutAddress(err))
	}
	return c.Close()
}

// withoutAddress removes the address from an error: the message has it already.
func withoutAddress(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// unit queries the init system about a unit.
type unit struct {
	services resource.Provider
	name     string
	now      func() resource.Instant
	steady   bool // its main process must stay the same

	since *resource.Instant // when it was first seen to run, since it last did not
}

func (u *unit) look(ctx context.Context) error {
	if p, ok := u.services.(resource.Invalidator); ok {
		p.Invalidate([]resource.Change{}) // time has passed
	}
	now := u.now()
	want := resource.Encode(resources.ServiceWant{Name: u.name, Running: resource.Some(true)})
	v, err := u.services.Observe(ctx, want)
	var have resources.ServiceWant
	if err == nil && !v.IsNull() {
		have, err = resource.DecodeRecorded[resources.ServiceWant](v)
	}
	if err != nil {
		u.since = nil
		return err
	}
	if !have.Running.Value {
		u.since = nil
		return fmt.Errorf("%s does not run", u.name)
	}
	a, ok := u.services.(resource.Actor)
	if !u.steady || !ok {
		return nil
	}
	if u.since == nil {
		u.since = &now
		return nil
	}
	again, err := a.Satisfied(ctx, want, "restart", *u.since)
	if err == nil && again {
		u.since = &now
		return fmt.Errorf("%s was started again", u.name)
	}
	return err
}
