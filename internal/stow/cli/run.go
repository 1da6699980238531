package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"converge/internal/stow/cli/stowrc"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
)

// Exit codes. 3 and up are those of the protocol.
const (
	exitOK    = 0
	exitUsage = 1 // a wrong command line, or conflicts: nothing was changed
	exitFatal = 2

	exitInterrupted = 4 // a killed run has left something, and this one may not repair it
)

// Env is what a program is started with.
type Env struct {
	Name    string   // what it was called as: argv[0]
	Manager string   // the name by which it holds packages, whatever its file is called
	Args    []string // what follows
	Version string   // of converge
	Dir     string   // current directory, absolute and without links
	Lookup  func(name string) (string, bool)

	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// run is one run of the program.
type run struct {
	Env
	err *bufio.Writer // what goes to Stderr

	mute bool             // planners say nothing
	hear func(farm.Heard) // hears of their decisions; nil: nobody
	made []string         // directories made by --create, the deepest first
}

// Main runs a command line and returns the exit code.
func Main(ctx context.Context, env Env) int {
	r := &run{Env: env, err: bufio.NewWriter(env.Stderr)}
	out := bufio.NewWriter(env.Stdout)
	r.Stdout = out
	code := r.main(ctx)
	if err := errors.Join(out.Flush(), r.err.Flush()); err != nil && code == exitOK {
		return exitFatal
	}
	return code
}

func (r *run) main(ctx context.Context) int {
	if r.name() == "chkstow" {
		return r.code(r.chkstow(ctx))
	}
	cmd, err := r.command(ctx)
	if err != nil {
		return r.code(err)
	}
	code := r.code(r.do(ctx, cmd))
	if code != exitOK {
		r.removeMade()
	}
	return code
}

// command combines the command line with the resource files. Help works despite
// any mistake in the latter.
func (r *run) command(ctx context.Context) (Command, error) {
	cmd, err := parse(r.Args, r.warn)
	if err != nil || cmd.Verb == VerbHelp || cmd.Verb == VerbVersion {
		return cmd, err
	}
	rc, err := r.rc(ctx)
	return cmd.over(rc), err
}

// do carries a command out.
func (r *run) do(ctx context.Context, cmd Command) error {
	cmd, err := cmd.targets()
	if err != nil {
		return err
	}
	switch cmd.Verb {
	case VerbHelp:
		r.usage()
		return nil
	case VerbVersion:
		r.version()
		return nil
	case VerbCheck:
		return r.check(ctx, cmd)
	case VerbStatus:
		return r.status(ctx, cmd)
	case VerbVerify:
		return r.verify(ctx, cmd)
	case VerbWhy:
		return r.why(ctx, cmd)
	case VerbMark:
		return r.mark(ctx, cmd)
	case VerbPrune:
		return r.prune(ctx, cmd)
	case VerbRecover:
		return r.recover(ctx, cmd)
	case VerbRollback:
		return r.rollback(ctx, cmd)
	case VerbAudit:
		return r.audit(ctx, cmd)
	case VerbRemove:
		return r.remove(ctx, cmd)
	case VerbForgetView:
		return r.forgetView(cmd)
	case VerbControl:
		return r.control(ctx, cmd)
	case VerbWanted:
		return r.wanted(ctx, cmd)
	case VerbImpact:
		return r.impact(ctx, cmd)
	default:
		if cmd.Generations && len(cmd.Stow)+len(cmd.Unstow) == 0 {
			return r.generations(ctx, cmd)
		}
		return r.farm(ctx, cmd)
	}
}

// errTold is an end that has been reported already.
var errTold = errors.New("told")

// code tells of an error, if there is one, and makes an exit code of it.
func (r *run) code(err error) int {
	var usage *usageError
	var undefined *stowrc.UndefinedError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errTold):
		return exitUsage
	case errors.Is(err, errUsage):
		r.usage()
		return exitUsage
	case errors.As(err, &usage):
		r.warn(r.name() + ": " + usage.text + "\n")
		r.usage()
		return exitUsage
	case errors.Is(err, context.Canceled):
		r.warn(r.name() + ": ERROR: interrupted: what is done is whole, and the same command does the rest")
	case errors.Is(err, errInterrupted):
		r.warn(r.name() + ": " + err.Error())
		return exitInterrupted
	case errors.As(err, &undefined):
		r.warn(err.Error())
	default:
		r.warn(r.name() + ": ERROR: " + strings.TrimRight(err.Error(), "\n"))
		return store.ExitCode(err)
	}
	return exitFatal
}

// flush writes the buffered messages.
func (r *run) flush() { _ = r.err.Flush() } // Main tells of the error, which stays

// warn writes a line to the standard error.
func (r *run) warn(line string) { fmt.Fprintln(r.err, line) }

// warnOf warns of what does not end the command.
func (r *run) warnOf(err error) { r.warn(r.name() + ": WARNING: " + err.Error()) }
