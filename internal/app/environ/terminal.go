package environ

import (
	"io"

	"golang.org/x/term"
)

// TerminalWidth returns the width of w in columns if it is a terminal, else 0.
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

// IsColored reports whether output to w is coloured: --color decides, then
// NO_COLOR, then whether w is a terminal that knows colours.
func (e *Env) IsColored(w io.Writer) bool {
	switch e.Color {
	case "always":
		return true
	case "never":
		return false
	}
	return e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb" && TerminalWidth(w) > 0
}
