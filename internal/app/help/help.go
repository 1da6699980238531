// Package help writes the help of commands: first how to call a command, with examples, and nothing wider than a usual
// terminal. Start with [Write]. It knows no command.
package help

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/mitchellh/go-wordwrap"
	"github.com/spf13/cobra"
)

// Width is the width of the help in columns: that of the narrowest usual terminal.
const Width = 80

// Group is a heading of the list of commands, with the names of its commands.
type Group struct{ Title, Names string }

// Write writes the help of a command. The commands of the root are listed under the headings of groups, the others
// after them.
func Write(w io.Writer, cmd *cobra.Command, groups []Group) {
	var b strings.Builder
	if cmd.HasParent() {
		fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	} else {
		fmt.Fprintf(&b, "Usage:\n  %[1]s COMMAND [ARGUMENT...] [flags]\n  %[1]s COMMAND --help\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	intro, sections := text, ""
	if cmd.HasAvailableSubCommands() { // the list of commands is read first
		intro, sections = cutSections(text)
	}
	fmt.Fprintf(&b, "\n%s\n", reflow(intro))
	listCommands(&b, cmd, groups)
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", cmd.LocalFlags().FlagUsagesWrapped(Width))
	}
	if cmd.HasAvailableInheritedFlags() {
		fmt.Fprintf(&b, "\nGlobal flags:\n%s", cmd.InheritedFlags().FlagUsagesWrapped(Width))
	}
	if sections != "" {
		fmt.Fprintf(&b, "\n%s\n", reflow(sections))
	}
	fmt.Fprint(w, b.String()) // standard output remembers an error
}

// cutSections cuts a text before its first heading, a line in capitals.
func cutSections(text string) (intro, sections string) {
	at := regexp.MustCompile(`\n\n[A-Z ]+\n\n`).FindStringIndex(text)
	if at == nil {
		return text, ""
	}
	return text[:at[0]], text[at[0]+2:]
}

// listCommands lists the commands below a command, those of the root under headings.
func listCommands(b *strings.Builder, cmd *cobra.Command, groups []Group) {
	if cmd.HasParent() || len(groups) == 0 {
		groups = []Group{{"Commands", ""}}
	} else {
		groups = append(groups, Group{"Other commands", ""})
	}
	listed := map[string]bool{}
	for _, g := range groups {
		var lines []string
		all := cmd.Commands()
		names := strings.Fields(g.Names)
		slices.SortStableFunc(all, func(a, b *cobra.Command) int { // in the order of the group
			return cmp.Compare(slices.Index(names, a.Name()), slices.Index(names, b.Name()))
		})
		for _, c := range all {
			if c.IsAvailableCommand() && !listed[c.Name()] && (g.Names == "" || slices.Contains(names, c.Name())) {
				lines = append(lines, fold(fmt.Sprintf("  %-11s %s", c.Name(), c.Short)))
				listed[c.Name()] = true
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(b, "\n%s:\n%s\n", g.Title, strings.Join(lines, "\n"))
		}
	}
}

// reflow folds a text at the width of the help. Paragraphs are filled anew; indented lines, like those of a table,
// stay lines.
func reflow(text string) string {
	paragraphs := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, p := range paragraphs {
		if !strings.HasPrefix(p, " ") && !strings.Contains(p, "\n ") {
			paragraphs[i] = wordwrap.WrapString(strings.ReplaceAll(p, "\n", " "), Width)
			continue
		}
		lines := strings.Split(p, "\n")
		for j, line := range lines {
			lines[j] = fold(line)
		}
		paragraphs[i] = strings.Join(lines, "\n")
	}
	return strings.Join(paragraphs, "\n\n")
}

// fold folds a line of a table: the text that does not fit continues below its last column.
func fold(line string) string {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if at := strings.Index(line[indent:], "  "); at >= 0 {
		rest := line[indent+at:]
		indent += at + len(rest) - len(strings.TrimLeft(rest, " "))
	} else if words := strings.Fields(line); len(words) > 1 && indent == 4 {
		indent += len(words[0]) + 1 + max(0, 4-len(words[0])) // the number of an exit status
	}
	if len(line) <= Width || indent >= Width/2 {
		return line
	}
	folded := strings.Split(wordwrap.WrapString(line[indent:], uint(Width-indent)), "\n")
	return line[:indent] + strings.Join(folded, "\n"+strings.Repeat(" ", indent))
}
