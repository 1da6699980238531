package stowtest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// callInfo is the head of struct ptrace_syscall_info, as ptrace(2) describes it.
type callInfo struct {
	op     uint8
	_      [3]uint8
	_      uint32
	_, _   uint64
	number uint64
	_      [6]uint64
}

// currentCall is the system call that a process stops at, and whether it stops
// before it and not after it.
func currentCall(pid int) (number uint64, entered bool, err error) {
	const opEntry = 1 // PTRACE_SYSCALL_INFO_ENTRY
	var info callInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(pid),
		unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return 0, false, errno
	}
	return info.number, info.op == opEntry, nil
}

// numberOf is the number of a system call of [Changing] or [Writing].
func numberOf(name string) (uint64, bool) {
	number, known := map[string]uint64{
		"flock": unix.SYS_FLOCK, "mkdirat": unix.SYS_MKDIRAT, "symlinkat": unix.SYS_SYMLINKAT, "linkat": unix.SYS_LINKAT,
		"unlinkat": unix.SYS_UNLINKAT, "renameat": unix.SYS_RENAMEAT, "renameat2": unix.SYS_RENAMEAT2, "fsync": unix.SYS_FSYNC,
		"syncfs": unix.SYS_SYNCFS, "openat": unix.SYS_OPENAT, "write": unix.SYS_WRITE, "copy_file_range": unix.SYS_COPY_FILE_RANGE,
		"fchown": unix.SYS_FCHOWN, "fchmod": unix.SYS_FCHMOD, "utimensat": unix.SYS_UTIMENSAT,
	}[name]
	return number, known
}

// point is the nth system call of a name.
type point struct {
	call string
	n    int
}

func (p point) String() string { return fmt.Sprintf("%s %d", p.call, p.n) }

// isCounted reports whether a call comes in the same number every time. Go's runtime
// writes, too, when it wakes a thread.
func (p point) isCounted() bool { return p.call != "write" }

// listPoints are the calls of an undisturbed command that change something, in
// their order.
func (x *trial) listPoints() []point {
	root, log := x.makeTree(), x.t.TempDir()+"/trace"
	cmd := x.newCommand(root, "strace", "-f", "--seccomp-bpf", "-qq", "-o", log, "-e", "trace="+strings.Join(x.Calls, ","), "--")
	if out, err := cmd.CombinedOutput(); err != nil {
		x.t.Fatalf("traced: %v\n%s", err, out)
	}
	trace, err := os.ReadFile(log)
	if err != nil {
		x.t.Fatal(err)
	}
	count := map[string]int{}
	var out []point
	for line := range strings.Lines(string(trace)) {
		_, line, _ = strings.Cut(line, " ") // the process
		call, args, ok := strings.Cut(strings.TrimLeft(line, " "), "(")
		// Of a call that a thread was in when the process ended strace knows
		// nothing, and writes "???".
		if !ok || !slices.Contains(x.Calls, call) {
			continue
		}
		count[call]++
		if call != "openat" || makesFile(args) {
			out = append(out, point{call, count[call]})
		}
	}
	return out
}

// makesFile tells what opens a file to change it from what opens one to read.
func makesFile(args string) bool {
	for _, flag := range []string{"O_CREAT", "O_WRONLY", "O_RDWR", "O_TRUNC"} {
		if strings.Contains(args, flag) && !strings.Contains(args, "/dev/null") {
			return true
		}
	}
	return false
}
