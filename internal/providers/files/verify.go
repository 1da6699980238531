package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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

// errRefused is wrapped by the error of a check that has judged a content.
var errRefused = errors.New("does not accept the new content")

// verifyCandidate runs the resource's check on the candidate for path.
func verifyCandidate(ctx context.Context, c *change, path, candidate string) error {
	words := c.request.Verify.Value
	if len(words) == 0 {
		return nil
	}
	argv := make([]string, len(words))
	for i, a := range words {
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
	if c.isSecret() {
		return fmt.Errorf("cannot replace %q: %s %w: %w; its output is not shown, because the content is sensitive", path, argv[0], errRefused, err)
	}
	output := strings.ReplaceAll(strings.TrimSpace(r.Stdout), candidate, path)
	if output == "" {
		output = "(no output)"
	}
	return fmt.Errorf("cannot replace %q: %s %w: %w\n%s", path, argv[0], errRefused, err, output)
}
