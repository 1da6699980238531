// Package process runs programs: converge and stow2 start all programs here.
//
// Start with [Run]. A program runs in its own process group, in an environment that is built and not inherited
// (environment.go), without input unless some is given, and with bounded output (output.go); at the end of its time or
// of the run, it gets SIGTERM and then SIGKILL (end.go).
//
// It knows nothing about the programs: the caller interprets their exit status and output.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The default bounds of a command.
const (
	DefaultGrace  = 10 * time.Second // between SIGTERM and SIGKILL
	DefaultOutput = 64 << 10         // bytes kept of each stream
	DefaultUmask  = 0o022
)

// Command is one run of a program.
type Command struct {
	// Path is the file to start; empty: [Find] looks for Argv[0] in the PATH of Env.
	Path string
	Argv []string
	Dir  string   // empty: "/"
	Env  []string // the complete environment; nil: [Environment]
	Root string   // its root directory; empty: converge's own
	// Credential is the user that runs it; nil: converge's own.
	Credential *syscall.Credential
	Umask      *int // nil: DefaultUmask
	Stdin      string

	Timeout time.Duration // 0: only that of the context
	Grace   time.Duration // 0: DefaultGrace
	// Finish lets the program finish when the context is cancelled; the context's deadline and Timeout still apply.
	Finish bool
	// End replaces the default way of ending the program: it is called once, with the process, and returns when done is
	// closed.
	End func(pid int, done <-chan struct{})

	// EndAgents also ends the agents of GnuPG that the program has started and left in the background.
	EndAgents bool

	Output  int  // bytes kept of each stream; 0: DefaultOutput
	Head    bool // keep the beginning of the output, not its end
	Split   bool // keep the two streams apart; otherwise both are in Stdout, in the order of writing
	Outlive bool // send output to memory files, so that the program can continue to write if converge is killed
	// Into, with Outlive, is a file, open for appending, that receives Stdout instead of memory, so that another process
	// can read it if converge is killed.
	Into *os.File
	// Inherit are the program's descriptors 3, 4 and so on. Not together with Record or Overlay.
	Inherit []*os.File
	// Record, if set, is a file that receives the end of the program even if converge is killed ([Recorded]); its output
	// then has a reader until its end. Without /proc the file stays unchanged. Not together with Stdin, Split or
	// Outlive.
	Record *os.File

	// Overlay is laid over the disk for the program, which runs in a mount namespace of its own. The error is
	// [ErrNoOverlay] if that is impossible. Without Path, the program is searched for there, inside Root. Not together
	// with Credential or Record.
	Overlay []Overlaid

	// Tee, if set, receives the output as it comes (of Stdout, if split).
	Tee io.Writer
	// Started, if set, is called with the process as soon as it exists. Its error ends the process.
	Started func(pid int) error
}

// Result describes how a program ended.
type Result struct {
	Status         int            // exit status; -1: a signal
	Signal         syscall.Signal // that ended it; 0: none
	Stdout, Stderr string
}

// OK reports whether it ended with success.
func (r Result) OK() bool { return r.Status == 0 && r.Signal == 0 }

// How describes the end: "exit status 1".
func (r Result) How() string {
	if r.Signal != 0 {
		return "ended by signal: " + r.Signal.String()
	}
	return fmt.Sprintf("exit status %d", r.Status)
}

// Overdue is the error of a program that exceeded its Timeout.
type Overdue struct{ Limit time.Duration }

func (e *Overdue) Error() string { return fmt.Sprintf("it took longer than %s and was ended", e.Limit) }

// Unwrap makes it count as an exceeded deadline.
func (e *Overdue) Unwrap() error { return context.DeadlineExceeded }

