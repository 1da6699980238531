package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/help"
)

// TestHelpFits shows that no help is wider than a usual terminal, that examples precede the text about them, and that
// every command is in a group.
func TestHelpFits(t *testing.T) {
	root := newRootCommand(&environ.Env{})
	known := map[string]bool{}
	for _, g := range commandGroups() {
		for name := range strings.FieldsSeq(g.Names) {
			known[name] = true
		}
	}
	for _, c := range root.Commands() {
		delete(known, c.Name())
	}
	if len(known) > 0 {
		t.Errorf("these commands stand under a heading, and are none: %v", known)
	}
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		var b strings.Builder
		help.Write(&b, cmd, commandGroups())
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > help.Width {
				t.Errorf("%s: %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
		if i, j := strings.Index(b.String(), "\nExamples:\n"), strings.Index(b.String(), "EXIT STATUS"); i > j && j >= 0 {
			t.Errorf("%s: examples stand behind the exit statuses", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			check(c)
		}
	}
	check(root)
}
