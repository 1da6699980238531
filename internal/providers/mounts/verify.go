package mounts

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
)

// verifyPatience is how long the check may take. It reads mount points, so that a server that is down blocks it; that
// is not a fault of the lines.
const verifyPatience = 10 * time.Second

// maxChecked is how many lines are checked at once: the check compares each with all before
// it, so that a thousand take it ten seconds.
const maxChecked = 100

// verify has findmnt check lines of fstab, and returns the errors of them by mount point. A
// host without findmnt has no check. The lines are in temporary files beside fstab.
func (w *writing) verify(ctx context.Context, lines []string) (map[string]error, error) {
	if !w.Live || len(lines) == 0 {
		return nil, nil
	}
	txn := w.FS.Begin(w.RunID)
	defer txn.Abort()
	out := map[string]error{}
	n := 0
	for some := range slices.Chunk(lines, maxChecked) {
		n++
		step := txn.File(fmt.Sprintf("%s.check%d", w.before.path, n), fsys.Info{}, fsys.File{Perm: fsys.Perm{Mode: 0o600}, Bytes: []byte(strings.Join(some, "\n") + "\n")})
		err := step.Err()
		if err == nil {
			err = w.verifyFile(ctx, txn.Candidate(step), out)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot check the new lines of fstab: %w", err)
		}
	}
	return out, nil
}

// verifyFile adds the errors of the lines in a file.
func (w *writing) verifyFile(ctx context.Context, file string, out map[string]error) error {
	r, err := w.Run(ctx, process.Command{Argv: []string{"findmnt", "--verify", "--tab-file", file}, Timeout: verifyPatience, Split: true, Head: true})
	switch {
	case errors.Is(err, process.ErrNotFound), errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return nil
	case err != nil:
		return err
	}
	maps.Copy(out, parseVerify(r.Stdout))
	return nil
}

// parseVerify reads the output of findmnt --verify: mount points, and the errors below each. It omits two: that of a
// mount point that is not made yet, and that of an order of lines that systemd ignores.
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
