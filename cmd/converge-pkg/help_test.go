package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/help"
)

// TestHelpFits shows that no line of any help is wider than a usual terminal.
func TestHelpFits(t *testing.T) {
	var b bytes.Buffer
	env := &environ.Env{Out: &b}
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		b.Reset()
		if err := cmd.Help(); err != nil || b.Len() == 0 {
			t.Errorf("%s has no help: %v", cmd.CommandPath(), err)
		}
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > help.Width {
				t.Errorf("%s: %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
		for _, c := range cmd.Commands() {
			check(c)
		}
	}
	check(newRootCommand(env))
}
