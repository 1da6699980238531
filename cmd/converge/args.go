package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/exit"
)

// atMostOne refuses more than one argument; what is its name in the help.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= 1 {
			return nil
		}
		return misused(cmd, fmt.Errorf("%s takes one %s at most, not %d: %s", cmd.CommandPath(), what, len(args), strings.Join(args, " ")))
	}
}

// justOne refuses anything but one argument; what is its name in the help.
func justOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return misused(cmd, fmt.Errorf("%s needs one %s", cmd.CommandPath(), what))
	}
}

// noArguments refuses any.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return misused(cmd, fmt.Errorf("%s takes no argument, such as %q", cmd.CommandPath(), args[0]))
}

func misused(cmd *cobra.Command, err error) error {
	return exit.With(exit.Failure, err, cmd.CommandPath()+" --help tells how it is called")
}
