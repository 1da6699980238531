package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"converge/internal/process"
)

// maxOutput is how much of a command's output an error shows, in bytes, the
// end of it.
const maxOutput = 2000

// runCommand runs a command without a shell and without input. On failure the error
// holds the end of its output.
func runCommand(ctx context.Context, argv []string, limit time.Duration) (string, error) {
	r, err := process.Run(ctx, process.Command{Argv: argv, Timeout: limit, Grace: time.Second})
	if err == nil && r.OK() {
		return r.Stdout, nil
	}
	if err == nil {
		err = errors.New(r.How())
	}
	return r.Stdout, fmt.Errorf("cannot run %q: %w%s", strings.Join(argv, " "), err, indent(r.Stdout))
}

// indent puts text onto lines of its own below an error.
func indent(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if len(text) > maxOutput {
		text = "…" + strings.ToValidUTF8(text[len(text)-maxOutput:], "")
	}
	return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}
