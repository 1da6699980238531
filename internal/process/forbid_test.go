package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"converge/internal/process"
)

// TestForbid: no program starts in a context that forbids it, nor in a derived one.
func TestForbid(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "ran")
	c := process.Command{Argv: []string{"touch", mark}}
	for _, ctx := range []context.Context{process.Forbid(t.Context()), context.WithoutCancel(process.Forbid(t.Context()))} {
		if _, err := process.Run(ctx, c); !errors.Is(err, process.ErrForbidden) {
			t.Errorf("the error is %v", err)
		}
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the program ran")
	}
	if r, err := process.Run(t.Context(), c); err != nil || !r.OK() {
		t.Errorf("without it: %v, %v", r, err)
	}
}
