package app

import (
	"context"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/stow/cli"
	"converge/internal/stow/control"
)

// stow is stow2 in the name of this program.
func RunStow(ctx context.Context, env *environ.Env, args []string) error {
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
