package main

import (
	"context"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/packing"
)

// newPackCommand shows the help of pack; converge-pkg implements it.
func newPackCommand(env *environ.Env) *cobra.Command {
	return packing.PackCommand(func(context.Context, packing.PackOptions) error { return packing.Delegate(env) })
}

// newRepoCommand shows the help of repo; converge-pkg implements it.
func newRepoCommand(env *environ.Env) *cobra.Command {
	return packing.RepoCommand(
		func(context.Context, packing.RepoOptions) error { return packing.Delegate(env) },
		func(context.Context, packing.KeyOptions) error { return packing.Delegate(env) })
}
