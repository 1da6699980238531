package mounts

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"converge/internal/process"
)

// verifyPatience is how long the check may take. It reads mount points, so that a
// server that is down has it wait; that is no fault of the lines.
const verifyPatience = 10 * time.Second

// verify has findmnt check a candidate of fstab, and returns the errors of it by mount
// point. A host without findmnt has no check.
func (h *host) verify(ctx context.Context, candidate string) (map[string]error, error) {
	r, err := h.Run(ctx, process.Command{Argv: []string{"findmnt", "--verify", "--tab-file", candidate}, Timeout: verifyPatience, Split: true, Head: true})
	switch {
	case errors.Is(err, process.ErrNotFound), errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot check the new lines of fstab: %w", err)
	}
	return parseVerify(r.Stdout), nil
}

// parseVerify reads what findmnt --verify prints: mount points, and below each its
// errors. Two are left out: that of a mount point that is not made yet, and that of an
// order of lines that systemd does not go by.
func parseVerify(text string) map[string]error {
	out := map[string]error{}
	point := ""
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		line := s.Text()
		if !strings.HasPrefix(line, " ") {
			point = line
			continue
		}
		problem, ok := strings.CutPrefix(strings.TrimSpace(line), "[E] ")
		if !ok || strings.Contains(problem, "required target:") || strings.HasPrefix(problem, "wrong order:") || out[point] != nil {
			continue
		}
		out[point] = fmt.Errorf("cannot write a line for %q into fstab: findmnt --verify finds: %s", point, problem)
	}
	return out
}
