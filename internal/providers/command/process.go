package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// describeFailure describes how a command ended, for people. It names no argument,
// because those may be secret.
func describeFailure(r process.Result) error { return errors.New(r.How() + quoteOutput(r.Stdout)) }

func quoteOutput(output string) string {
	output = strings.TrimRight(output, "\n")
	if output == "" {
		return " (it printed nothing)"
	}
	return "\n" + output
}

// retry runs the command, and again after a while as often as is declared.
func (p *Provider) retry(ctx context.Context, e *environment, want *resources.ExecWant) error {
	for left := want.Retries.Value; ; left-- {
		err := p.attempt(ctx, e, want)
		var again failed
		if err == nil || left <= 0 || !errors.As(err, &again) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(parseDuration(want.RetryDelay, time.Second)):
		}
	}
}

// failed is the error of a command that another attempt may mend.
type failed struct{ error }

func (f failed) Unwrap() error { return f.error }

func (p *Provider) attempt(ctx context.Context, e *environment, want *resources.ExecWant) error {
	file, err := p.records.note(want)
	if err != nil {
		return err
	}
	if file != nil {
		defer p.records.forget(recordName(want.Address))
		defer file.Close()
	}
	argv, _ := want.Argv()
	r, err := e.run(ctx, argv, parseDuration(want.Timeout, time.Hour), file)
	var late *process.Overdue
	switch {
	case errors.As(err, &late):
		return failed{err}
	case err != nil:
		return err
	case !isAccepted(want, r.Status):
		return failed{fmt.Errorf("the command failed: %w", describeFailure(r))}
	}
	return nil
}

// decodeWords gives words their bytes.
func decodeWords(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = resource.DecodeBytes(w)
	}
	return out
}

// run starts the command and waits for its end. An error means that there is no result: it could not be started, or
// ctx or timeout cut it short.
func (e *environment) run(ctx context.Context, argv []string, timeout time.Duration, record *os.File) (process.Result, error) {
	argv = decodeWords(argv)
	program, err := e.findProgram(argv[0])
	if err != nil {
		return process.Result{}, err
	}
	r, err := process.Run(ctx, process.Command{
		Path: program, Argv: argv, Env: e.vars, Dir: e.dir, Root: e.chroot, Credential: e.credential, Timeout: timeout,
		Umask: e.umask, Record: record,
	})
	var late *process.Overdue
	if errors.As(err, &late) {
		err = fmt.Errorf("%w%s", late, quoteOutput(r.Stdout))
	}
	return r, err
}
