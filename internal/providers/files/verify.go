package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"converge/internal/process"
	"converge/internal/resource"
)

const (
	// verifyTimeout is generous for a syntax check, and ends one that waits
	// for an answer.
	verifyTimeout = 2 * time.Minute
	maxOutput     = 16 << 10 // bytes of its output that an error shows
)

// verify runs the resource's check on the candidate for path.
func (p *Provider) verify(ctx context.Context, c *fileChange, path, candidate string) error {
	argv := slices.Clone(c.Want.Verify.Value)
	if len(argv) == 0 {
		return nil
	}
	for i, a := range argv {
		argv[i] = strings.ReplaceAll(resource.DecodeBytes(a), "{path}", candidate)
	}
	r, err := process.Run(ctx, process.Command{Argv: argv, Timeout: verifyTimeout, Grace: time.Second, Output: maxOutput})
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
	if secret(c) {
		return fmt.Errorf("cannot replace %q: %s %w: %w; its output is not shown, because the content is sensitive", path, argv[0], errRefused, err)
	}
	said := strings.ReplaceAll(strings.TrimSpace(r.Stdout), candidate, path)
	if said == "" {
		said = "(no output)"
	}
	return fmt.Errorf("cannot replace %q: %s %w: %w\n%s", path, argv[0], errRefused, err, said)
}
