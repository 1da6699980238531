package resource

import (
	"errors"
	"fmt"
)

// ErrUnprivileged is in the error of a change that this process may not make, and root may.
var ErrUnprivileged = errors.New("only root may do that")

// Unprivileged marks the error of a change that only root may make.
func Unprivileged(err error) error { return unprivileged{err} }

type unprivileged struct{ error }

func (u unprivileged) Unwrap() []error { return []error{u.error, ErrUnprivileged} }

// Unprivilegedf is [Unprivileged] for a new error.
func Unprivilegedf(format string, args ...any) error {
	return Unprivileged(fmt.Errorf(format, args...))
}
