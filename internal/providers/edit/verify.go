package edit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
)

const (
	// verifyTimeout is generous for a syntax check, and ends one that waits for an
	// answer.
	verifyTimeout = 2 * time.Minute
	maxOutput     = 16 << 10 // bytes of its output that an error shows
)

// errRefused is wrapped by the error of a check that has judged a candidate.
var errRefused = errors.New("does not accept the new content")

// checker runs the checks that parts name.
type checker struct {
	fs     *fsys.FS
	inside bool // the root, by its own programs
}

// verify runs every check that parts of a set name, each once.
func (k checker) verify(ctx context.Context, s *set, candidate string) error {
	var done [][]string
	secret := slices.ContainsFunc(s.members, func(m member) bool { return m.secret })
	for _, m := range s.members {
		words := m.want.Verify.Value
		if len(words) == 0 || slices.ContainsFunc(done, func(d []string) bool { return slices.Equal(d, words) }) {
			continue
		}
		done = append(done, words)
		if err := k.runCheck(ctx, words, s.src.path, candidate, secret); err != nil {
			return err
		}
	}
	return nil
}

func (k checker) runCheck(ctx context.Context, words []string, path, candidate string, secret bool) error {
	cmd, candidate, err := k.command(words, candidate)
	if err != nil {
		return fmt.Errorf("cannot verify %q: %w", path, err)
	}
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
	case errors.Is(err, process.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("cannot verify %q: %w", path, resource.Missing(err))
	default:
		return fmt.Errorf("cannot verify %q: %w", path, err)
	}
	if secret { // its output may quote what must not surface
		return fmt.Errorf("cannot edit %q: %s %w: %w; its output is not shown, because a part is sensitive", path, words[0], errRefused, err)
	}
	output := strings.ReplaceAll(strings.TrimSpace(r.Stdout), candidate, path)
	if output == "" {
		output = "(no output)"
	}
	return fmt.Errorf("cannot edit %q: %s %w: %w\n%s", path, words[0], errRefused, err, output)
}

// command is the command of a check, and what it calls the candidate. With a tree
// under a root it runs inside: the tree's own program judges.
func (k checker) command(words []string, candidate string) (process.Command, string, error) {
	cmd := process.Command{Timeout: verifyTimeout, Grace: time.Second, Output: maxOutput}
	if k.inside {
		if os.Geteuid() != 0 {
			return cmd, "", fmt.Errorf("only root can run %s inside %s", words[0], k.fs.Root())
		}
		root, err := filepath.EvalSymlinks(k.fs.Root())
		if err != nil {
			return cmd, "", err
		}
		inside, ok := strings.CutPrefix(candidate, root+"/")
		if !ok {
			return cmd, "", fmt.Errorf("the new content is in %s, which is not in %s: a mount point cannot be checked inside", candidate, root)
		}
		candidate = "/" + inside
		cmd.Root, cmd.Env = k.fs.Root(), process.With(process.Environment(), "PATH="+process.DefaultPath, "HOME=/root")
		if cmd.Path, err = k.findInside(resource.DecodeBytes(words[0])); err != nil {
			return cmd, "", err
		}
	}
	for _, a := range words {
		cmd.Argv = append(cmd.Argv, strings.ReplaceAll(resource.DecodeBytes(a), "{path}", candidate))
	}
	return cmd, candidate, nil
}

// findInside finds a program in the tree.
func (k checker) findInside(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for dir := range strings.SplitSeq(process.DefaultPath, ":") {
		info, err := k.fs.Stat(dir + "/" + name)
		if err == nil && info.Type == fsys.Regular && info.Mode&0o111 != 0 {
			return dir + "/" + name, nil
		}
	}
	return "", resource.Missing(fmt.Errorf("cannot find program %q on the PATH inside %s", name, k.fs.Root()))
}
