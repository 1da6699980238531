// Package environ is the environment of a command: its streams, the variables
// and the user of the process, the terminal, signals, and the files that the
// command line names for output. Start with [Env]. It knows nothing of sites or
// runs.
package environ

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"converge/internal/scrub"
)

// Env is the environment of one command.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	Vars     []string // "NAME=value"
	UID      int
	Args     []string      // the command line, without the program's name
	Version  func() string // of this build; called by commands that record it
	Color    string        // --color: auto, always or never
	JSON     bool          // --json: an error is also written to standard output, as an object

	// Harmless is set while the command changes nothing. It is nil in tests.
	Harmless *atomic.Bool
	// Scrub removes sensitive values of the manifest from errors; nil: there are none.
	Scrub *scrub.Scrubber
}

// New returns the environment of a process with these streams.
func New(in, out, err *os.File, args []string, version func() string) *Env {
	return &Env{
		In: in, Out: &output{File: out}, Err: err, Vars: os.Environ(), UID: os.Getuid(),
		Args: args, Version: version, Harmless: new(atomic.Bool),
	}
}

// Lookup returns a variable of the environment, and whether it is set.
func (e *Env) Lookup(name string) (string, bool) {
	for _, kv := range e.Vars {
		if len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			return kv[len(name)+1:], true
		}
	}
	return "", false
}

// Getenv returns a variable of the environment, "" if it is not set.
func (e *Env) Getenv(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Caller returns the name of the user of this command, before sudo.
func (e *Env) Caller() string {
	for _, name := range []string{"SUDO_USER", "LOGNAME", "USER"} {
		if u := e.Getenv(name); u != "" {
			return u
		}
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

// CommandLine returns the command line without parts that may be secret: values of variables, passwords and parameters
// of URLs.
func (e *Env) CommandLine() []string {
	var out []string
	hide := false
	for _, arg := range e.Args {
		name, _, inline := strings.Cut(arg, "=")
		switch {
		case hide:
			arg, hide = hideValue(arg), false
		case name == "--var" && inline:
			arg = "--var=" + hideValue(strings.TrimPrefix(arg, "--var="))
		case arg == "--var":
			hide = true
		}
		out = append(out, HideURL(arg))
	}
	return out
}

// IsURL reports whether an argument is the URL of something to fetch.
func IsURL(arg string) bool {
	return strings.HasPrefix(arg, "https://") || strings.HasPrefix(arg, "http://")
}

// HideURL returns a URL without parts that may be secret, and anything else unchanged.
func HideURL(arg string) string {
	if !IsURL(arg) {
		return arg
	}
	u, err := url.Parse(arg)
	if err != nil {
		return "…"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// hideValue returns NAME=VALUE without the value.
func hideValue(kv string) string {
	name, _, _ := strings.Cut(kv, "=")
	return name + "=…"
}
