package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/exit"
	"converge/internal/app/help"
	"converge/internal/app/kinds"
)

// noHelp returns the error about an unknown command; a kind of resources has its own page.
func noHelp(root *cobra.Command, args []string) error {
	words := strings.Join(args, " ")
	if kinds.New().Has(words) {
		return exit.With(exit.Failure, fmt.Errorf("%s is a kind of resources, not a command", words), "converge explain "+words+" is its help")
	}
	return noSuchCommand(root, []string{words})
}

// commandGroups returns the headings of the list of commands, each with its commands.
func commandGroups() []help.Group {
	return []help.Group{
		{Title: "Make a host match its manifest", Names: "plan apply check status"},
		{Title: "Write manifests", Names: "validate test fmt explain facts data output eval console graph schema lsp"},
		{Title: "Look back, and take back", Names: "history show report rollback owed forget"},
		{Title: "Packages of your own", Names: "stow wanted pack repo"},
	}
}

// showHelp writes the help of a command.
func showHelp(cmd *cobra.Command, _ []string) {
	help.Write(cmd.OutOrStdout(), cmd, commandGroups()) // the program notices write errors
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND]",
		Short:                 "Print the help of a command",
		Long:                  "Prints the help of a command; converge explain KIND prints the reference of a kind of resource." + listStatuses(exit.OK, exit.Failure),
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range cmd.Root().Commands() {
				if c.IsAvailableCommand() && len(args) == 0 {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || target == nil || len(rest) > 0 {
				return noHelp(cmd.Root(), args)
			}
			return target.Help()
		},
	}
}

// listStatuses returns the list of exit statuses in a command's help.
func listStatuses(codes ...int) string { return describeStatuses(nil, codes...) }

// describeStatuses is listStatuses for a command with its own meanings of some.
func describeStatuses(own map[int]string, codes ...int) string {
	var b strings.Builder
	b.WriteString("\n\nEXIT STATUS\n\n")
	for _, c := range codes {
		fmt.Fprintf(&b, "    %-4d %s\n", c, cmp.Or(own[c], exit.Meaning(c)))
	}
	return strings.TrimRight(b.String(), "\n")
}

// applyStatuses returns apply's own meanings of some statuses.
func applyStatuses() map[int]string {
	own := runStatuses()
	own[exit.Incomplete] = exit.Meaning(exit.Incomplete) + "; a reboot that --no-reboot leaves owed is held"
	own[exit.Interrupted] = exit.Meaning(exit.Interrupted) + "; or ended between steps, because a reboot comes first"
	return own
}

// runStatuses returns the meaning of success for commands that plan a run.
func runStatuses() map[int]string {
	return map[int]string{exit.OK: "success: everything is as declared, or the plan was made"}
}
