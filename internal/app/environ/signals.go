package environ

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"converge/internal/app/exit"
	"converge/internal/process"
)

// lenience is how long a command that changes nothing may take to end after a signal.
const lenience = time.Second

// WithSignals returns a context that ends at the first SIGINT or SIGTERM: a run then stops between steps. A second one
// ends the program at once, at any point; the journal has a record of the run. A command that changes nothing ends at
// the first.
//
// A hang-up does not end a run: a user whose connection broke finds its end in the journal. It ends every other
// command. A closed output pipe ends nothing: it must not leave a site half made.
//
// Call the returned function when everything is done, at the end of the process.
func (e *Env) WithSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	sig := make(chan os.Signal, 4)
	signal.Notify(sig, syscall.SIGINT, syscall.SIGTERM, process.Interrupt)
	if !signal.Ignored(syscall.SIGHUP) { // otherwise nohup set it
		signal.Notify(sig, syscall.SIGHUP)
	}
	// Not signal.Ignore: every command that we run would inherit it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	var wg sync.WaitGroup
	quit := make(chan struct{})
	wg.Go(func() { e.handleSignals(sig, quit, cancel) })
	return ctx, func() {
		// The signals stay caught until the process ends. The kernel may deliver one late: to a thread that a busy
		// machine has kept waiting since the middle of the run. It must not change the exit status after the end.
		close(quit)
		wg.Wait()
		cancel()
	}
}

// handleSignals acts on signals until quit is closed.
func (e *Env) handleSignals(sig <-chan os.Signal, quit <-chan struct{}, cancel func()) {
	var late <-chan time.Time
	asked := false
	for {
		select {
		case <-quit:
			return
		case <-late:
			if !e.Harmless.Load() { // only now it turned out to be a command with changes; it handles the signal
				late = nil
				continue
			}
			e.showError(errUntouched)
			e.writeFault(exit.Interrupted, errUntouched, nil)
			os.Exit(exit.Interrupted)
		case s := <-sig:
			switch harmless := e.Harmless.Load(); {
			case s == syscall.SIGHUP && !harmless, s == process.Interrupt && asked:
				continue
			case asked:
				if !harmless {
					e.Warn("Ended at once: the next run puts right what is half done.")
				}
				os.Exit(exit.Interrupted)
			case harmless:
				late = time.After(lenience)
			default:
				e.Warn("Stopping: a command is asked to end, a change of files or packages is finished first. A second signal ends at once.")
			}
			asked = true
			cancel()
		}
	}
}
