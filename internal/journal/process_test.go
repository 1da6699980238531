package journal

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
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/notify"
	"converge/internal/resource"
	"converge/internal/testhost"
)

func oneChange(c resource.Change) []resource.Change { return []resource.Change{c} }
func oneDebt(d notify.Debt) []notify.Debt           { return []notify.Debt{d} }

// Killed at any moment, a run loses no debt that Begin confirmed, keeps none that Paid settled, and leaves a folder
// that opens.
func TestKilledManyTimes(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 8
	}
	for round := range rounds {
		dir := filepath.Join(t.TempDir(), "state")
		c := child("write", dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			said[lines.Text()] = true
			if n == 3+round*2 {
				c.Process.Kill() // and read its remaining output
			}
		}
		if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatal(err)
		}
		checkPromises(t, dir, said)
	}
}

func checkPromises(t *testing.T, dir string, said map[string]bool) {
	t.Helper()
	s := open(t, dir)
	defer s.Close()
	owed := map[string]bool{}
	for _, d := range s.Owed() {
		owed[strings.TrimPrefix(d.Target.Name, "x")] = true
	}
	for line := range said {
		what, n, _ := strings.Cut(line, " ")
		switch {
		case what == "begun" && !said["pay "+n] && !owed[n]:
			t.Errorf("%s was begun, and is not owed", n)
		case what == "paid" && owed[n]:
			t.Errorf("%s was paid, and is still owed", n)
		}
	}
	for n := range owed {
		if !said["begin "+n] {
			t.Errorf("%s is owed and was never begun", n)
		}
	}
	if _, err := s.Runs(); err != nil {
		t.Error(err)
	}
}

// hold starts a process that holds the lock, and returns the function that ends it.
func hold(t *testing.T, dir string) (c *exec.Cmd, release func()) {
	t.Helper()
	return holdAs(t, "hold", dir)
}

