package accounts

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"converge/internal/process"
)

// toolError is a tool that has failed.
type toolError struct {
	tool   string
	status int
	output string
}

func (e *toolError) Error() string {
	said := strings.ReplaceAll(e.output, "\n", "; ")
	if !strings.HasPrefix(said, e.tool+":") {
		said = strings.TrimSuffix(e.tool+": "+said, ": ")
	}
	return fmt.Sprintf("%s (exit status %d)", said, e.status)
}

// isLocked reports whether the tool gave up because someone else was faster to
// lock the database.
func (e *toolError) isLocked() bool { return strings.Contains(e.output, "cannot lock") }

// tools runs the shadow tools in a root.
type tools struct {
	root string
	lock *lock
}

// run runs one of the shadow tools in the root. Nothing secret may be among
// args, which everyone on the machine can read: that is for stdin.
func (t *tools) run(ctx context.Context, stdin, name string, args ...string) error {
	path, err := findTool(name)
	if err != nil {
		return err
	}
	if t.root != "/" {
		flag := "--root" // of all of them
		args = append([]string{flag, t.root}, args...)
	}
	deadline := time.Now().Add(t.lock.timeout)
	for {
		err := runTool(ctx, stdin, path, args)
		var failed *toolError
		if !errors.As(err, &failed) || !failed.isLocked() || time.Now().After(deadline) {
			return err
		}
		if err := t.lock.wait(ctx); err != nil {
			return err
		}
	}
}

// runTool lets a tool that has started come to its end: what it changes are
// databases, and it takes no time.
func runTool(ctx context.Context, stdin, path string, args []string) error {
	r, err := process.Run(ctx, process.Command{
		Path: path, Argv: append([]string{path}, args...), Stdin: stdin, Finish: true,
		Env: []string{"LC_ALL=C", "LANG=C", "PATH=" + process.DefaultPath},
	})
	if err == nil && !r.OK() {
		return &toolError{tool: filepath.Base(path), status: r.Status, output: strings.TrimSpace(r.Stdout)}
	}
	return err
}

// findTool looks where the tools are, which is not on every PATH.
func findTool(name string) (string, error) {
	file, err := process.Find(name, process.DefaultPath)
	if err != nil {
		return "", fmt.Errorf("cannot find %s, which the shadow tools bring (package passwd, shadow or shadow-utils)", name)
	}
	return file, nil
}
