package accounts

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
)

// tools runs the shadow tools in a root, and knows the lock that they take.
type tools struct {
	fs *fsys.FS
	Options
}

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

// run runs one of the shadow tools in the root, and again if another program was
// faster to lock the database. Nothing secret may be among args, which everyone on
// the machine can read: that is for stdin.
func (t *tools) run(ctx context.Context, stdin, name string, args ...string) error {
	path, err := process.Find(name, process.DefaultPath) // the PATH of this process may lack the folders of the tools
	if err != nil {
		return errNoTool(name)
	}
	if root := t.fs.Root(); root != "/" {
		flag := "--root" // of all of them
		args = append([]string{flag, root}, args...)
	}
	deadline := time.Now().Add(t.LockTimeout)
	for {
		err := runTool(ctx, stdin, path, args)
		var failed *toolError
		if !errors.As(err, &failed) || !strings.Contains(failed.output, "cannot lock") || time.Now().After(deadline) {
			return err
		}
		if err := t.awaitLock(ctx); err != nil {
			return err
		}
	}
}

// runTool lets a started tool complete: it changes databases, and takes no time.
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
