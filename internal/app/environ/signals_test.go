package environ

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/process"
)

// TestSignalsAfterTheEnd shows that a signal which the kernel delivers after the end of a run, while the process still
// exists, does not kill it: otherwise the exit status would be that of the signal.
func TestSignalsAfterTheEnd(t *testing.T) {
	const helper = "CONVERGE_TEST_SIGNAL_AFTER_THE_END"
	if os.Getenv(helper) != "" {
		env := &Env{}
		_, stop := env.WithSignals(context.Background())
		stop()
		runtime.LockOSThread()
		for _, s := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGTERM, process.Interrupt} {
			// A signal to the calling thread is delivered before the call returns.
			if err := unix.Tgkill(os.Getpid(), unix.Gettid(), s); err != nil {
				t.Fatal(err)
			}
		}
		os.Exit(7)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSignalsAfterTheEnd$")
	cmd.Env = append(os.Environ(), helper+"=1")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("it ended with %v, not with its own status: %s", err, out)
	}
}

// TestSignalBeforeTheCommandIsKnown shows that a signal does not end a command that turns out to change something: it
// sees that its context has ended, and cleans up.
func TestSignalBeforeTheCommandIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env, sig, quit, ended := &Env{Harmless: new(atomic.Bool)}, make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
		env.Harmless.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { env.handleSignals(sig, quit, cancel); close(ended) }()
		sig <- unix.SIGTERM
		<-ctx.Done()
		env.Harmless.Store(false)
		time.Sleep(2 * lenience)
		close(quit)
		<-ended // otherwise the process has ended
	})
}
