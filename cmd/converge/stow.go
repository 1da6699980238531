package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/stow/cli"
	"converge/internal/stow/control"
)

const stowHelp = "Works with the stow directories of locally built software. It runs stow2(8), with the same\n" +
	"arguments, for the package manager converge: converge holds the packages that it stows. The\n" +
	"first word can be the name of a stow2 option that selects an action: converge stow status\n" +
	"means stow2 --status. Write a package with such a name after --."

// stowStatuses lists the exit statuses of stow2; negative is the meaning of 1 other than a mistake.
func stowStatuses(negative string) string {
	return describeStatuses(map[int]string{
		exit.OK:         "done, or there was nothing to do",
		exit.Failure:    "conflicts, a wrong command line, or " + negative + "; nothing was changed",
		exit.Changes:    "failed; the standard error has the reason",
		exit.Incomplete: "another package manager holds the package, or a target shows the version",
		exit.Locked:     "an interrupted change was found and not repaired",
		exit.Stale:      "a required package is not available",
	}, exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Locked, exit.Stale)
}

func newStowCommand(env *environ.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:                "stow [OPTION...] PACKAGE...",
		Short:              "Work with stow directories as a package manager",
		Long:               stowHelp + stowStatuses("a negative answer"),
		DisableFlagParsing: true,
		ValidArgsFunction:  completeStowOptions,
		RunE:               func(cmd *cobra.Command, args []string) error { return app.RunStow(cmd.Context(), env, args) },
	}
	cmd.AddCommand(newStowControlCommand(env))
	for _, o := range cli.Options() {
		if verb := o.Verb(); verb != "" && verb != "control" {
			cmd.AddCommand(newStowVerbCommand(env, o))
		}
	}
	return cmd
}

// completeStowOptions completes the options of stow2, which has its own parser, and otherwise paths.
func completeStowOptions(_ *cobra.Command, _ []string, prefix string) (names []string, _ cobra.ShellCompDirective) {
	if !strings.HasPrefix(prefix, "-") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	for _, o := range cli.Options() {
		for _, name := range o.Names {
			if strings.HasPrefix(name, prefix) {
				names = append(names, name+"\t"+o.Doc)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// newStowVerbCommand returns the command for one of stow2's verbs.
func newStowVerbCommand(env *environ.Env, o cli.Option) *cobra.Command {
	negative := "a negative answer"
	if o.Verb() == "verify" {
		negative = "a difference that was found"
	}
	return &cobra.Command{
		Use:                o.Verb() + " [OPTION...] [ARGUMENT...]",
		Short:              "Same as stow2 --" + o.Verb(),
		Long:               o.Doc + ".\n\nOptions and arguments are those of stow2(8)." + stowStatuses(negative),
		DisableFlagParsing: true,
		ValidArgsFunction:  completeStowOptions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.RunStow(cmd.Context(), env, slices.Concat([]string{"--" + o.Verb()}, args))
		},
	}
}

func newStowControlCommand(env *environ.Env) *cobra.Command {
	var f app.ControlOptions
	cmd := &cobra.Command{
		Use:   "control FOO/VERSION",
		Short: "Write control data for a version in a stow directory",
		Long: "Writes STOW/FOO/:control/converge/VERSION: the names of the version, what it needs, links to\n" +
			"and provides, as far as a program can determine it. Its developer adapts the file. An existing\n" +
			"file is never overwritten; --refresh rewrites the fields that a program has written, and leaves\n" +
			"everything else as it is." + listStatuses(exit.OK, exit.Failure),
		Args: justOne("FOO/VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.WriteControl(cmd.Context(), env, args[0], &f)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.StowDir, "stow-dir", "", "use the stow directory `DIR` (default: the first in "+control.MappingFile+" that contains FOO)")
	fs.StringVar(&f.Site.Root, "root", "/", "work on the tree below `DIR` instead of the running system")
	addJSON(cmd, &f.JSON)
	fs.BoolVar(&f.Standard, "default", false, "write STOW/FOO/:control-default/converge, which applies to every version")
	fs.BoolVar(&f.Refresh, "refresh", false, "rewrite the generated fields of an existing file")
	return cmd
}

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
			"package managers have this flag in common (see stow2-protocol(7)). --json prints one object\n" +
			"per answer." +
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
	addJSON(cmd, &f.JSON)
	fs.BoolVar(&f.Check, "check", false, "answer only; change nothing")
	fs.BoolVar(&f.WithOptional, "with-optional", false, "also install optional packages")
	fs.StringArrayVar(&f.StowDirs, "stow-dir", nil, "search stow directory `DIR` instead of those in "+control.MappingFile+"; may be repeated")
	fs.StringVar(&f.Run.Site.Root, "root", "/", "work on the tree below `DIR` instead of the running system")
	addStateFlags(fs, &f.Run.State)
	return cmd
}
