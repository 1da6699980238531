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

// locked reports whether the tool gave up because someone else was faster to
// lock the database.
func (e *toolError) locked() bool { return strings.Contains(e.output, "cannot lock") }

// tool runs one of the shadow tools in the root. Nothing secret may be among
// args, which everyone on the machine can read: that is for stdin.
func (a *Accounts) tool(ctx context.Context, stdin, name string, args ...string) error {
	path, err := find(name)
	if err != nil {
		return err
	}
	if root := a.fs.Root(); root != "/" {
		flag := "--root" // of all of them
		args = append([]string{flag, root}, args...)
	}
	deadline := time.Now().Add(a.timeout)
	for {
		err := run(ctx, stdin, path, args)
		var failed *toolError
		if !errors.As(err, &failed) || !failed.locked() || time.Now().After(deadline) {
			return err
		}
		if err := a.waitUnlocked(ctx); err != nil {
			return err
		}
	}
}

// run lets a tool that has started come to its end: what it changes are
// databases, and it takes no time.
func run(ctx context.Context, stdin, path string, args []string) error {
	r, err := process.Run(ctx, process.Command{
		Path: path, Argv: append([]string{path}, args...), Stdin: stdin, Finish: true,
		Env: []string{"LC_ALL=C", "LANG=C", "PATH=" + process.DefaultPath},
	})
	if err == nil && !r.OK() {
		return &toolError{tool: filepath.Base(path), status: r.Status, output: strings.TrimSpace(r.Stdout)}
	}
	return err
}

// find looks where the tools are, which is not on every PATH.
func find(name string) (string, error) {
	file, err := process.Find(name, process.DefaultPath)
	if err != nil {
		return "", fmt.Errorf("cannot find %s, which the shadow tools bring (package passwd, shadow or shadow-utils)", name)
	}
	return file, nil
}
