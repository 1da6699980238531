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

// connection is the descriptor on which such a program sends its filter.
const connection = 3

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
	unix.CloseOnExec(connection)
	filter, err := newFilter(numbers)
	if err != nil {
		return err
	}
	listener, err := loadFilter(filter)
	if err != nil {
		return err
	}
	err = unix.Sendmsg(connection, []byte{0}, unix.UnixRights(listener), nil, 0)
	if err != nil {
		return fmt.Errorf("cannot send the filter: %w", err)
	}
	// Whoever holds them would keep the test from learning that the program has ended.
	if err := unix.Close(listener); err != nil {
		return err
	}
	return unix.Close(connection)
}

// newFilter makes a program for the kernel that lets all other calls pass.
func newFilter(numbers []string) ([]unix.SockFilter, error) {
	const load, jumpIfEqual, end = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{{Code: load}} // the number is the first field of struct seccomp_data
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
	// What the kernel asks of those who have no privilege.
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
