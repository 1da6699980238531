package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/stow/control"
)

func newWantedCommand(env *environ.Env) *cobra.Command {
	var f app.WantedOptions
	cmd := &cobra.Command{
		Use:   "wanted FILE",
		Short: "Answer a requirement file, and install missing packages",
		Long: "Reads a requirement file, in which an application requests packages without knowing the\n" +
			"package manager, and prints one line for each requested package on standard output:\n\n" +
			"    satisfied FOO/VERSION          installed from a stow directory\n" +
			"    satisfied NS/NAME VERSION      installed by the package manager\n" +
			"    would-install NS/NAME VERSION  can be installed; NS is converge for a stow directory\n" +
			"    unknown NAME...                not available, or not in that version\n" +
			"    refused NAME...                available, but not to this user; a warning says why\n\n" +
			"Then it installs the required packages that are missing, in a run like that of apply, but only\n" +
			"if no required package is unknown or refused. It installs optional packages with\n" +
			"--with-optional, or if a person at the terminal agrees. FILE is usually called\n" +
			"APP-TIMESTAMP-SERIAL.requirements; - is standard input. A package that this command installs\n" +
			"belongs to no manifest, and is never pruned. converge --wanted FILE is the same command; all\n" +
			"package managers have this flag in common (see stow2-protocol(7))." +
			describeStatuses(map[int]string{
				exit.OK:      "every required package is installed, or with --check could be",
				exit.Failure: "bad usage, requirement file or environment; nothing was changed",
				exit.Stale:   "a required package is unknown or refused; nothing was changed (5 means something else for apply)",
			}, exit.OK, exit.Failure, exit.Incomplete, exit.Locked, exit.Stale, exit.Interrupted),
		Example: "  converge wanted --check autoconf2-201109212117-1.requirements",
		Args:    justOne("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.AnswerWanted(cmd.Context(), env, args[0], &f)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.Check, "check", false, "answer only; change nothing")
	fs.BoolVar(&f.WithOptional, "with-optional", false, "also install optional packages")
	fs.StringArrayVar(&f.StowDirs, "stow-dir", nil, "search stow directory `DIR` instead of those in "+control.MappingFile+"; may be repeated")
	fs.StringVar(&f.Run.Site.Root, "root", "/", "work on the tree below `DIR` instead of the running system")
	addStateFlags(fs, &f.Run.State)
	return cmd
}
