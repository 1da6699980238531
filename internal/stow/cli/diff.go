package cli

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
)

// printEffects prints the net effect of operations, a line for each path of the target that differs. It does not list
// what a plan removes and makes anew.
func (p *printer) printEffects(ops []farm.Op) error {
	effects, err := execute.Effects(ops)
	if err != nil {
		return err
	}
	for _, e := range effects {
		fmt.Fprintln(p.Stdout, diffLine(e))
	}
	return nil
}

func diffLine(e execute.Effect) string {
	is, was := showThing(e.Path, e.Is), showThing(e.Path, e.Was)
	switch {
	case e.Is.Type == farm.None && e.To != "":
		return "- " + was + " (moved to " + quoteControls(e.To) + ")"
	case e.Is.Type == farm.None:
		return "- " + was
	case e.Was.Type == farm.None && e.From != "":
		return "+ " + is + " (moved from " + quoteControls(e.From) + ")"
	case e.Was.Type == farm.None:
		return "+ " + is
	case e.To != "":
		return "~ " + is + " (was a file: moved to " + quoteControls(e.To) + ")"
	case e.From != "":
		return "~ " + is + " (moved from " + quoteControls(e.From) + "; was " + kindOf(e.Was) + ")"
	}
	return "~ " + is + " (was " + kindOf(e.Was) + ")"
}

// showThing returns a path with its type, like ls -F.
func showThing(path string, w execute.What) string {
	switch w.Type {
	case farm.Dir:
		return quoteControls(path) + "/"
	case farm.Symlink:
		return quoteControls(path) + " -> " + quoteControls(w.Text)
	}
	return quoteControls(path)
}

// kindOf returns the type of an entry whose name is printed already.
func kindOf(w execute.What) string {
	switch w.Type {
	case farm.Dir:
		return "a directory"
	case farm.Symlink:
		return "-> " + quoteControls(w.Text)
	}
	return "a file"
}

// quoteControls returns a path for a line of text: as it is, or as a Go string if it would break the line or the
// terminal.
func quoteControls(path string) string {
	if !utf8.ValidString(path) || strings.ContainsFunc(path, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return strconv.Quote(path)
	}
	return path
}
