package process

import (
	"context"
	"errors"
)

// ErrForbidden is the error of a program that does not run because the context forbids all programs.
var ErrForbidden = errors.New("no program is run for a machine that is not this one")

// forbidden is the key of a context that forbids programs.
type forbidden struct{}

// Forbid returns a context in which [Run] runs nothing: a plan for another machine must not touch this one, regardless
// of its providers.
func Forbid(ctx context.Context) context.Context {
	return context.WithValue(ctx, forbidden{}, true)
}

func isForbidden(ctx context.Context) bool { return ctx.Value(forbidden{}) != nil }
