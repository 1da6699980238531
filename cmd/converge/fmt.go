package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

func newFmtCommand(env *environ.Env) *cobra.Command {
	var f app.FormatOptions
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Bring manifests into the usual form",
		Long: "Rewrites manifests (*.hcl) in the usual form and prints the names of the changed files.\n" +
			"PATH is a file, a folder, or - to read standard input and write standard output;\n" +
			"default: the current folder. Each file is replaced in one step, and only if it changes.\n" +
			"With --check, a file that is not in the usual form is an error." +
			describeStatuses(map[int]string{
				exit.OK:      "success: with --check, everything is in the usual form",
				exit.Failure: "bad usage or manifest; with --check, also a file that is not in the usual form",
			}, exit.OK, exit.Failure),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"hcl"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error { return app.FormatManifests(cmd.Context(), env, f, args) },
	}
	cmd.Flags().BoolVar(&f.Check, "check", false, "write nothing; list the files that are not in the usual form, and exit 1 if there are any")
	cmd.Flags().BoolVar(&f.Diff, "diff", false, "show the changes")
	cmd.Flags().BoolVarP(&f.Recursive, "recursive", "r", false, "include the folders below")
	return cmd
}
