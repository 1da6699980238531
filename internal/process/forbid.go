package process

import (
	"context"
	"errors"
)

// ErrForbidden is the error of a program that is not run, because the context forbids all.
var ErrForbidden = errors.New("no program is run for a machine that is not this one")

// forbidden is the key of a context that forbids programs.
type forbidden struct{}

// Forbid returns a context in which [Run] runs nothing: what is planned for a machine that is
// not this one must not touch this one, whatever its providers ask.
func Forbid(ctx context.Context) context.Context {
	return context.WithValue(ctx, forbidden{}, true)
}

func isForbidden(ctx context.Context) bool { return ctx.Value(forbidden{}) != nil }
