package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/exit"
	"converge/internal/app/kinds"
)

// noHelp is the error about what is no command; a kind of resources has a page
// of its own.
func noHelp(root *cobra.Command, args []string) error {
	words := strings.Join(args, " ")
	for _, k := range kinds.List(kinds.Providers{}) {
		if words == k.Name {
			return exit.With(exit.Failure, fmt.Errorf("%s is a kind of resources, not a command", words), "converge explain "+words+" is its help")
		}
	}
	return noSuchCommand(root, []string{words})
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND]",
		Short:                 "Help about a command",
		Long:                  "Help about a command; converge explain KIND is the help about kinds of resources." + listStatuses(exit.OK, exit.Failure),
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
