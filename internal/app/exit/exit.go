// Package exit holds the exit statuses of the program and the error that ends it
// with one of them. Start with [Error]. It prints nothing: the caller of a
// command reports the error (package environ).
package exit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Exit statuses. They are a promise: scripts and unit files test them.
const (
	OK          = 0
	Failure     = 1
	Changes     = 2
	Incomplete  = 3
	Locked      = 4
	Stale       = 5
	Interrupted = 130
)

// Error ends the program with a status of its own.
type Error struct {
	Code  int
	Err   error    // nil: it has been reported already
	Hints []string // what the user can do, a line each
	Shown error    // if Err is nil: the error that was reported; nil: the events of a run show it
}

// With returns an error that ends the program with a status and shows hints.
func With(code int, err error, hints ...string) *Error {
	return &Error{Code: code, Err: err, Hints: hints}
}

// Silently returns an error that ends the program with a status and is not reported, because its cause was shown
// already.
func Silently(code int) error { return &Error{Code: code} }

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the cause, nil if it has been reported already.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the exit status of an error; OK for nil.
func CodeOf(err error) int {
	var e *Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.Canceled):
		return Interrupted
	}
	return Failure
}

// Meaning describes an exit status for the help of a command.
func Meaning(code int) string {
	switch code {
	case OK:
		return "success"
	case Failure:
		return "bad usage, manifest or environment; nothing was changed"
	case Changes:
		return "with --detailed-exitcode: there are changes (plan), or were (apply), or audited differences"
	case Incomplete:
		return "the run ended with failed or held resources, or left something that prune was to remove, or its report could not be written"
	case Locked:
		return "another run holds the lock"
	case Stale:
		return "the saved plan is stale or was used before"
	case Interrupted:
		return "interrupted: the rest was not started"
	}
	return ""
}

// Nearest returns the known name that was probably meant: the only one with that beginning, or a similar one; "" if
// there is none.
func Nearest(name string, known []string) string {
	begun := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return len(name) < 3 || !strings.HasPrefix(k, name) })
	if len(begun) == 1 {
		return begun[0]
	}
	best, distance := "", 3 // two slips at most
	for _, k := range known {
		if d := levenshtein.Distance(name, k, nil); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}

// UnknownName returns the error about an unknown name, with the similar known ones, or all of them, the likeliest
// first. The format has one verb, for the name.
func UnknownName(format, name string, known []string) error {
	e := With(Failure, fmt.Errorf(format, name))
	if len(known) > 0 {
		e.Hints = []string{"known are " + strings.Join(byLikeness(name, known), ", ")}
	}
	if near := Nearest(name, known); near != "" {
		e.Hints = []string{"did you mean " + near + "?"}
	}
	return e
}

// byLikeness sorts names first that contain the given one, or are contained in it, or differ from it in less than half
// of their letters; the others keep their order.
func byLikeness(given string, known []string) []string {
	isLike := func(k string) bool {
		return strings.Contains(k, given) || strings.Contains(given, k) || 2*levenshtein.Distance(given, k, nil) < max(len(given), len(k))
	}
	return slices.SortedStableFunc(slices.Values(known), func(a, b string) int {
		switch likeA, likeB := isLike(a), isLike(b); {
		case likeA == likeB:
			return 0
		case likeA:
			return -1
		}
		return 1
	})
}
