package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

func newTestCommand(env *environ.Env) *cobra.Command {
	var f app.TestOptions
	cmd := &cobra.Command{
		Use:   "test [PATH...]",
		Short: "Test manifests by their plans",
		Long: "Runs the tests in files *.test.hcl: each makes the plan of a machine that the test\n" +
			"describes, and asserts what is in it. PATH is a file of tests, or a folder with such files\n" +
			"at any depth; default: the current folder.\n\n" +
			"Manifests are evaluated and put in order as for a plan, and compared with an empty host or a\n" +
			"tree. Nothing of this machine is read or changed, no program is run, and root is not needed.\n" +
			"docs/testing.md describes the files, and what such a plan cannot know.\n\n" +
			"Resources that no test names are listed at the end." +
			describeStatuses(map[int]string{
				exit.OK: "all tests have passed", exit.Failure: "bad usage, no tests, or a file of tests that cannot be read",
				exit.Incomplete: "a test has failed, or with --all a resource is named by none",
			}, exit.OK, exit.Failure, exit.Incomplete, exit.Interrupted),
		Example: "  converge test\n  converge test site/ --run 'web*'\n  converge test --update\n  converge test --junit report.xml",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"test.hcl"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			return app.Test(cmd.Context(), env, args, &f)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.Update, "update", false, "write golden plans anew")
	fs.StringVar(&f.Run, "run", "", "only tests whose name matches `PATTERN`, in which * stands for any characters")
	fs.StringVar(&f.JUnit, "junit", "", "also write the results to `FILE`, as JUnit's XML")
	fs.BoolVar(&f.JSON, "json", false, "print one JSON object per line instead of text")
	fs.BoolVar(&f.All, "all", false, "fail if a resource is named by no test")
	_ = cmd.RegisterFlagCompletionFunc("run", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return app.NameTests(args), cobra.ShellCompDirectiveNoFileComp
	})
	fs.BoolVarP(&f.Verbose, "verbose", "v", false, "list all resources that no test names")
	return cmd
}
