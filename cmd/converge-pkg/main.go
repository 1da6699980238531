// Command converge-pkg builds native packages and repositories of them. It implements converge pack and converge repo,
// whose flags and help are in package packing.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/help"
	"converge/internal/app/packing"
)

// version is set when a release is built: -ldflags "-X main.version=1.2.3".
var version string //nolint:gochecknoglobals // set by the linker

func main() {
	os.Exit(run(os.Args[1:]))
}

// run is the whole program; it returns the exit status.
func run(args []string) int {
	env := environ.New(os.Stdin, os.Stdout, os.Stderr, args, readVersion)
	env.Harmless.Store(false)
	env.JSON = slices.Contains(args, "--json")
	ctx, stop := env.WithSignals(context.Background())
	defer stop()
	root := newRootCommand(env)
	root.SetArgs(args)
	return env.End(ctx, root.ExecuteContext(ctx))
}

func newRootCommand(env *environ.Env) *cobra.Command {
	root := &cobra.Command{
		Use:               "converge-pkg",
		Short:             "Build native packages and repositories of them",
		Long:              "Carries out converge pack and converge repo, which find it beside converge or on the PATH.",
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Version:           readVersion(),
		PersistentPreRunE: func(*cobra.Command, []string) error {
			switch env.Color {
			case "auto", "always", "never":
				return nil
			}
			bad := env.Color
			env.Color = "auto"
			return fmt.Errorf("--color is auto, always or never, not %q", bad)
		},
	}
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.PersistentFlags().StringVar(&env.Color, "color", "auto", "colour the output: auto, always or never")
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help.Write(env.Out, cmd, nil) })
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exit.With(exit.Failure, err, "converge help "+cmd.Name()+" lists the flags")
	})
	root.AddCommand(
		packing.PackCommand(func(ctx context.Context, o packing.PackOptions) error { return buildPackages(ctx, env, o) }),
		packing.RepoCommand(
			func(ctx context.Context, o packing.RepoOptions) error { return updateRepository(ctx, env, o) },
			func(ctx context.Context, o packing.KeyOptions) error { return makeKeys(ctx, env, o) }),
	)
	return root
}

func readVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}
