package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"converge/internal/process"
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

// run starts the command and waits for its end. An error means that there is
// no result: it could not be started, or it was cut short by ctx or timeout.
func (s *surroundings) run(ctx context.Context, argv []string, timeout time.Duration) (process.Result, error) {
	program, err := s.program(argv[0])
	if err != nil {
		return process.Result{}, err
	}
	r, err := process.Run(ctx, process.Command{
		Path: program, Argv: argv, Env: s.env, Dir: s.dir, Root: s.chroot, Credential: s.credential, Timeout: timeout,
	})
	var late *process.Overdue
	if errors.As(err, &late) {
		err = fmt.Errorf("%w%s", late, said(r.Stdout))
	}
	return r, err
}
