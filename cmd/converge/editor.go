package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
)

func newLSPCommand(env *environ.Env) *cobra.Command {
	var f site.Options
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor",
		Long: "Answers an editor on standard input and output, in the Language Server Protocol: what is\n" +
			"wrong with a manifest while it is written, completion, explanations, definitions,\n" +
			"references, renaming, symbols, formatting and corrections. Editors start it by themselves:\n" +
			"docs/editors.md has the set-up of some. It checks manifests as validate does: of the machine\n" +
			"it reads only the facts, once, and no secrets." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Example: "  converge lsp\n  converge lsp --var-file test.hcl --node web.json",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return app.ServeEditor(cmd.Context(), env, &f) },
	}
	addSiteFlags(cmd, &f)
	_ = cmd.Flags().MarkHidden("sha256")
	cmd.Flags().Bool("stdio", true, "")
	_ = cmd.Flags().MarkHidden("stdio") // some editors pass it to every server
	return cmd
}
