package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
)

const (
	// verifyTimeout is generous for a syntax check, and ends one that waits
	// for an answer.
	verifyTimeout = 2 * time.Minute
	maxOutput     = 16 << 10 // bytes of its output that an error shows
)

// errRefused is wrapped by the error of a check that has judged a content.
var errRefused = errors.New("does not accept the new content")

// verifyCandidate runs the resource's check on the candidate for path.
func (b *base) verifyCandidate(ctx context.Context, c *change, path, candidate string) error {
	words := c.request.Verify.Value
	if len(words) == 0 {
		return nil
	}
	cmd, candidate, err := b.checkCommand(words, candidate)
	if err != nil {
		return fmt.Errorf("cannot verify %q: %w", path, err)
	}
	argv := cmd.Argv
	r, err := process.Run(ctx, cmd)
	var late *process.Overdue
	switch {
	case err == nil && r.OK():
		return nil
	case err == nil:
		err = errors.New(r.How())
	case errors.As(err, &late):
		err = fmt.Errorf("it took longer than %s", verifyTimeout)
	case ctx.Err() != nil:
		return err
	case errors.Is(err, process.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot verify %q: %w", path, resource.Missing(err))
	default:
		return fmt.Errorf("cannot verify %q: %w", path, err)
	}
	// Its output may quote a content that must not surface.
	if c.isSecret() {
		return fmt.Errorf("cannot replace %q: %s %w: %w; its output is not shown, because the content is sensitive", path, argv[0], errRefused, err)
	}
	output := strings.ReplaceAll(strings.TrimSpace(r.Stdout), candidate, path)
	if output == "" {
		output = "(no output)"
	}
	return fmt.Errorf("cannot replace %q: %s %w: %w\n%s", path, argv[0], errRefused, err, output)
}

// checkCommand returns the command of a check, and what it calls the candidate. With
// a tree under a root it runs inside: the tree's own program judges by the tree's own
// files.
func (b *base) checkCommand(words []string, candidate string) (cmd process.Command, name string, err error) {
	cmd = process.Command{Timeout: verifyTimeout, Grace: time.Second, Output: maxOutput}
	if b.inside {
		if os.Geteuid() != 0 {
			return cmd, "", fmt.Errorf("only root can run %s inside %s", words[0], b.fs.Root())
		}
		if candidate, err = b.nameInside(candidate); err != nil {
			return cmd, "", err
		}
		cmd.Root, cmd.Env = b.fs.Root(), process.With(process.Environment(), "PATH="+process.DefaultPath, "HOME=/root")
	}
	for _, a := range words {
		cmd.Argv = append(cmd.Argv, strings.ReplaceAll(resource.DecodeBytes(a), "{path}", candidate))
	}
	if b.inside {
		cmd.Path, err = b.findInside(cmd.Argv[0])
	}
	return cmd, candidate, err
}

// nameInside is what a file of the tree is called inside.
func (b *base) nameInside(file string) (string, error) {
	root, err := filepath.EvalSymlinks(b.fs.Root())
	if err != nil {
		return "", err
	}
	inside, ok := strings.CutPrefix(file, root+"/")
	if !ok {
		return "", fmt.Errorf("the new content is in %s, which is not in %s: a mount point cannot be checked inside", file, root)
	}
	return "/" + inside, nil
}

// findInside finds a program in the tree.
func (b *base) findInside(name string) (string, error) {
	if strings.Contains(name, "/") {
		if _, err := b.fs.Stat(name); err != nil {
			return "", resource.Missing(fmt.Errorf("cannot run %s inside %s: %w", name, b.fs.Root(), err))
		}
		return name, nil
	}
	for dir := range strings.SplitSeq(process.DefaultPath, ":") {
		info, err := b.fs.Stat(dir + "/" + name)
		if err == nil && info.Type == fsys.Regular && info.Mode&0o111 != 0 {
			return dir + "/" + name, nil
		}
	}
	return "", resource.Missing(fmt.Errorf("cannot find program %q on the PATH inside %s", name, b.fs.Root()))
}
