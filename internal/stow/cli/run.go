package cli

import (
	"bufio"
	"context"
	"io"
)

// Exit codes. 3 and up are those of the protocol.
const (
	exitOK    = 0
	exitUsage = 1 // a wrong command line, or conflicts: nothing was changed
	exitFatal = 2

	exitInterrupted = 4 // a killed run has left remains, which this run may not repair
)

// Env is the environment of the program.
type Env struct {
	Name    string   // argv[0]
	Manager string   // the name under which it holds packages, whatever the file of the program is called
	Args    []string // the arguments
	Version string   // of converge
	Dir     string   // current directory, absolute and without links
	Lookup  func(name string) (string, bool)

	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// run executes one command.
type run struct{ *opener }

// Main runs a command line and returns the exit code.
func Main(ctx context.Context, env Env) int {
	out := bufio.NewWriter(env.Stdout)
	p := &printer{Env: env, err: bufio.NewWriter(env.Stderr)}
	p.Stdout = out
	r := &run{&opener{printer: p, locator: &locator{dir: env.Dir, lookup: env.Lookup}}}
	code := r.executeCommand(ctx)
	if err := out.Flush(); err != nil {
		p.warn(p.programName() + ": ERROR: cannot write the answer to the standard output: " + reasonOf(err) + " (make room there, or send it elsewhere; " +
			"what the command did is done)")
		if code == exitOK {
			code = exitFatal
		}
	}
	if err := p.err.Flush(); err != nil && code == exitOK {
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
	code := r.reportError(r.explainMissing(r.executeVerb(ctx, cmd)))
	if code != exitOK {
		r.removeMade()
	}
	return code
}

// executeVerb executes a command.
func (r *run) executeVerb(ctx context.Context, cmd Command) error {
	cmd, err := cmd.resolveTargets()
	if err != nil {
		return err
	}
	w := listWork()[cmd.Verb]
	switch {
	case cmd.Verb == VerbHelp:
		r.printUsage()
		return nil
	case cmd.Verb == VerbVersion:
		r.printVersion()
		return nil
	case w.alone != "" && cmd.namesPackages():
		return &usageError{w.alone}
	case w.ask != nil: // it changes nothing, and the planner's own messages are off
		cmd.Verbosity, cmd.Simulate, r.mute = Number{}, true, true
	}
	r.begin(cmd)
	if r.at, err = r.findPlaces(cmd); err != nil {
		return err
	}
	switch {
	case w.ask != nil:
		return r.withStore(func() error { return r.inquire(ctx, w.ask) })
	case w.store:
		return r.withStore(func() error { return w.do(r, ctx) })
	}
	return w.do(r, ctx)
}

// work is what a verb does: an action, or a question to answer.
type work struct {
	alone string // the error if packages are given, which it does not take
	store bool   // it needs the stow directory as one of the protocol
	do    func(*run, context.Context) error
	ask   func(*inquiry, context.Context) error
}

// listWork returns the work of all verbs except those that print a text.
func listWork() map[Verb]work {
	return map[Verb]work{
		VerbFarm:       {do: func(r *run, ctx context.Context) error { return r.changer().changeFarm(ctx) }},
		VerbWanted:     {alone: "--wanted takes a file, and no packages", store: true, do: (*run).answerWanted},
		VerbCheck:      {alone: "--check takes no packages", do: (*run).checkTarget},
		VerbStatus:     {ask: (*inquiry).printStatus},
		VerbVerify:     {ask: (*inquiry).verifyPackages},
		VerbWhy:        {ask: (*inquiry).explainPaths},
		VerbMark:       {store: true, do: (*run).makeMarkers},
		VerbPrune:      {alone: "--prune takes no packages", do: (*run).pruneLinks},
		VerbRecover:    {alone: "--recover takes no packages", store: true, do: (*run).recoverTarget},
		VerbRollback:   {alone: "--rollback takes no packages", store: true, do: (*run).rollBack},
		VerbAudit:      {alone: "--audit takes no packages", store: true, do: (*run).printAudit},
		VerbRemove:     {store: true, do: (*run).removeVersions},
		VerbForgetView: {alone: "--forget-view takes no packages", store: true, do: (*run).forgetViews},
		VerbControl:    {do: (*run).writeControl},
		VerbImpact:     {store: true, do: (*run).printImpact},
	}
}
