package main

import (
	"io"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

func newCompletionCommand(env *environ.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completion script for a shell",
		Long: "Prints a script with which a shell completes converge's commands, flags, kinds and\n" +
			"resource addresses. Addresses come from the manifest alone: completion never reads the\n" +
			"state of the machine." + listStatuses(exit.OK, exit.Failure),
		Example: "  source <(converge completion bash)\n" +
			"  converge completion zsh > \"${fpath[1]}/_converge\"\n" +
			"  converge completion fish > ~/.config/fish/completions/converge.fish",
		ValidArgs:             []string{"bash", "zsh", "fish", "powershell"},
		Args:                  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return completionScript(cmd.Root(), env.Out, args[0])
		},
	}
}

func completionScript(root *cobra.Command, w io.Writer, shell string) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	}
	return root.GenPowerShellCompletionWithDesc(w)
}
