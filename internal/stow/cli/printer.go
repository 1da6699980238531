package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/stow/cli/stowrc"
	"converge/internal/stow/store"
)

// printer writes the program's output.
type printer struct {
	Env
	err       *bufio.Writer // buffers Stderr
	verbosity int
}

// errTold ends the program with an error that has been reported already.
var errTold = errors.New("told")

// reportError reports an error, if there is one, and returns the exit code. With --json, the error is the last object on
// standard output.
func (p *printer) reportError(err error) int {
	code := p.tellError(err)
	if code != exitOK && p.asksJSON() && !errors.Is(err, errTold) {
		_ = p.writeJSON(struct { // Main reports write errors
			Type    string `json:"type"`
			Code    int    `json:"code"`
			Summary string `json:"summary"`
		}{"error", code, strings.TrimRight(err.Error(), "\n")})
	}
	return code
}

// asksJSON reports whether the command line has --json; it works before the command line is parsed.
func (p *printer) asksJSON() bool { return slices.Contains(p.Args, "--json") }

// tellError is reportError for people.
func (p *printer) tellError(err error) int {
	var usage *usageError
	var undefined *stowrc.UndefinedError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errTold):
		return exitUsage
	case errors.Is(err, errUsage):
	case errors.As(err, &usage):
		p.warn(p.programName() + ": " + usage.text + "\n")
	case errors.Is(err, context.Canceled):
		p.warn(p.programName() + ": ERROR: interrupted: what is done is whole, and the same command does the rest")
	case errors.Is(err, errInterrupted):
		p.warn(p.programName() + ": " + err.Error())
		return exitInterrupted
	case errors.As(err, &undefined):
		p.warn(err.Error())
	default:
		p.warn(p.programName() + ": ERROR: " + strings.TrimRight(err.Error(), "\n"))
		return store.ExitCode(err)
	}
	if usage == nil && !errors.Is(err, errUsage) {
		return exitFatal
	}
	if !p.asksJSON() { // the usage goes to the standard output
		p.printShortUsage()
	}
	return exitUsage
}

// flush writes the buffered messages.
func (p *printer) flush() { _ = p.err.Flush() } // Main reports the error, which the writer keeps

// warn writes a line to standard error.
func (p *printer) warn(line string) { fmt.Fprintln(p.err, line) }

// warnOf warns of an error that does not end the command.
func (p *printer) warnOf(err error) { p.warn(p.programName() + ": WARNING: " + err.Error()) }

// log writes a message up to the level of --verbose.
func (p *printer) log(level int, text string) {
	if level <= p.verbosity || level == 0 {
		p.warn(text)
	}
}

// writeJSON writes an answer for programs.
func (p *printer) writeJSON(v any) error {
	e := json.NewEncoder(p.Stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
