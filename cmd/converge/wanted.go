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
		Short: "Answer a requirement file, and install what it asks for",
		Long: "Reads a requirement file, by which an application asks for packages without knowing the\n" +
			"package manager, and answers it with one line for each, on standard output:\n\n" +
			"    satisfied FOO/VERSION          installed from a stow directory\n" +
			"    satisfied NS/NAME VERSION      installed by the package manager\n" +
			"    would-install NS/NAME VERSION  can be installed; NS is converge for a stow directory\n" +
			"    unknown NAME...                nobody has it, or not in that version\n" +
			"    refused NAME...                it is there, but not for whoever asks; why is a warning\n\n" +
			"What is required and missing is then installed, in a run like that of apply, but only if\n" +
			"nothing required is unknown or refused. What is optional is installed with\n" +
			"--with-optional, or if a person at the terminal says so. FILE is usually called\n" +
			"APP-TIMESTAMP-SERIAL.requirements; - is standard input. A package installed so belongs to\n" +
			"no manifest, and is never pruned. converge --wanted FILE is the same: the flag is what\n" +
			"all package managers have in common (see stow2-protocol(7))." +
			describeStatuses(map[int]string{
				exit.OK:      "all that is required is there, was installed, or with --check could be",
				exit.Failure: "bad usage, requirement file or environment; nothing was touched",
				exit.Stale:   "something required is unknown or refused; nothing was touched (of apply, 5 says something else)",
			}, exit.OK, exit.Failure, exit.Incomplete, exit.Locked, exit.Stale, exit.Interrupted),
		Example: "  converge wanted --check autoconf2-201109212117-1.requirements",
		Args:    justOne("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.AnswerWanted(cmd.Context(), env, args[0], &f)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.Check, "check", false, "answer only; change nothing")
	fs.BoolVar(&f.WithOptional, "with-optional", false, "install what is optional too")
	fs.StringArrayVar(&f.StowDirs, "stow-dir", nil, "look in stow directory `DIR` instead of those of "+control.MappingFile+"; may be repeated")
	fs.StringVar(&f.Run.Site.Root, "root", "/", "work on the tree below `DIR` instead of the running system")
	addStateFlags(fs, &f.Run.State)
	return cmd
}
