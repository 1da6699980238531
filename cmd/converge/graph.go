package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
)

func newGraphCommand(env *environ.Env) *cobra.Command {
	var f site.Options
	var targets []string
	format := "text"
	cmd := &cobra.Command{
		Use:   "graph [PATH]",
		Short: "Show the order of the resources, and its reasons",
		Long: "Prints the order of a site: below each resource the resources that come before it, with\n" +
			"the reason. It reads only the manifest and the facts of the node.\n\n" +
			"Formats: text (a tree; (*) marks a branch that is printed above), dot (Graphviz), mermaid,\n" +
			"json, and svg, which needs Graphviz's dot on PATH." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Example:           "  converge graph\n  converge graph --format svg > site.svg\n  converge graph --target service.nginx",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.DrawGraph(cmd.Context(), env, pathArg(args), &f, targets, format)
		},
	}
	addSiteFlags(cmd.Flags(), &f)
	addTargets(cmd, &targets, &f)
	cmd.Flags().StringVar(&format, "format", format, "output format: text, dot, mermaid, svg or json")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "dot", "mermaid", "svg", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
