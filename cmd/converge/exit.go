package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// The exit statuses. They are a promise: scripts and unit files test them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitChanges     = 2
	exitIncomplete  = 3
	exitLocked      = 4
	exitStale       = 5
	exitInterrupted = 130
)

// exitError ends the program with a status of its own.
type exitError struct {
	code  int
	err   error // nil: it has been said already
	hints []string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// said returns an error that has been reported to the reader already.
func said(code int) error { return &exitError{code: code} }

// exitCode is the exit status of an error.
func exitCode(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailure
}

// statuses is the part of a command's help that lists its exit statuses.
func statuses(codes ...int) string { return statusesWith(nil, codes...) }

// statusesWith is statuses for a command that means something else by some.
func statusesWith(own map[int]string, codes ...int) string {
	var b strings.Builder
	b.WriteString("\n\nEXIT STATUS\n\n")
	for _, c := range codes {
		fmt.Fprintf(&b, "    %-4d %s\n", c, cmp.Or(own[c], statusMeans(c)))
	}
	return strings.TrimRight(b.String(), "\n")
}

// runStatus is what success means to the commands that plan a run.
func runStatus() map[int]string {
	return map[int]string{exitOK: "success: everything is as declared, or the plan was made"}
}

func statusMeans(code int) string {
	switch code {
	case exitOK:
		return "success"
	case exitFailure:
		return "bad usage, manifest or environment; nothing was touched"
	case exitChanges:
		return "with --detailed-exitcode: there are changes (plan), or were (apply)"
	case exitIncomplete:
		return "the run ended with failed or held resources, or its report could not be written"
	case exitLocked:
		return "another run holds the lock"
	case exitStale:
		return "the saved plan is stale or was used before"
	case exitInterrupted:
		return "interrupted: the rest was not started"
	}
	return ""
}
