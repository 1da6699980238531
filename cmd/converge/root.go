package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/view"
)

// newRootCommand makes the whole program.
func newRootCommand(env *environ.Env) *cobra.Command { return newRootOf(env, allCommands()) }

// newRootFor makes only the requested command: making all commands takes a twentieth of the time of a run of a few
// resources. If the arguments do not begin with a command, it makes all of them.
func newRootFor(env *environ.Env, args []string) *cobra.Command {
	all := allCommands()
	if len(args) > 0 {
		if i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] }); i >= 0 {
			return newRootOf(env, all[i:i+1])
		}
	}
	return newRootOf(env, all)
}

func newRootOf(env *environ.Env, which []command) *cobra.Command {
	version := false
	root := &cobra.Command{
		Use:   "converge",
		Short: "Make one Linux host match its manifest",
		Long: "converge makes one Linux host match its manifest: *.hcl files that declare the packages, files,\n" +
			"services and accounts which the host is to have. It plans and applies changes, reloads or restarts\n" +
			"what they concern exactly once, and proves that no change is left to make.\n\n" +
			"In the folder of the manifest, converge plan shows what would change, and converge apply changes it.\n" +
			"converge explain lists what a manifest can declare, and converge explain package, for example, is the\n" +
			"reference of one kind. The language is described in converge-manifest(5).\n\n" +
			"STATE\n\n" +
			"  converge keeps the journal, undo data and the lock in /var/lib/converge for\n" +
			"  root, in $XDG_STATE_HOME/converge or ~/.local/state/converge for other users,\n" +
			"  and in DIR/var/lib/converge with --root DIR. --state overrides all of them." +
			listStatuses(exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Locked, exit.Stale, exit.Interrupted),
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				view.ShowBuild(env.Out, "converge", readBuild())
				return nil
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if env.Harmless != nil { // nil in tests
				env.Harmless.Store(changesNothing(cmd))
			}
			return checkColor(env)
		},
	}
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.PersistentFlags().StringVar(&env.Color, "color", "auto", "colour the output: `WHEN` is auto, always or never")
	root.Flags().BoolVarP(&version, "version", "V", false, "print the version")
	root.SetHelpFunc(showHelp)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return explainFlag(cmd, env.Args, err) })
	root.SetHelpCommand(newHelpCommand())
	for _, c := range which {
		root.AddCommand(c.make(env))
	}
	completeColor(root)
	completeFlagValues(root)
	return root
}

func checkColor(env *environ.Env) error {
	switch env.Color {
	case "auto", "always", "never":
		return nil
	}
	bad := env.Color
	env.Color = "auto"
	return fmt.Errorf("--color is auto, always or never, not %q", bad)
}

// noSuchCommand refuses an unknown command, with the most similar ones.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return exit.With(exit.Failure, fmt.Errorf("there is no command %q", args[0]), proposeCommand(cmd, args[0])...)
}
