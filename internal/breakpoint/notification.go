package breakpoint

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification is struct seccomp_notif: a stopped call.
type notification struct {
	id     uint64
	pid    uint32
	flags  uint32
	number int32
	arch   uint32
	_      uint64 // instruction pointer
	args   [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	_     int64 // the value that the call returns
	errno int32 // negative
	flags uint32
}

// errEnded is returned when no process is left that the filter could stop.
var errEnded = errors.New("the program has ended")

// receiveListener returns the descriptor of the filter that a program loaded.
func receiveListener(socket int) (int, error) {
	rights := make([]byte, unix.CmsgSpace(4))
	n, length, err := 0, 0, error(unix.EINTR)
	for errors.Is(err, unix.EINTR) {
		n, length, _, _, err = unix.Recvmsg(socket, make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC)
	}
	if err != nil {
		return -1, err
	}
	if n == 0 {
		return -1, errors.New("the program has ended and has not enabled breakpoints")
	}
	messages, err := unix.ParseSocketControlMessage(rights[:length])
	if err != nil {
		return -1, err
	}
	if len(messages) != 1 {
		return -1, fmt.Errorf("received %d messages instead of a descriptor", len(messages))
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return -1, err
	}
	return fds[0], nil
}

// receiveCall waits for the next call that is stopped.
func receiveCall(listener int) (call notification, err error) {
	for {
		fds := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}} //nolint:gosec // a descriptor
		_, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return call, err
		case fds[0].Revents&unix.POLLIN == 0:
			return call, errEnded
		}
		call = notification{}
		err = control(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&call))
		// ENOENT: the thread was killed meanwhile.
		if !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EINTR) {
			return call, err
		}
	}
}

// send answers a call. The thread may have been killed meanwhile.
func send(listener int, answer response) error {
	err := control(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&answer))
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

func control(listener int, request uintptr, argument unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), request, uintptr(argument))
	if errno != 0 {
		return errno
	}
	return nil
}
