package environ

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"converge/internal/app/exit"
	"converge/internal/view"
)

// Confirm asks on the terminal whether to apply the plan, even if standard input and output are redirected: the
// manifest may come from the one, and the plan be piped from the other. Any answer but yes is an exit status. changed
// means that the command has changed something already.
func Confirm(ctx context.Context, changed bool) error {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("--confirm needs a terminal to ask on: %w", err)
	}
	defer tty.Close()
	yes, err := AwaitAnswer(ctx, func() (bool, error) { return view.Confirm(tty, tty) })
	if err == nil && !yes {
		view.Declined(tty, changed)
		err = exit.Silently(exit.Failure)
	}
	return err
}

// AwaitAnswer waits for the answer to a question, or for the end of ctx.
func AwaitAnswer(ctx context.Context, ask func() (bool, error)) (bool, error) {
	type answer struct {
		yes bool
		err error
	}
	got := make(chan answer, 1)
	go func() {
		yes, err := ask()
		got <- answer{yes, err}
	}()
	select {
	case <-ctx.Done(): // the reader is abandoned: the program ends
		return false, ctx.Err()
	case a := <-got:
		if a.err != nil {
			return false, fmt.Errorf("cannot read the answer: %w", a.err)
		}
		return a.yes, nil
	}
}

// TerminalWidth returns the width of w in columns if it is a terminal, otherwise 0.
func TerminalWidth(w any) int {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// knowsColors reports whether the environment names a terminal that shows colours. Without TERM this is not known.
func (e *Env) knowsColors() bool {
	term := e.Getenv("TERM")
	return e.Getenv("NO_COLOR") == "" && term != "" && term != "dumb"
}

// IsColored reports whether output to w is coloured: --color decides, then
// NO_COLOR, then whether w is a terminal that knows colours.
func (e *Env) IsColored(w io.Writer) bool {
	switch e.Color {
	case "always":
		return true
	case "never":
		return false
	}
	return e.knowsColors() && TerminalWidth(w) > 0
}
