package packaging

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a shell at a terminal of its own, as a person has one.
type terminal struct {
	master *os.File
	shown  bytes.Buffer
	cmd    *exec.Cmd
}

// openTerminal starts a shell at a terminal that is wide enough to fold nothing.
func openTerminal(t *testing.T, dir string, env []string, argv ...string) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 250})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
		master.Close()
	})
	return &terminal{master: master, cmd: cmd}
}

// types sends keys, and waits until what the shell prints for them holds want, but
// for slashes at the end of words, which zsh takes back.
func (s *terminal) types(t *testing.T, keys, want string) {
	t.Helper()
	s.shown.Reset()
	if _, err := s.master.WriteString(keys); err != nil {
		t.Fatal(err)
	}
	if err := s.master.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	for !strings.Contains(strings.ReplaceAll(s.shown.String(), "/>", ">"), want) {
		n, err := s.master.Read(b)
		s.shown.Write(b[:n])
		if err != nil {
			t.Fatalf("after %q the terminal shows no %q, but (%v)\n%q", keys, want, err, s.shown.String())
		}
	}
}
