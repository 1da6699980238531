package process

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Only the parent of a program learns how it ended. If that must be known even after converge was killed, the parent is
// a recorder: a second process of this program, which starts the command, forwards its output as long as the pipe has a
// reader, and writes its end into a file.

// recorder is argv[0] of a recorder.
const recorder = "converge-recorder"

// The descriptors of a recorder.
const (
	orderFD = iota + 3
	recordFD
)

// order is the command that a recorder runs. It contains bytes, because JSON would change strings that are not UTF-8.
type order struct {
	Path, Dir, Root []byte
	Argv, Env       [][]byte
	Credential      *syscall.Credential
	Umask           int
	For             int // the process that the recorder works for
}

// Interrupt is the signal that a recorder sends to converge when the command sends SIGTERM or SIGINT to its parent. It
// counts once: a shutdown sends SIGTERM to all processes, including the recorder and converge.
const Interrupt = syscall.Signal(44)

// Recorded is the content that a recorder writes into the file of [Command.Record]. The file is locked as long as the
// recorder exists.
type Recorded struct {
	PID   int    `json:"pid"`             // of the recorder
	Child int    `json:"child,omitempty"` // of the program, which leads a group
	Born  uint64 `json:"born,omitempty"`  // when the program was started, in clock ticks of this boot

	Ended  bool           `json:"ended,omitempty"`
	Status int            `json:"status,omitempty"` // see [Result]
	Signal syscall.Signal `json:"signal,omitempty"`
	Error  string         `json:"error,omitempty"` // why it could not be started
}

// ReadRecord reads what a recorder has written so far, among other lines of JSON.
func ReadRecord(r io.Reader) (rec Recorded) {
	for d := json.NewDecoder(r); ; {
		next := rec
		if d.Decode(&next) != nil {
			return rec // the end, or an incomplete line
		}
		rec = next
	}
}

// Runs reports whether the program is running, in the boot in which it was started.
func (r Recorded) Runs() bool {
	s, ok := StatOf(r.Child)
	return ok && !r.Ended && s.Born == r.Born
}

// Group returns the number of the program's process group; that of the recorder before the program has started.
func (r Recorded) Group() int { return cmp.Or(r.Child, r.PID) }

// lockFile locks a file that only [Locked] may hold briefly.
func lockFile(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Locked reports whether a recorder holds the lock of a file.
func Locked(f *os.File) bool {
	err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if err == nil {
		_ = unix.Flock(int(f.Fd()), unix.LOCK_UN) // closing the file unlocks it too
	}
	return errors.Is(err, unix.EWOULDBLOCK)
}

// recorderOf returns the command of a recorder that runs cmd.
func (c *Command) recorderOf(cmd *exec.Cmd) (*exec.Cmd, error) {
	text, err := json.Marshal(order{
		Path: []byte(cmd.Path), Dir: []byte(cmd.Dir), Root: []byte(c.Root), Argv: toBytes(c.Argv), Env: toBytes(cmd.Env),
		Credential: c.Credential, Umask: c.umaskOrDefault(), For: os.Getpid(),
	})
	if err != nil {
		return nil, fmt.Errorf("cannot tell a recorder what to run: %w", err)
	}
	what, err := memoryFile("order")
	if err != nil {
		return nil, err
	}
	if _, err := what.WriteAt(text, 0); err != nil {
		what.Close()
		return nil, fmt.Errorf("cannot tell a recorder what to run: %w", err)
	}
	if err := lockFile(c.Record); err != nil {
		what.Close()
		return nil, fmt.Errorf("cannot lock the record of what runs: %w", err)
	}
	return &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{recorder}, Env: []string{}, Dir: "/", WaitDelay: cmd.WaitDelay,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true}, ExtraFiles: []*os.File{what, c.Record},
	}, nil
}

// RunHelper is the main function of a recorder or an overlayer; in any other process it returns at once. A program that
// uses [Command.Record] or [Command.Overlay] must call it first in main.
func RunHelper() {
	switch os.Args[0] {
	case recorder:
		os.Exit(runRecorder())
	case overlayer:
		os.Exit(runOverlayer())
	}
}

