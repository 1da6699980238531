package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
)

func newFactsCommand(env *environ.Env) *cobra.Command {
	var asJSON bool
	f := site.Options{Root: "/"}
	cmd := &cobra.Command{
		Use:   "facts",
		Short: "Print the content of node",
		Long: "Prints the value of node in a manifest: the facts about this machine, and the operator's\n" +
			"own attributes from /etc/converge/node.d and --node, as HCL or JSON." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.PrintFacts(cmd.Context(), env, &f, asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&f.Nodes, "node", nil, "also read node attributes from `FILE`; may be repeated")
	cmd.Flags().StringVar(&f.Root, "root", "/", "read the facts of the tree below `DIR`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
