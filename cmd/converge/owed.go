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
		Short: "List owed notifications, or drop one",
		Long: "Lists the owed notifications: each action that a change requested and that has not been\n" +
			"delivered yet, with the changes that caused it, their run, and the site of that run. Every\n" +
			"apply of that site tries to deliver it.\n\n" +
			"--drop removes a notification permanently: NAME is its target as listed (service.nginx), the\n" +
			"thing that the target manages (service:nginx.service), or either of them followed by a dot\n" +
			"and the verb. It changes only the journal.\n\n" +
			"--json prints one object per line." + listStatuses(exit.OK, exit.Failure, exit.Locked),
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
	fs.StringVar(&f.Drop, "drop", "", "drop the notifications that are owed to `NAME`")
	_ = cmd.RegisterFlagCompletionFunc("drop", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return app.NameOwed(cmd.Context(), env, &past.Options{Root: f.Site.Root, State: f.State.Dir}), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}