func holdAs(t *testing.T, role, dir string) (c *exec.Cmd, release func()) {
	t.Helper()
	c = child(role, dir)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatal(line, err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c, func() { in.Close(); c.Wait() }
}

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	c, release := hold(t, dir)
	holder := fmt.Sprintf("process %d (%s) since ", c.Process.Pid, filepath.Base(os.Args[0]))

	_, err := Open(context.Background(), dir, Options{})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), holder) {
		t.Errorf("got %v, want ErrLocked by %s", err, holder)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Open(ctx, dir, Options{LockTimeout: time.Hour, Waiting: func(string) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	if s, err := Open(context.Background(), dir, Options{ReadOnly: true}); err != nil {
		t.Errorf("a plan waits for nobody: %v", err)
	} else {
		s.Close()
	}
	var told []string
	s, err := Open(context.Background(), dir, Options{LockTimeout: time.Hour, Waiting: func(h string) {
		told = append(told, h)
		release()
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || !strings.HasPrefix(told[0], holder) {
		t.Errorf("told %q, want %s once", told, holder)
	}
	s.Close()
	if b, err := os.ReadFile(dir + "/lock"); err != nil || len(b) != 0 {
		t.Errorf("released, the lock still says %q (%v)", b, err)
	}
}

// The lock ends with its holder, however that ends, and with its folder.
func TestLockOfAKilledProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	c, _ := hold(t, dir)
	c.Process.Kill()
	c.Wait()
	open(t, dir).Close()
	_, release := hold(t, dir)
	defer release()
	if err := os.Remove(dir + "/lock"); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

// A run in progress does not count as killed.
func TestPlanBesideARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	script(t, start(t, s, "r1"), "begin x")
	p, err := Open(context.Background(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if got := dumpKilled(p.Recovered()); got != "" {
		t.Errorf("killed: %s", got)
	}
	if got, want := dumpDebts(p.Owed()), "service.x<file.x@?"; got != want {
		t.Errorf("owed: %s, want %s", got, want)
	}
}

// A run without an end is in progress or killed at any time, even while the killed process still exists.
func TestKilledRunIsSeenAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	c, _ := holdAs(t, "begin", dir)
	check := func(holder, killed, running bool) {
		t.Helper()
		p, err := Open(context.Background(), dir, Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		runs, err := p.Runs()
		if err != nil || len(runs) != 1 {
			t.Fatal(runs, err)
		}
		if (p.Holder() != "") != holder || (len(p.Recovered()) == 1) != killed || runs[0].Running != running {
			t.Errorf("holder %q, killed %v, running %v", p.Holder(), p.Recovered(), runs[0].Running)
		}
	}
	check(true, false, true)
	p, err := Open(context.Background(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Waitid(unix.P_PID, c.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil { // it stays as a zombie
		t.Fatal(err)
	}
	check(false, true, false)
	if p.Holder() == "" {
		t.Error("what was found to go on is neither in progress nor killed")
	}
	_, release := hold(t, dir) // the next run has begun, and has not cleaned up yet
	defer release()
	check(true, true, false)
}

// A full disk stops a run before the change, and leaves a folder in which the next run finds all confirmed records.
func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "mounting a small file system needs root")
	}
	c := child("full", t.TempDir())
	c.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS // in its own mount namespace
	out, err := c.Output()
	if err != nil || string(out) != "ok\n" {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fillDisk(dir string) error {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=0755"); err != nil {
		return err
	}
	ctx := context.Background()
	state := filepath.Join(dir, "state")
	s, err := Open(ctx, state, Options{})
	if err != nil {
		return err
	}
	r, err := s.Start(ctx, RunInfo{ID: "r1"})
	if err != nil {
		return err
	}
	n := 0
	for ; ; n++ {
		name := fmt.Sprintf("x%d", n)
		if err = r.Begin(ctx, oneChange(file(name)), oneDebt(debt("service."+name, "restart", "file."+name, "r1"))); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || n < 100 {
		return fmt.Errorf("after %d changes: %w", n, err)
	}
	if err := r.Finish(ctx, 3, Counts{}); n > 0 && err != nil && !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	s.Close()
	for _, size := range []string{"256k", "2m"} { // still full, then not
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size="+size); err != nil {
			return err
		}
		if s, err = Open(ctx, state, Options{}); err != nil {
			return err
		}
		if len(s.Owed()) != n {
			return fmt.Errorf("%d debts of %d", len(s.Owed()), n)
		}
		if r, err = s.Start(ctx, RunInfo{ID: "on" + size}); err != nil {
			return err
		}
		// A run on a disk that is still full does not start, and leaves no trace.
		big := file(strings.Repeat("y", 60<<10))
		err = r.Begin(ctx, oneChange(big), nil)
		if (size == "256k") != errors.Is(err, syscall.ENOSPC) {
			return fmt.Errorf("at %s: %w", size, err)
		}
		if _, lerr := os.Lstat(filepath.Join(state, runFile(r.ID))); (lerr != nil) != (err != nil) {
			return fmt.Errorf("at %s: %w beside %w", size, lerr, err)
		}
		s.Close()
	}
	fmt.Println("ok")
	return nil
}

// On a read-only file system, converge shows a plan and refuses a run.
func TestReadOnlyFileSystem(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "mounting a small file system needs root")
	}
	c := child("readonly", t.TempDir())
	c.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	out, err := c.Output()
	if err != nil || string(out) != "ok\n" {
		t.Fatalf("%v\n%s", err, out)
	}
}

func openReadOnly(dir string) error {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=0755"); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(dir, "state"), Options{})
	if err != nil {
		return err
	}
	s.Close()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	for state, want := range map[string]string{"state": "cannot lock state folder: ", "other": "cannot make state folder: "} {
		_, err := Open(ctx, filepath.Join(dir, state), Options{})
		if !errors.Is(err, syscall.EROFS) || !strings.HasPrefix(err.Error(), want) {
			return fmt.Errorf("%s: %w", state, err)
		}
		s, err := Open(ctx, filepath.Join(dir, state), Options{ReadOnly: true})
		if err != nil {
			return err
		}
		s.Close()
	}
	fmt.Println("ok")
	return nil
}

// A user without access to root's state gets an error that says so.
func TestForeignFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "becoming another user needs root")
	}
	dir := filepath.Join(t.TempDir(), "state")
	open(t, dir).Close()
	for p := filepath.Dir(dir); p != "/"; p = filepath.Dir(p) {
		if info, err := os.Stat(p); err == nil && info.Mode().Perm()&0o001 == 0 {
			os.Chmod(p, 0o755)
		}
	}
	c := child("user", dir)
	c.Path = copyOfSelf(t)
	c.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	out, err := c.Output()
	if err != nil || string(out) != "ok\n" {
		t.Fatalf("%v\n%s", err, out)
	}
	// And root does not trust a folder of that user.
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), dir, Options{})
	if err == nil || !strings.Contains(err.Error(), "it belongs to user 65534, not to user 0") {
		t.Error(err)
	}
}

// copyOfSelf is a copy of the test binary that any user can run.
func copyOfSelf(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "journal-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(dir, "self"), os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Name()
}

func openAsUser(dir string) error {
	for _, readOnly := range []bool{true, false} {
		_, err := Open(context.Background(), dir, Options{ReadOnly: readOnly})
		if !errors.Is(err, os.ErrPermission) || !strings.HasPrefix(err.Error(), "cannot open state folder: ") {
			return fmt.Errorf("read only %v: %w", readOnly, err)
		}
	}
	_, err := Open(context.Background(), filepath.Join(filepath.Dir(dir), "other"), Options{})
	if !errors.Is(err, os.ErrPermission) || !strings.HasPrefix(err.Error(), "cannot make state folder: ") {
		return fmt.Errorf("unwritable: %w", err)
	}
	fmt.Println("ok")
	return nil
}
