package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/past"
)

func newOwedCommand(env *environ.Env) *cobra.Command {
	var f app.OwedOptions
	cmd := &cobra.Command{
		Use:   "owed",
		Short: "List the notifications that are owed, or drop one",
		Long: "Lists what is owed: every action that a change has asked for and that has not been\n" +
			"delivered, with the changes that cause it, the run that made them, and the site whose run\n" +
			"that was. Every apply of that site tries to deliver it.\n\n" +
			"--drop strikes one out, for ever: NAME is its target as listed (service.nginx), what the\n" +
			"target stands for (service:nginx.service), or either of them with the verb behind a dot.\n" +
			"Nothing but the journal is changed.\n\n" +
			"--json prints one object a line." + listStatuses(exit.OK, exit.Failure, exit.Locked),
		Example: "  converge owed\n  converge owed --drop service.nginx.restart",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("drop") {
				return app.DropOwed(cmd.Context(), env, &f)
			}
			return app.ListOwed(cmd.Context(), env, &f)
		},
	}
	fs := cmd.Flags()
	addRoot(fs, &f.Site.Root)
	addStateFlags(fs, &f.State)
	fs.BoolVar(&f.Out.JSON, "json", false, "print JSON instead of text")
	fs.StringVar(&f.Drop, "drop", "", "drop what is owed to `NAME`")
	_ = cmd.RegisterFlagCompletionFunc("drop", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return app.NameOwed(cmd.Context(), env, &past.Options{Root: f.Site.Root, State: f.State.Dir}), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}
