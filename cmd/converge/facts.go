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
		Short: "What node holds",
		Long: "Prints what a manifest sees as node: what was found out about this machine, and over it\n" +
			"the operator's own attributes from /etc/converge/node.d and --node, as HCL or JSON." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.PrintFacts(cmd.Context(), env, &f, asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&f.Nodes, "node", nil, "read node attributes from `FILE` as well; may be repeated")
	cmd.Flags().StringVar(&f.Root, "root", "/", "the facts of the tree below `DIR`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
