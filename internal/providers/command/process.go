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

// failure describes how a command ended, for people. It names no argument,
// because those may be secret.
func failure(r process.Result) error { return errors.New(r.How() + said(r.Stdout)) }

func said(output string) string {
	output = strings.TrimRight(output, "\n")
	if output == "" {
		return " (it printed nothing)"
	}
	return "\n" + output
}

// attempts runs the command, and again after a while as often as is declared.
func (s *surroundings) attempts(ctx context.Context, want *resources.ExecWant) error {
	for left := want.Retries.Value; ; left-- {
		err := s.attempt(ctx, want)
		var again failed
		if err == nil || left <= 0 || !errors.As(err, &again) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(duration(want.RetryDelay, time.Second)):
		}
	}
}

// failed is the error of a command that another attempt may mend.
type failed struct{ error }

func (f failed) Unwrap() error { return f.error }

func (s *surroundings) attempt(ctx context.Context, want *resources.ExecWant) error {
	file, err := s.p.note(want)
	if err != nil {
		return err
	}
	if file != nil {
		defer s.p.forget(recordName(want.Address))
		defer file.Close()
	}
	argv, _ := want.Argv()
	r, err := s.run(ctx, argv, duration(want.Timeout, time.Hour), file)
	var late *process.Overdue
	switch {
	case errors.As(err, &late):
		return failed{err}
	case err != nil:
		return err
	case !accepted(want, r.Status):
		return failed{fmt.Errorf("the command failed: %w", failure(r))}
	}
	return nil
}

// decoded gives words their bytes.
func decoded(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = resource.DecodeBytes(w)
	}
	return out
}

// run starts the command and waits for its end. An error means that there is
// no result: it could not be started, or it was cut short by ctx or timeout.
func (s *surroundings) run(ctx context.Context, argv []string, timeout time.Duration, record *os.File) (process.Result, error) {
	argv = decoded(argv)
	program, err := s.program(argv[0])
	if err != nil {
		return process.Result{}, err
	}
	r, err := process.Run(ctx, process.Command{
		Path: program, Argv: argv, Env: s.env, Dir: s.dir, Root: s.chroot, Credential: s.credential, Timeout: timeout,
		Umask: s.umask, Record: record,
	})
	var late *process.Overdue
	if errors.As(err, &late) {
		err = fmt.Errorf("%w%s", late, said(r.Stdout))
	}
	return r, err
}
