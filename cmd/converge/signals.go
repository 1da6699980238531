package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"converge/internal/view"
)

// interruptible returns a context that ends at the first SIGINT, SIGTERM or
// SIGHUP: the run then stops between steps. Later signals change nothing but
// are answered, so that nobody reaches for kill -9 while a file is half
// written. A reader of our output that goes away ends nothing: a site is not
// to be left half made because of a closed pipe.
func (a *app) interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	sig := make(chan os.Signal, 4)
	signal.Notify(sig, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // else nohup meant it
		signal.Notify(sig, syscall.SIGHUP)
	}
	// Not signal.Ignore: that would be inherited by every command we run.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	var wg sync.WaitGroup
	quit := make(chan struct{})
	wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-quit:
				return
			case <-sig:
			}
			if n == 0 {
				cancel()
				continue
			}
			view.Warn(a.err, a.colored(a.err), "Stopping already: the step in hand is being finished, because it cannot be left half done.")
		}
	})
	return ctx, func() {
		signal.Stop(sig)
		close(quit)
		wg.Wait()
		cancel()
	}
}
