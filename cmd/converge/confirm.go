package main

import (
	"context"
	"fmt"
	"os"

	"converge/internal/view"
)

// confirmed asks on the terminal itself, wherever standard input and output
// go: the manifest may come from the one, and the plan be piped from the other.
// An answer that is not yes is an exit status.
func confirmed(ctx context.Context) error {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("--confirm needs a terminal to ask on: %w", err)
	}
	defer tty.Close()
	type answer struct {
		yes bool
		err error
	}
	got := make(chan answer, 1)
	go func() {
		yes, err := view.Confirm(tty, tty)
		got <- answer{yes, err}
	}()
	select {
	case <-ctx.Done(): // the reader is left behind: the program ends
		return ctx.Err()
	case a := <-got:
		if a.err != nil {
			return fmt.Errorf("cannot read the answer: %w", a.err)
		}
		if !a.yes {
			view.Declined(tty)
			return said(exitFailure)
		}
		return nil
	}
}
