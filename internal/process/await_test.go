package process

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"
)

func TestAwaitExit(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if err := AwaitExit(t.Context(), pid, time.Millisecond); err != nil {
		t.Errorf("while it runs: %v", err)
	}
	if _, alive := StatOf(pid); !alive {
		t.Error("it was ended")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := AwaitExit(ctx, pid, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := AwaitExit(t.Context(), pid, time.Hour); err != nil {
		t.Errorf("when it has ended: %v", err)
	}
	_ = cmd.Wait() // it was killed
	if err := AwaitExit(t.Context(), pid, time.Hour); err != nil {
		t.Errorf("when nothing is left of it: %v", err)
	}
	if err := Pause(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled pause: %v", err)
	}
	if err := Pause(t.Context(), time.Millisecond); err != nil {
		t.Errorf("a pause: %v", err)
	}
}