// Run runs a program to its end. A failing program is a Result and not an error; an error means that the program could
// not be started, or was ended because of Timeout ([Overdue]) or ctx (its cause). The output so far is returned in
// either case. Background processes that the program leaves are neither awaited nor ended, unless the program itself was
// ended or EndAgents is set.
func Run(ctx context.Context, c Command) (Result, error) {
	if err := context.Cause(ctx); err != nil {
		return Result{}, err
	}
	if isForbidden(ctx) {
		return Result{}, ErrForbidden
	}
	if c.EndAgents {
		env, mark := markAgents(c.envOrDefault())
		c.Env = env
		defer endAgents(mark)
	}
	cmd, err := c.buildCommand()
	if err != nil {
		return Result{}, err
	}
	out, err := c.newOutput(cmd)
	if err != nil {
		return Result{}, err
	}
	defer out.close()
	err = startWithUmask(cmd, c.umaskOrDefault())
	if c.Record != nil || len(c.Overlay) > 0 {
		cmd.ExtraFiles[0].Close() // it is the recorder's, or the overlayer's
	}
	if len(c.Overlay) > 0 {
		defer cmd.ExtraFiles[1].Close()
	}
	if err != nil {
		return Result{}, fmt.Errorf("cannot run %s: %w", c.Argv[0], startError(err))
	}
	out.afterStart()
	var cause error
	if c.Started != nil {
		if cause = c.Started(cmd.Process.Pid); cause != nil {
			_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) // nothing else knows the process
		}
	}
	err = c.waitForEnd(ctx, cmd, out)
	r := resultOf(cmd)
	r.Stdout, r.Stderr = out.takeAll()
	switch {
	case cause != nil || err != nil:
	case c.Record != nil:
		err = c.readRecord(&r)
	case len(c.Overlay) > 0:
		err = readOverlayReport(cmd.ExtraFiles[1], c.Root)
	}
	return r, errors.Join(cause, err)
}

func (c *Command) buildCommand() (*exec.Cmd, error) {
	env := c.envOrDefault()
	path := c.Path
	if path == "" && len(c.Overlay) == 0 {
		var err error
		if path, err = Find(c.Argv[0], valueOf(env, "PATH")); err != nil {
			return nil, err
		}
	}
	cmd := &exec.Cmd{Path: path, Args: c.Argv, Env: env, Dir: c.Dir, ExtraFiles: c.Inherit}
	if cmd.Dir == "" {
		cmd.Dir = "/"
	}
	if c.Stdin != "" {
		cmd.Stdin = strings.NewReader(c.Stdin)
	}
	// The program has its own group: a terminal's Ctrl-C goes to converge, which then ends the group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: c.Credential, Chroot: c.Root}
	// Unread input must not delay the program's end.
	cmd.WaitDelay = time.Second
	if c.Record != nil && !canRecord() {
		c.Record = nil
	}
	if c.Record != nil {
		return c.recorderOf(cmd)
	}
	if len(c.Overlay) > 0 {
		return c.overlayerOf(cmd)
	}
	return cmd, nil
}

func (c *Command) envOrDefault() []string {
	if c.Env == nil {
		return Environment()
	}
	return c.Env
}

func (c *Command) umaskOrDefault() int {
	if c.Umask != nil {
		return *c.Umask
	}
	return DefaultUmask
}

// startWithUmask starts cmd with its own umask: from a thread that does not share the file system state of the others,
// and that ends here.
func startWithUmask(cmd *exec.Cmd, umask int) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			done <- err
			return
		}
		unix.Umask(umask)
		// A daemon must not inherit descriptors with which converge was started, such as the lock of flock(1). Older
		// kernels cannot prevent that.
		_ = unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC)
		done <- cmd.Start()
	}()
	return <-done
}

// startError returns only the cause if the error is about the program, whose name is known. It may also be about
// /dev/null, which a program without input reads.
func startError(err error) error {
	var path *os.PathError
	if errors.As(err, &path) && path.Path != os.DevNull {
		return path.Err
	}
	return err
}

func resultOf(cmd *exec.Cmd) Result {
	if cmd.ProcessState == nil {
		return Result{Status: -1}
	}
	r := Result{Status: cmd.ProcessState.ExitCode()}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.Signal = ws.Signal()
	}
	return r
}
