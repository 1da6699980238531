package testhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Result is the result of a command.
type Result struct {
	Stdout, Stderr string
	Exit           int // 128 + number if a signal ended it
}

// Exec runs a command in the host as root, with a clean environment (PATH, HOME, LANG, TERM), in a cgroup of its own,
// and without standard input. A nonzero status is not an error; an error means that the command could not be run to its
// end. When ctx ends, the command and all processes that it started are killed.
func (h *Host) Exec(ctx context.Context, argv ...string) (Result, error) {
	cmd, done, err := h.Command(ctx, argv...)
	if err != nil {
		return Result{}, err
	}
	defer done()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	r := Result{Stdout: stdout.String(), Stderr: stderr.String(), Exit: cmd.ProcessState.ExitCode()}
	if ctx.Err() != nil {
		return r, fmt.Errorf("%s: %w", strings.Join(argv, " "), context.Cause(ctx))
	}
	var status *exec.ExitError
	switch {
	case errors.As(err, &status) && r.Exit != failed && r.Exit >= 0:
		return r, nil
	case err != nil:
		return r, fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, r.Stderr)
	}
	return r, nil
}

// Command returns a command like that of Exec for the caller to start. done must be called when it has ended. Processes
// that it leaves behind continue.
func (h *Host) Command(ctx context.Context, argv ...string) (cmd *exec.Cmd, done func(), err error) {
	job := strconv.FormatInt(time.Now().UnixNano(), 36)
	cmd, err = command(ctx, append([]string{"exec", "-j", job, h.name}, argv...)...)
	if err != nil {
		return nil, nil, err
	}
	top, err := os.ReadFile(filepath.Join(dir(), "hosts", h.name, "cgroup"))
	if err != nil {
		return nil, nil, fmt.Errorf("the host is down: %w", err)
	}
	group := filepath.Join(strings.TrimSpace(string(top)), "payload", "exec-"+job)
	cmd.Cancel = func() error {
		err := os.WriteFile(filepath.Join(group, "cgroup.kill"), []byte("1"), 0)
		if errors.Is(err, fs.ErrNotExist) { // not yet, or no longer, inside
			return cmd.Process.Kill()
		}
		return err
	}
	cmd.WaitDelay = 10 * time.Second
	// Removal fails, as it should, while a process that was left behind runs in it.
	return cmd, func() { _ = os.Remove(group) }, nil
}

// MustExec is Exec for a command that must succeed; it returns its standard
// output.
func (h *Host) MustExec(t testing.TB, argv ...string) string {
	t.Helper()
	r, err := h.Exec(t.Context(), argv...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Exit != 0 {
		t.Fatalf("%s: exit status %d\n%s%s", strings.Join(argv, " "), r.Exit, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// WriteFile makes a file in the host, running or stopped, with its folders. It uses the host's own view, so it reaches
// /run and follows the host's links.
func (h *Host) WriteFile(t testing.TB, name, data string, mode fs.FileMode) {
	t.Helper()
	const sh = `mkdir -p "$1" && cat >"$2" && chmod "$3" "$2"`
	_, err := h.sh(t.Context(), data, sh, path.Dir(name), name, fmt.Sprintf("%o", mode.Perm()))
	if err != nil {
		t.Fatalf("cannot write %s in the host: %v", name, err)
	}
}

// ReadFile returns the content of a file in the host.
func (h *Host) ReadFile(t testing.TB, name string) string {
	t.Helper()
	out, err := h.sh(t.Context(), "", `cat "$1"`, name)
	if err != nil {
		t.Fatalf("cannot read %s in the host: %v", name, err)
	}
	return out
}

// sh runs a shell command inside a running host, or in the tree of a stopped one.
func (h *Host) sh(ctx context.Context, stdin, script string, args ...string) (string, error) {
	argv := append([]string{"/bin/sh", "-c", script, "sh"}, args...)
	var cmd *exec.Cmd
	if h.up {
		c, done, err := h.Command(ctx, argv...)
		if err != nil {
			return "", err
		}
		defer done()
		cmd = c
	} else {
		cmd = exec.CommandContext(ctx, "chroot", append([]string{h.Root()}, argv...)...)
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, stderr.String())
	}
	return stdout.String(), nil
}
