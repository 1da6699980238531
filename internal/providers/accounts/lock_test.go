package accounts_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestMain serves the search for the holder of a lock, too: locks are a process's, so it takes another
// one to hold them.
func TestMain(m *testing.M) {
	if path := os.Getenv("ACCOUNTS_TEST_HOLD"); path != "" {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err == nil {
			err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart})
		}
		fmt.Println("held", err)
		io.Copy(io.Discard, os.Stdin) // until it is closed
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold locks the user database of the tree from another process, until the
// function that it returns is called.
func hold(t *testing.T, root string) (pid int, release func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "ACCOUNTS_TEST_HOLD="+filepath.Join(root, "etc/.pwd.lock"))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	release = func() { stdin.Close(); cmd.Wait() }
	t.Cleanup(release)
	if said, err := bufio.NewReader(stdout).ReadString('\n'); said != "held <nil>\n" {
		t.Fatalf("the lock is not held: %q, %v", said, err)
	}
	return cmd.Process.Pid, release
}

func TestLockNamesItsHolder(t *testing.T) {
	root := newTree(t)
	pid, _ := hold(t, root)
	p := open(t, root, accounts.Options{LockTimeout: 100 * time.Millisecond}).Users()
	ch := resourcetest.Plan(t, build(t, resources.User, p, "name", "ann"))
	holder := fmt.Sprintf("process %d (accounts.test)", pid)
	if notes := p.Review(t.Context(), ch, resource.Outlook{}).Notes; len(notes) != 1 || notes[0] != "the user database is locked by "+holder {
		t.Errorf("the plan notes %q", notes)
	}
	err := p.Apply(t.Context(), ch)
	if want := "the user database has been locked by " + holder + " for more than 100ms"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if b, err := os.ReadFile(filepath.Join(root, "etc/passwd")); err != nil || strings.Contains(string(b), "ann") {
		t.Errorf("it was changed all the same: %s, %v", b, err)
	}
}

func TestLockIsWaitedFor(t *testing.T) {
	root := newTree(t)
	_, release := hold(t, root)
	p := open(t, root, accounts.Options{}).Users()
	r := build(t, resources.User, p, "name", "ann")
	time.AfterFunc(200*time.Millisecond, release)
	resourcetest.Converge(t, r)
}

func TestLockWaitIsCancelled(t *testing.T) {
	root := newTree(t)
	hold(t, root)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := open(t, root, accounts.Options{}).Groups()
	r := build(t, resources.Group, p, "name", "new")
	if err := p.Apply(ctx, resourcetest.Plan(t, r)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
