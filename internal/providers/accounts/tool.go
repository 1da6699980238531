package accounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// sbin is where the tools are; it is not on every PATH.
const sbin = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

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

func run(ctx context.Context, stdin, path string, args []string) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"LC_ALL=C", "PATH=" + sbin}
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ctrl-c is for converge
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &toolError{tool: filepath.Base(path), status: exit.ExitCode(), output: strings.TrimSpace(out.String())}
	}
	return err
}

func find(name string) (string, error) {
	for _, dir := range strings.Split(sbin, ":") {
		file := filepath.Join(dir, name)
		if fi, err := os.Stat(file); err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("cannot find %s, which the shadow tools bring (package passwd, shadow or shadow-utils)", name)
}
