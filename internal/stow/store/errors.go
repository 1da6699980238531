package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"converge/internal/stow/farm"
)

// The exit codes of errors.
const (
	exitUsage       = 1
	exitFatal       = 2
	ExitHeld        = 3 // a package has another holder, or a version is in use
	exitInterrupted = 4
)

// ExitCode returns the exit code of a program that ends with err.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	var e interface{ ExitCode() int }
	if errors.As(err, &e) {
		return e.ExitCode()
	}
	return exitFatal
}

// UsageError is a command that requests something impossible.
type UsageError struct{ Text string }

func (e *UsageError) Error() string { return e.Text }

// ExitCode returns the exit code of a program that ends with this error.
func (*UsageError) ExitCode() int { return exitUsage }

// ConflictError is a plan that cannot be carried out. Nothing was changed.
type ConflictError struct{ Conflicts []farm.Conflict }

func (e *ConflictError) Error() string {
	if len(e.Conflicts) == 0 {
		return "conflicts"
	}
	c := e.Conflicts[0]
	more := ""
	if n := len(e.Conflicts) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("cannot %s %s: %s%s", c.Action, c.Package, c.Text, more)
}

// ExitCode returns the exit code of a program that ends with this error.
func (*ConflictError) ExitCode() int { return exitUsage }

// HeldError refuses a change to a package with another holder.
type HeldError struct {
	Package string
	Holder  string // the text of :managed-by
	Verb    string // "unstow", "restow", "switch"
}

// shellWord quotes a text, so that a shell reads it as one word.
func shellWord(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("/:._-+,@%=", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("cannot %s %s: it is managed by %s (--act-for %s acts for it, --force takes it away from it)",
		e.Verb, e.Package, e.Holder, shellWord(e.Holder))
}

// ExitCode returns the exit code of a program that ends with this error.
func (*HeldError) ExitCode() int { return ExitHeld }

// InterruptedError is a package with an interrupted, unfinished change. Only calls that change nothing return it.
type InterruptedError struct {
	Package string
	From    string // the version that is recorded as installed; "" none
	To      Goal
}

func (e *InterruptedError) Error() string {
	from := e.From
	if from == "" {
		from = "nothing"
	}
	return fmt.Sprintf("%s was interrupted on its way from %s to %s (any command that changes it, or --recover, finishes that)",
		e.Package, from, e.To)
}

// ExitCode returns the exit code of a program that ends with this error.
func (*InterruptedError) ExitCode() int { return exitInterrupted }

// MissingError is a missing package, in GNU Stow's words.
type MissingError = farm.MissingError
