package stowtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// killBefore runs a command and kills it when its first thread is about to make
// its nth system call of a name: the call is not made. It reports whether the
// command came to that; if it did not, err is how it ended. strace can do this,
// too, but takes longer to start than all that is traced takes.
func killBefore(cmd *exec.Cmd, name string, n int) (dead bool, out []byte, err error) {
	number, known := numberOf(name)
	if !known {
		return false, nil, fmt.Errorf("cannot kill before %s: nothing knows its number", name)
	}
	said, err := os.CreateTemp("", "said-") // not a pipe, for nobody reads it meanwhile
	if err != nil {
		return false, nil, err
	}
	defer os.Remove(said.Name())
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}

	// Only the thread that started the command may trace it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return false, nil, err
	}
	pid := cmd.Process.Pid
	status, err := traceUntil(pid, number, n)
	cmd.Process.Release() //nolint:errcheck // it was waited for
	if err != nil {
		syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
		return false, nil, fmt.Errorf("cannot trace %q: %w", cmd.Args, err)
	}
	out, err = os.ReadFile(said.Name())
	switch {
	case err != nil:
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		return true, out, nil
	case status.Signaled():
		err = fmt.Errorf("signal: %v", status.Signal())
	case status.ExitStatus() != 0:
		err = fmt.Errorf("exit status %d", status.ExitStatus())
	}
	return false, out, err
}

// traceUntil lets a traced process run from one system call to the next, until it
// ends or is killed.
func traceUntil(pid int, number uint64, n int) (status unix.WaitStatus, err error) {
	if err := waitFor(pid, &status); err != nil {
		return status, err
	}
	if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL); err != nil {
		return status, err
	}
	signal := 0 // of the stop: the one after the start of the program is ptrace's own
	for {
		if err := unix.PtraceSyscall(pid, signal); err != nil && !errors.Is(err, unix.ESRCH) {
			return status, err
		}
		if err := waitFor(pid, &status); err != nil || !status.Stopped() {
			return status, err
		}
		signal = 0
		if status.StopSignal() != syscall.SIGTRAP|0x80 {
			signal = int(status.StopSignal())
			continue
		}
		call, entered, err := currentCall(pid)
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return status, err
		}
		if entered && call == number {
			n--
		}
		if n == 0 {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil {
				return status, err
			}
			n = -1
		}
	}
}

func waitFor(pid int, status *unix.WaitStatus) error {
	for {
		_, err := unix.Wait4(pid, status, unix.WALL, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
