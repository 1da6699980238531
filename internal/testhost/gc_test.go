package testhost

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// A killed test process leaves a running host and a folder behind; the next one removes both, and only those.
func TestLeftoversOfKilledProcesses(t *testing.T) {
	Require(t)
	owner := exec.Command("sleep", "infinity")
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { owner.Process.Kill() })
	pid := strconv.Itoa(owner.Process.Pid)
	left := "left-" + pid
	own := filepath.Join(dir(), "run-"+pid+"-"+startTime(pid))
	if err := os.MkdirAll(own, 0o755); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "start", left, "-o", pid)
	t.Cleanup(func() { run(context.Background(), "reset", left) })

	first := Create(t, Options{})
	if mustRun(t, "pid", left) == "" {
		t.Fatal("the host of a living process was removed")
	}
	owner.Process.Kill()
	owner.Wait()
	second := Create(t, Options{})
	for _, gone := range []string{own, filepath.Join(dir(), "hosts", left)} {
		if _, err := os.Stat(gone); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", gone, err)
		}
	}
	for _, h := range []*Host{first, second} {
		if _, err := os.Stat(h.Root()); err != nil {
			t.Errorf("a host in use was removed: %v", err)
		}
	}
}
