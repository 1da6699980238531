package breakpoint

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// variable holds the numbers of the system calls to stop at, in the environment of
// a program that [Run] starts.
const variable = "CONVERGE_TEST_BREAKPOINTS"

// Such a program gets the connection as one descriptor, and sends its filter on another,
// which no descriptor of its own has: this is the one sendmsg that does not stop.
const connection, sender = 3, 1000

// Available returns why a program cannot be stopped at its system calls here: the
// kernel is older than Linux 5.0 or its seccomp(2) is not to be used.
func Available() error {
	action := uint32(unix.SECCOMP_RET_USER_NOTIF)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	if errno != 0 {
		return fmt.Errorf("the kernel cannot ask another process about a system call: %w", errno)
	}
	return nil
}

// Enable has the system calls of this program stop, in all its threads, if [Run]
// started it. A program calls it first.
func Enable() {
	text := os.Getenv(variable)
	if text == "" {
		return
	}
	if err := enable(strings.Split(text, ",")); err != nil {
		fmt.Fprintf(os.Stderr, "cannot stop at system calls: %v\n", err)
		os.Exit(2)
	}
}

func enable(numbers []string) error {
	if err := unix.Dup3(connection, sender, unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("cannot move the connection: %w", err)
	}
	if err := unix.Close(connection); err != nil {
		return err
	}
	filter, err := newFilter(numbers)
	if err != nil {
		return err
	}
	listener, err := loadFilter(filter)
	if err != nil {
		return err
	}
	err = unix.Sendmsg(sender, []byte{0}, unix.UnixRights(listener), nil, 0)
	if err != nil {
		return fmt.Errorf("cannot send the filter: %w", err)
	}
	// A process that holds them would keep the test from learning that the program has ended.
	if err := unix.Close(listener); err != nil {
		return err
	}
	return unix.Close(sender)
}

// newFilter makes a program for the kernel that lets all other calls pass.
func newFilter(numbers []string) ([]unix.SockFilter, error) {
	const load, jumpIfEqual, end = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	const number, argument = 0, 16 // in struct seccomp_data: the call, and the lower half of its first argument
	filter := []unix.SockFilter{
		{Code: load, K: number},
		{Code: jumpIfEqual, K: unix.SYS_SENDMSG, Jf: 3},
		{Code: load, K: argument},
		{Code: jumpIfEqual, K: sender, Jf: 1},
		{Code: end, K: unix.SECCOMP_RET_ALLOW},
		{Code: load, K: number},
	}
	for i, text := range numbers {
		number, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, err
		}
		// Over the other comparisons and the return that lets a call pass.
		over := uint8(len(numbers) - i) //nolint:gosec // there are some dozen system calls
		filter = append(filter, unix.SockFilter{Code: jumpIfEqual, K: uint32(number), Jt: over})
	}
	return append(filter, unix.SockFilter{Code: end, K: unix.SECCOMP_RET_ALLOW}, unix.SockFilter{Code: end, K: unix.SECCOMP_RET_USER_NOTIF}), nil
}

// loadFilter returns the descriptor on which the kernel tells of stopped calls.
func loadFilter(filter []unix.SockFilter) (listener int, err error) {
	// The kernel requires this of processes without privileges.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("cannot give up new privileges: %w", err)
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]} //nolint:gosec // some dozen
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return 0, fmt.Errorf("cannot load the filter: %w", errno)
	}
	return int(fd), nil
}
