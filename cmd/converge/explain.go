package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

func newExplainCommand(env *environ.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [KIND[.ATTRIBUTE]]",
		Short: "Print the reference of a kind of resource",
		Long: "Prints the reference of a kind of resource, or of one of its attributes; without an\n" +
			"argument, the list of kinds. It reads neither a manifest nor the machine." + listStatuses(exit.OK, exit.Failure),
		Example:           "  converge explain file\n  converge explain service.running",
		Args:              atMostOne("KIND"),
		ValidArgsFunction: completeKinds,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				app.ListKinds(env)
				return nil
			}
			return app.ExplainKind(env, args[0])
		},
	}
}
