package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
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

// run is one run of the program: it carries out what a command asks for.
type run struct{ *opener }

// Main runs a command line and returns the exit code.
func Main(ctx context.Context, env Env) int {
	out := bufio.NewWriter(env.Stdout)
	p := &printer{Env: env, err: bufio.NewWriter(env.Stderr)}
	p.Stdout = out
	r := &run{&opener{printer: p, locator: &locator{dir: env.Dir, lookup: env.Lookup}}}
	code := r.executeCommand(ctx)
	if err := errors.Join(out.Flush(), p.err.Flush()); err != nil && code == exitOK {
		return exitFatal
	}
	return code
}

func (r *run) executeCommand(ctx context.Context) int {
	if r.programName() == "chkstow" {
		return r.reportError(r.runChkstow(ctx))
	}
	cmd, err := (&commandReader{r.printer}).readCommand(ctx)
	if err != nil {
		return r.reportError(err)
	}
	code := r.reportError(r.executeVerb(ctx, cmd))
	if code != exitOK {
		r.removeMade()
	}
	return code
}

// executeVerb carries a command out.
func (r *run) executeVerb(ctx context.Context, cmd Command) error {
	cmd, err := cmd.resolveTargets()
	if err != nil {
		return err
	}
	switch cmd.Verb {
	case VerbHelp:
		r.printUsage()
		return nil
	case VerbVersion:
		r.printVersion()
		return nil
	case VerbCheck:
		return r.checkTarget(ctx, cmd)
	case VerbStatus:
		return r.printStatus(ctx, cmd)
	case VerbVerify:
		return r.verifyPackages(ctx, cmd)
	case VerbWhy:
		return r.explainPaths(ctx, cmd)
	case VerbMark:
		return r.makeMarkers(ctx, cmd)
	case VerbPrune:
		return r.pruneLinks(ctx, cmd)
	case VerbRecover:
		return r.recoverTarget(ctx, cmd)
	case VerbRollback:
		return r.rollBack(ctx, cmd)
	case VerbAudit:
		return r.printAudit(ctx, cmd)
	case VerbRemove:
		return r.removeVersions(ctx, cmd)
	case VerbForgetView:
		return r.forgetViews(cmd)
	case VerbControl:
		return r.writeControl(ctx, cmd)
	case VerbWanted:
		return r.answerWanted(ctx, cmd)
	case VerbImpact:
		return r.printImpact(ctx, cmd)
	default:
		if cmd.Generations && len(cmd.Stow)+len(cmd.Unstow) == 0 {
			return r.listGenerations(ctx, cmd)
		}
		return r.changeFarm(ctx, cmd)
	}
}
