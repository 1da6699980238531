package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/stow/cli"
	"converge/internal/stow/control"
)

const stowHelp = "Works with the stow directories of locally built software. Arguments are those of stow2(8),\n" +
	"which this is, acting as the package manager converge: what it stows, converge holds.\n" +
	"Where stow2 has an option that says what to do, the same can be said by a first word:\n" +
	"converge stow status is stow2 --status. A package that is called like one of these words\n" +
	"stands behind --.\n\nEXIT STATUS\n\n" +
	"    0    done\n" +
	"    1    conflicts, a wrong command line, or what was asked for is not so; nothing was changed\n" +
	"    2    failed\n" +
	"    3    another package manager holds the package\n" +
	"    4    interrupted before, and not to be repaired now\n" +
	"    5    something that is wanted cannot be had"

func newStowCommand(env *environ.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:                "stow [OPTION...] PACKAGE...",
		Short:              "Work with stow directories as a package manager",
		Long:               stowHelp,
		DisableFlagParsing: true,
		RunE:               func(cmd *cobra.Command, args []string) error { return runStow(cmd.Context(), env, args) },
	}
	cmd.AddCommand(newStowControlCommand(env))
	for _, o := range cli.Options() {
		if verb := o.Verb(); verb != "" && verb != "control" {
			cmd.AddCommand(newStowVerbCommand(env, o))
		}
	}
	return cmd
}

// newStowVerbCommand is one of the verbs of stow2 as a word.
func newStowVerbCommand(env *environ.Env, o cli.Option) *cobra.Command {
	return &cobra.Command{
		Use:                o.Verb() + " [OPTION...] [ARGUMENT...]",
		Short:              "Do as stow2 --" + o.Verb() + " does",
		Long:               o.Doc + ".\n\nOptions and arguments are those of stow2(8).",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runStow(cmd.Context(), env, slices.Concat([]string{"--" + o.Verb()}, args))
		},
	}
}

// stow is stow2 in the name of this program.
func runStow(ctx context.Context, env *environ.Env, args []string) error {
	dir, err := unix.Getwd() // not $PWD, which links may lead through
	if err != nil {
		return err
	}
	code := cli.Main(ctx, cli.Env{
		Name: "converge stow", Manager: control.Manager, Args: withoutColor(args),
		Version: env.Version(), Dir: dir, Lookup: env.Lookup,
		Stdin: env.In, Stdout: env.Out, Stderr: env.Err,
	})
	if code != exit.OK {
		return exit.Silently(code)
	}
	return nil
}

// withoutColor takes out the one option that all commands have: what stow2
// prints has no colours.
func withoutColor(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--":
			return append(out, args[i:]...)
		case args[i] == "--color":
			i++
		case !strings.HasPrefix(args[i], "--color="):
			out = append(out, args[i])
		}
	}
	return out
}
