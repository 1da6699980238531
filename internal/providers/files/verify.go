package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"converge/resources"
)

const (
	// verifyTimeout is generous for a syntax check, and ends one that waits
	// for an answer.
	verifyTimeout = 2 * time.Minute
	maxOutput     = 16 << 10 // bytes of its output that an error shows
)

// verify runs the resource's check on the candidate for path.
func (p *Provider) verify(ctx context.Context, c resources.Change, path, candidate string) error {
	argv := resources.StringsAttr(c.Want, "verify")
	if len(argv) == 0 {
		return nil
	}
	for i, a := range argv {
		argv[i] = strings.ReplaceAll(a, "{path}", candidate)
	}
	timed, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	cmd := exec.CommandContext(timed, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		err = fmt.Errorf("it took longer than %s", verifyTimeout)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) && timed.Err() == nil {
		return fmt.Errorf("cannot verify %q: %w", path, err)
	}
	// Its output may quote a content that must not surface.
	if secret(c) {
		return fmt.Errorf("cannot replace %q: %s does not accept the new content: %w", path, argv[0], err)
	}
	said := strings.ReplaceAll(strings.TrimSpace(out.String()), candidate, path)
	if said == "" {
		said = "(no output)"
	}
	return fmt.Errorf("cannot replace %q: %s does not accept the new content: %w\n%s", path, argv[0], err, said)
}

// tail keeps the last of what is written to it: where programs say what is
// wrong.
type tail struct{ b bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.b.Write(p)
	if over := t.b.Len() - maxOutput; over > 0 {
		t.b.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string { return t.b.String() }