func runRecorder() int {
	what, file := os.NewFile(orderFD, "order"), os.NewFile(recordFD, "record")
	heard := keepSignals()
	rec := Recorded{PID: os.Getpid()}
	write := func() {
		if text, err := json.Marshal(rec); err == nil {
			_, _ = file.Write(append(text, '\n')) // the exit status reports it too
		}
	}
	var o order
	if err := json.NewDecoder(what).Decode(&o); err != nil {
		rec.Ended, rec.Error = true, "a recorder cannot read what to run: "+err.Error()
		write()
		return 1
	}
	write()
	passed := make(chan struct{})
	go func() { passOn(heard, o.For); close(passed) }()
	r, err := Run(context.Background(), Command{
		Path: string(o.Path), Dir: string(o.Dir), Root: string(o.Root), Argv: toStrings(o.Argv), Env: toStrings(o.Env),
		Credential: o.Credential, Umask: &o.Umask, Tee: os.Stdout, Finish: true,
		Started: func(pid int) error {
			s, _ := StatOf(pid) // it may have ended
			rec.Child, rec.Born = pid, s.Born
			write()
			return nil
		},
	})
	rec.Ended, rec.Status, rec.Signal = true, r.Status, r.Signal
	if err != nil {
		rec.Error, rec.Status = err.Error(), 1
	}
	write()
	signal.Stop(heard) // received signals are in the channel by now
	close(heard)
	<-passed
	if rec.Signal != 0 {
		return 128 + int(rec.Signal)
	}
	return rec.Status
}

// keepSignals makes a recorder survive termination signals and the end of its reader. It does not use signal.Ignore,
// which the program would inherit.
func keepSignals() chan os.Signal {
	heard := make(chan os.Signal, 8)
	for _, s := range []os.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGPIPE} {
		if !signal.Ignored(s) {
			signal.Notify(heard, s)
		}
	}
	return heard
}

// passOn forwards an interrupt to the process that the recorder works for, as long as that is its parent.
func passOn(heard <-chan os.Signal, to int) {
	for s := range heard {
		if (s == unix.SIGTERM || s == unix.SIGINT) && os.Getppid() == to {
			_ = unix.Kill(to, Interrupt) // it may have ended just now
		}
	}
}

// groupOf returns the process group of a program; pid is the process that was started.
func (c *Command) groupOf(pid int) int {
	if c.Record == nil {
		return pid
	}
	return cmp.Or(c.awaitStart(pid).Child, pid)
}

// awaitStart waits until the recorder pid has started its program, or has ended.
func (c *Command) awaitStart(pid int) Recorded {
	for {
		rec := ReadRecord(io.NewSectionReader(c.Record, 0, math.MaxInt64))
		if _, runs := StatOf(pid); rec.Child != 0 || rec.Ended || !runs {
			return rec
		}
		time.Sleep(time.Millisecond) // it takes a few
	}
}

// readRecord replaces the result of the recorder by that of the program.
func (c *Command) readRecord(r *Result) error {
	switch rec := ReadRecord(io.NewSectionReader(c.Record, 0, math.MaxInt64)); {
	case !rec.Ended && r.Signal == unix.SIGKILL:
		// A command that kills its parent means to kill converge.
		return unix.Kill(os.Getpid(), unix.SIGKILL)
	case !rec.Ended:
		return nil // the recorder failed
	case rec.Error != "":
		return errors.New(rec.Error)
	default:
		r.Status, r.Signal = rec.Status, rec.Signal
		return nil
	}
}

// canRecord reports whether this program can be started again, which needs /proc.
func canRecord() bool {
	_, err := os.Stat("/proc/self/exe")
	return err == nil
}

func toBytes(in []string) [][]byte {
	out := make([][]byte, len(in))
	for i, s := range in {
		out[i] = []byte(s)
	}
	return out
}

func toStrings(in [][]byte) []string {
	out := make([]string, len(in))
	for i, b := range in {
		out[i] = string(b)
	}
	return out
}
