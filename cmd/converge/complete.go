package main

import (
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/kinds"
	"converge/internal/reference"
)

// completeKinds completes KIND, and after a dot its attributes.
func completeKinds(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ks := kinds.List(kinds.Providers{})
	if name, _, ok := strings.Cut(prefix, "."); ok {
		k := kinds.Find(ks, name)
		if k == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var out []string
		for _, attr := range reference.Attributes(k) {
			out = append(out, name+"."+attr)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
	out := make([]string, len(ks))
	for i, k := range ks {
		out[i] = k.Name + "\t" + reference.Summary(k)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeManifests completes PATH: folders and manifest files.
func completeManifests(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"hcl", "json", "plan"}, cobra.ShellCompDirectiveFilterFileExt
}

func completeColor(root *cobra.Command) {
	// It fails for a flag that is not there alone.
	_ = root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
}
