package probe

import (
	"context"
	"fmt"
	"time"
)

// every is the wait between two attempts.
const every = time.Second

// window repeats attempts until one passes, and then until all have passed for some time.
type window struct {
	within time.Duration // how long failed attempts are repeated; 0: the first one decides
	stable time.Duration // how long attempts must pass; 0: one is enough

	now   func() time.Duration
	pause func(ctx context.Context, d time.Duration) error
}

// repeat repeats an attempt. The error is that of the last attempt, with its explanation, or that of ctx.
func (w *window) repeat(ctx context.Context, try func(context.Context) error) error {
	begun := w.now()
	good := time.Duration(-1) // when the attempts began to pass; negative: the last one failed
	for n := 1; ; n++ {
		err := try(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		now := w.now()
		switch {
		case err == nil && good < 0:
			good = now
		case err != nil && good >= 0:
			err = fmt.Errorf("it passed, and failed again %v later: %w", (now - good).Round(time.Millisecond), err)
			good = -1
		}
		if err == nil && now-good >= w.stable {
			return nil
		}
		left := begun + w.within - now
		if err != nil && left <= 0 {
			return w.describe(err, n)
		}
		wait := every
		if err == nil {
			wait = min(wait, good+w.stable-now)
		} else {
			wait = min(wait, left)
		}
		if err := w.pause(ctx, wait); err != nil {
			return err
		}
	}
}

// describe adds the number of attempts and their duration.
func (w *window) describe(err error, attempts int) error {
	if attempts == 1 {
		return err
	}
	if w.within == 0 {
		return fmt.Errorf("attempt %d: %w", attempts, err)
	}
	return fmt.Errorf("none of %d attempts passed within %v; the last: %w", attempts, w.within, err)
}
