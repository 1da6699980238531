package breakpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Call is a system call that a program is about to make.
type Call struct {
	Name string
	N    int // it is the nth of its name
	Args [6]uint64

	Process int  // that makes it; 0 if it has ended
	Child   bool // a program that the program started makes it
}

// Answer is the decision about a call. An error number is one too: the call is not
// made, and fails with it.
type Answer int

const (
	Proceed Answer = 0
	Kill    Answer = -1 // the program, before it makes the call
)

// Run runs a program, which calls [Enable], and stops before each of its system
// calls of these names until answer has decided about the call. The programs that it
// starts are stopped, too, but only the program itself is killed, and Run returns when
// all have ended. It returns whether the program was killed by an answer, and what it
// wrote; err is how it ended if it was not.
func Run(cmd *exec.Cmd, names []string, answer func(Call) Answer) (killed bool, out []byte, err error) {
	byNumber, numbers := map[int32]string{}, []string{}
	for _, name := range names {
		number, known := numberOf(name)
		if !known {
			return false, nil, fmt.Errorf("cannot stop at %s: nothing knows its number", name)
		}
		byNumber[number] = name
		numbers = append(numbers, strconv.Itoa(int(number)))
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = append(cmd.Environ(), variable+"="+strings.Join(numbers, ","))
	socket, err := start(cmd)
	if err != nil {
		return false, nil, err
	}
	defer unix.Close(socket)
	s := &stops{cmd: cmd, byNumber: byNumber, count: map[string]int{}, answer: answer}
	ended := make(chan error, 1)
	// Some kernels report that no process is left to stop only when the program has been
	// waited for.
	go func() { ended <- cmd.Wait() }()
	if err := s.follow(socket); err != nil {
		return false, nil, fmt.Errorf("cannot stop %q at its system calls: %w (%w)", cmd.Args, err, <-ended)
	}
	err = <-ended
	if s.killed {
		return true, said.Bytes(), nil
	}
	return false, said.Bytes(), err
}

// start returns the socket on which the program sends its filter.
func start(cmd *exec.Cmd) (socket int, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "breakpoints")
	defer theirs.Close()
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Start(); err != nil {
		unix.Close(pair[0])
		return -1, err
	}
	return pair[0], nil
}

// stops are the stopped calls of a program.
type stops struct {
	cmd      *exec.Cmd
	byNumber map[int32]string
	count    map[string]int // of calls so far
	answer   func(Call) Answer
	killed   bool
}

// follow answers until the program has ended.
func (s *stops) follow(socket int) (err error) {
	done := false
	defer func() {
		if !done { // answer may end the test
			s.cmd.Process.Kill() //nolint:errcheck // it may have ended
		}
	}()
	listener, err := receiveListener(socket)
	if err != nil {
		return err
	}
	defer unix.Close(listener)
	for err == nil {
		var call notification
		if call, err = receiveCall(listener); err == nil {
			err = s.reply(listener, call)
		}
	}
	if errors.Is(err, errEnded) {
		done = true
		return nil
	}
	return err
}

// processOf returns the process of a thread, 0 if it has ended.
func processOf(thread uint32) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", thread))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\nTgid:")
	line, _, _ := strings.Cut(rest, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0
	}
	return pid
}

func (s *stops) reply(listener int, call notification) error {
	process := processOf(call.pid)
	child := process != s.cmd.Process.Pid
	if s.killed && !child {
		return nil // another of its threads; it goes with them
	}
	name := s.byNumber[call.number]
	s.count[name]++
	a := Proceed
	if !s.killed {
		a = s.answer(Call{Name: name, N: s.count[name], Args: call.args, Process: process, Child: child})
	}
	if a == Kill {
		s.killed = true
		if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil || !child {
			return err
		}
		a = Proceed // what the program has started outlives it
	}
	switch a {
	case Proceed:
		return send(listener, response{id: call.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE})
	default:
		return send(listener, response{id: call.id, errno: -int32(a)}) //nolint:gosec // an error number
	}
}
