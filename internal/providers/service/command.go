package service

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
)

// maxOutput is how much of a command's output an error shows, in bytes, the
// end of it.
const maxOutput = 2000

// run runs a command without a shell and without input. On failure the error
// holds the end of its output.
func run(ctx context.Context, argv []string, limit time.Duration) (string, error) {
	ctx, done := context.WithTimeout(ctx, limit)
	defer done()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // what it started, too
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return out.String(), nil // a daemon that it left behind may hold the output open
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("it was killed after %s: %w", limit, ctx.Err())
	}
	return out.String(), fmt.Errorf("cannot run %q: %w%s", strings.Join(argv, " "), err, indented(out.String()))
}

// indented puts text onto lines of its own below an error.
func indented(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if len(text) > maxOutput {
		text = "…" + strings.ToValidUTF8(text[len(text)-maxOutput:], "")
	}
	return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// journalTail returns the last lines that the unit has written since a
// moment, below an error; empty where journalctl cannot tell.
func journalTail(ctx context.Context, unit string, since time.Time) string {
	out, err := run(ctx, []string{
		"journalctl", "--unit=" + unit, "--lines=10", "--no-pager", "--quiet", "--output=cat",
		fmt.Sprintf("--since=@%d", since.Unix()),
	}, 10*time.Second)
	if err != nil {
		return ""
	}
	if tail := indented(out); tail != "" {
		return "\n  its journal:" + strings.ReplaceAll(tail, "\n", "\n  ")
	}
	return ""
}
