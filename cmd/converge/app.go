package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/term"

	"converge/internal/app/exit"
	"converge/internal/scrub"
	"converge/internal/view"
)

// app is the program's environment: its streams and its variables.
type app struct {
	in       io.Reader
	out, err io.Writer
	env      []string // "NAME=value"
	uid      int
	color    string       // --color
	harmless *atomic.Bool // the command changes nothing

	// scrub strikes what the manifest calls sensitive out of errors; nil: there
	// is none.
	scrub *scrub.Scrubber
}

// run is the whole program; it returns the exit status.
func run(args []string) int {
	a := &app{in: os.Stdin, out: &output{File: os.Stdout}, err: os.Stderr, env: os.Environ(), uid: os.Getuid(), harmless: new(atomic.Bool)}
	a.harmless.Store(true) // until a command says otherwise: --help asks none
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	root := newRootCommand(a)
	root.SetArgs(canonical(args))
	err := root.ExecuteContext(ctx)
	if err == nil && a.harmless.Load() {
		err = ctx.Err() // whatever came of it, it was not seen through
	}
	return a.reported(ctx, a.status(ctx, a.unwritten(err)))
}

// canonical turns the flag by which any package manager is asked to answer a
// requirement file (stow2-protocol(7)) into the command that does.
func canonical(args []string) []string {
	if len(args) == 0 {
		return args
	}
	if file, ok := strings.CutPrefix(args[0], "--wanted="); ok {
		return slices.Concat([]string{"wanted", file}, args[1:])
	}
	if args[0] == "--wanted" {
		return slices.Concat([]string{"wanted"}, args[1:])
	}
	return args
}

// status reports an error, if that has not been done yet, and turns it into an
// exit status.
func (a *app) status(ctx context.Context, err error) int {
	var e *exit.Error
	switch {
	case err == nil:
		return exit.OK
	case errors.As(err, &e):
		if e.Err != nil {
			view.Error(a.err, a.colored(a.err), a.scrub.Error(e.Err), e.Hints...)
		}
		return e.Code
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		view.Error(a.err, a.colored(a.err), errors.New("interrupted; nothing was changed"))
		return exit.Interrupted
	}
	view.Error(a.err, a.colored(a.err), a.scrub.Error(err))
	return exit.Failure
}

// getenv is a variable of the environment, "" if it is not set.
func (a *app) getenv(name string) string {
	for _, kv := range a.env {
		if len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			return kv[len(name)+1:]
		}
	}
	return ""
}

// terminal returns the width of w if it is a terminal, else 0.
func terminal(w any) int {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// colored decides on colour: --color, then NO_COLOR, then whether w is a
// terminal that knows what to do with it.
func (a *app) colored(w io.Writer) bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" && terminal(w) > 0
}
