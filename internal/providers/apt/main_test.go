package apt

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/resource"
	"converge/resources"
)

// The test binary is also the other programs that a test needs.
func TestMain(m *testing.M) {
	switch file := os.Getenv("APT_TEST_LOCK"); {
	case file != "":
		holdLock(file)
	case os.Getenv("APT_TEST_APPLY") != "":
		applyOne(os.Getenv("APT_TEST_APPLY"))
	case os.Getenv("APT_TEST_GATE") != "":
		waitAtGate(os.Getenv("APT_TEST_GATE"))
	default:
		os.Exit(m.Run())
	}
}

// holdLock holds a lock as apt would, until standard input ends.
func holdLock(file string) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o640)
	if err == nil {
		err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// applyOne installs one package.
func applyOne(name string) {
	p, err := New(Options{})
	if err == nil {
		r := (&machine{kind: resources.Package(p)}).resource(nil, name, nil)
		err = p.Apply(context.Background(), resource.Diff(r, resource.Absent))
	}
	fmt.Println(err)
}

// another starts this binary as another program.
func another(t *testing.T, env string) (*exec.Cmd, io.WriteCloser, io.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, in, out
}

// lock has another process hold a lock; the answers are its id and how to let
// go.
func lock(t *testing.T, file string) (pid int, release func()) {
	t.Helper()
	cmd, in, out := another(t, "APT_TEST_LOCK="+file)
	said := make([]byte, 100)
	n, err := out.Read(said)
	if err != nil || !strings.HasPrefix(string(said[:n]), "held") {
		t.Fatalf("cannot hold %s: %v %s", file, err, said[:n])
	}
	return cmd.Process.Pid, func() { in.Close() }
}
