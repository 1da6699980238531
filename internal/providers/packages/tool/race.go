package tool

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Refusal is how the programs of a manager print that another program has a lock.
type Refusal struct {
	// Says are possible beginnings of such a line, as the program writes it.
	Says []string

	// Does are the beginnings of lines that a program writes when it does something.
	// From then on the scripts of packages print too, and one of them may have run
	// a package manager that was refused.
	Does []string
}

// IsOf reports whether a program failed because another one had a lock, before it did anything.
func (r Refusal) IsOf(res Result) bool {
	if res.Status == 0 {
		return false
	}
	said := false
	for line := range strings.Lines(res.Stdout + "\n" + res.Stderr) {
		line = LastOverwrite(strings.TrimRight(line, "\n"))
		if startsWithAny(line, r.Does) {
			return false
		}
		said = said || startsWithAny(line, r.Says)
	}
	return said
}

func startsWithAny(line string, beginnings []string) bool {
	for _, b := range beginnings {
		if strings.HasPrefix(line, b) {
			return true
		}
	}
	return false
}

// RunLocked runs a program that needs locks: it waits until they are free, and again if another program was faster,
// until patience is over. lost recognises that by the result of a failed program; see [Refusal]. It removes the file
// of a lock that a killed program has left. A program that may have done anything must not count as lost, because it
// would be run twice.
func (h *Host) RunLocked(ctx context.Context, locks []Lock, lost func(Result) bool, c Command) (Result, error) {
	return h.RunPrepared(ctx, locks, lost, func() (*Command, error) { return &c, nil })
}

// RunPrepared is [Host.RunLocked] for a program whose command depends on what other programs have left to do: prepare
// determines the command whenever the locks are free. nil: there is nothing to do.
func (h *Host) RunPrepared(ctx context.Context, locks []Lock, lost func(Result) bool, prepare func() (*Command, error)) (Result, error) {
	end := time.Now().Add(h.Patience)
	var pauses Pauses
	for {
		if err := h.WaitLocks(ctx, max(0, time.Until(end)), locks...); err != nil {
			return Result{}, err
		}
		if err := h.removeLeft(ctx, locks); err != nil {
			return Result{}, err
		}
		c, err := prepare()
		if c == nil || err != nil {
			return Result{}, err
		}
		res, err := h.Run(ctx, *c)
		if err != nil || res.Status == 0 || !lost(res) || !time.Now().Before(end) {
			return res, err
		}
		if err := pauses.Wait(ctx); err != nil {
			return res, fmt.Errorf("stopped waiting for a lock that another program has taken before %s: %w", c.Argv[0], err)
		}
	}
}

// The pauses between attempts to take a lock.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Pauses are between attempts: each is twice as long as the one before, up to a bound.
type Pauses struct{ last time.Duration }

// Wait waits for the next pause. The error is the cause of the end of ctx.
func (p *Pauses) Wait(ctx context.Context) error {
	p.last = min(max(firstPause, 2*p.last), lastPause)
	t := time.NewTimer(p.last)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
