package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// grace is how long a command may take to end when it is asked to.
	grace = 10 * time.Second

	// drain is how long to wait for output once the command has ended: what it
	// has left running may hold its output open for ever.
	drain = time.Second
)

// result is how a process ended.
type result struct {
	status int            // exit status; -1: a signal
	signal syscall.Signal // that ended it; 0: none
	output string         // the end of what it printed
}

// failure describes the end for people. It names no argument, because those
// may be secret.
func (r result) failure() error {
	how := fmt.Sprintf("exit status %d", r.status)
	if r.signal != 0 {
		how = "ended by signal: " + r.signal.String()
	}
	return errors.New(how + said(r.output))
}

func said(output string) string {
	output = strings.TrimRight(output, "\n")
	if output == "" {
		return " (it printed nothing)"
	}
	return "\n" + output
}

// run starts the command and waits for its end. An error means that there is
// no result: it could not be started, or it was cut short by ctx or timeout.
func (s *surroundings) run(ctx context.Context, argv []string, timeout time.Duration) (result, error) {
	program, err := s.program(argv[0])
	if err != nil {
		return result{}, err
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		return result{}, err
	}
	defer r.Close()
	cmd := exec.CommandContext(limited, program)
	cmd.Args, cmd.Env, cmd.Dir = argv, s.env, s.dir
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.credential, Chroot: s.chroot}
	asked := time.Now()
	cmd.Cancel = func() error {
		asked = time.Now()
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	}
	cmd.WaitDelay = grace
	err = cmd.Start()
	w.Close()
	if err != nil {
		return result{}, err
	}
	tail := make(chan string, 1)
	go func() { tail <- readTail(r) }()
	err = cmd.Wait()
	if limited.Err() != nil {
		endGroup(cmd.Process.Pid, asked.Add(grace))
	}
	if err := r.SetReadDeadline(time.Now().Add(drain)); err != nil {
		r.Close()
	}
	output := <-tail
	switch {
	case ctx.Err() != nil:
		return result{}, ctx.Err()
	case limited.Err() != nil:
		return result{}, fmt.Errorf("it took longer than %s and was ended%s", timeout, said(output))
	}
	return ended(cmd, output, err)
}

func ended(cmd *exec.Cmd, output string, err error) (result, error) {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return result{}, err
	}
	res := result{status: cmd.ProcessState.ExitCode(), output: output}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		res.signal = ws.Signal()
	}
	return res, nil
}

// endGroup waits for what is left of the process group, which was asked to
// end when its leader was, and then forces it.
func endGroup(pgid int, deadline time.Time) {
	for time.Now().Before(deadline) {
		if errors.Is(syscall.Kill(-pgid, 0), syscall.ESRCH) {
			return
		}
		time.Sleep(10 * time.Millisecond) // nothing tells when a group is empty
	}
	_ = syscall.Kill(-pgid, syscall.SIGKILL) // it may have ended just now
}
