package initd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
)

// maxOutput bounds the bytes of a script's output that an error shows.
const maxOutput = 2 << 10

// runner runs scripts.
type runner struct{ fs *fsys.FS }

// scriptEnvironment is the environment that service(8) passes on: nothing of a person's shell gets into a daemon.
func scriptEnvironment() []string {
	return []string{"PATH=" + process.DefaultPath, "LANG=C", "TERM=dumb"}
}

// run runs a script with one argument. The script survives a kill of converge, and completes if the run is cancelled;
// it is ended after limit. A script that is not executable is run by its interpreter.
func (r runner) run(ctx context.Context, s script, verb string, limit time.Duration) (process.Result, error) {
	argv := []string{r.fs.HostPath(scripts + "/" + s.name), verb}
	if s.isMasked() {
		argv = append(s.interpreter(), argv...)
	}
	got, err := process.Run(ctx, process.Command{
		Path: argv[0], Argv: argv, Env: scriptEnvironment(),
		Outlive: true, Finish: true, Timeout: limit,
	})
	var overdue *process.Overdue
	if errors.As(err, &overdue) {
		err = fmt.Errorf("%w (attribute timeout allows more)", err)
	}
	return got, err
}

// perform runs a verb of a script that must succeed.
func (r runner) perform(ctx context.Context, s script, verb string, limit time.Duration) error {
	got, err := r.run(ctx, s, verb, limit)
	switch {
	case err != nil:
		return fmt.Errorf("cannot %s service %s: %w%s", verb, s.name, err, indent(got.Stdout))
	case isUsage(got):
		return fmt.Errorf("cannot %s service %s: %w%s", verb, s.name, errNoVerb, indent(got.Stdout))
	case !got.OK() && !hasBecomeInactive(s, got):
		return fmt.Errorf("cannot %s service %s: %s", verb, s.name, describeFailure(s.path+" "+verb, got))
	}
	return nil
}

// hasBecomeInactive reports whether OpenRC has started a service that now waits for something, as a network service
// does for its cable. OpenRC warns of that by its exit status, and counts the service as started.
func hasBecomeInactive(s script, r process.Result) bool {
	return s.native && r.Signal == 0 && strings.Contains(process.Plain(r.Stdout), s.name+" has started, but is inactive")
}

// errNoVerb is the cause of an error about a verb that a script does not know.
var errNoVerb = errors.New("its script does not know this action")

// runCommand runs a command of the manifest in place of a script.
func runCommand(ctx context.Context, name, verb string, argv []string, limit time.Duration) error {
	r, err := process.Run(ctx, process.Command{Argv: argv, Timeout: limit, Grace: time.Second})
	if err == nil && !r.OK() {
		err = errors.New(r.How())
	}
	if err != nil {
		return fmt.Errorf("cannot %s service %s: cannot run %q: %w%s", verb, name, strings.Join(argv, " "), err, indent(r.Stdout))
	}
	return nil
}

// describeFailure describes how a program failed, with the end of its output.
func describeFailure(what string, r process.Result) string {
	return what + ": " + r.How() + indent(r.Stdout)
}

// indent puts text onto lines of its own below an error.
func indent(text string) string {
	text = strings.TrimSpace(process.Plain(text))
	if text == "" {
		return ""
	}
	if len(text) > maxOutput {
		text = "…" + strings.ToValidUTF8(text[len(text)-maxOutput:], "")
	}
	return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}
