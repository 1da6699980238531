package resourcetest_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"converge/internal/resource/resourcetest"
)

// A program that was just written can be run, whatever else starts processes meanwhile.
func TestProgramsCanBeRunOnceTheyAreWritten(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			for ctx.Err() == nil {
				_ = exec.Command("/bin/true").Run()
			}
		})
	}
	defer others.Wait()
	defer stop()
	dir := t.TempDir()
	for i := range 300 {
		at := filepath.Join(dir, fmt.Sprint(i))
		resourcetest.WriteProgram(t, at, "#!/bin/sh\n")
		if out, err := exec.Command(at).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}
