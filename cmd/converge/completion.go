package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/completion"
)

func newCompletionCommand(env *environ.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completion script for a shell",
		Long: "Prints a script with which a shell completes converge's commands, options, kinds, runs and\n" +
			"resource addresses, in quotes where they need them. Addresses come from the manifest alone:\n" +
			"completion never reads the state of the machine. The packages of converge install these\n" +
			"scripts. The one for bash works without the package bash-completion, too." + listStatuses(exit.OK, exit.Failure),
		Example: "  source <(converge completion bash)\n" +
			"  converge completion zsh > \"${fpath[1]}/_converge\"\n" +
			"  converge completion fish > ~/.config/fish/completions/converge.fish",
		ValidArgs:             []string{"bash", "zsh", "fish", "powershell"},
		Args:                  oneOf("shell", "bash", "zsh", "fish", "powershell"),
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return completionScript(cmd.Root(), env.Out, args[0])
		},
	}
}

func completionScript(root *cobra.Command, w io.Writer, name string) error {
	if name == "powershell" {
		return root.GenPowerShellCompletionWithDesc(w)
	}
	script, err := completion.Script(name)
	if err == nil {
		_, err = w.Write(script)
	}
	return err
}

// newBashCommand returns the command that the bash script calls: it reads the line up to the cursor, and prints how bash
// completes the word there and, one a line, the replacements.
func newBashCommand(env *environ.Env) *cobra.Command {
	return &cobra.Command{
		Use:                "__complete-bash TYPE WIDTH BREAKS LINE",
		Short:              "Answer the completion script for bash",
		Hidden:             true,
		DisableFlagParsing: true,
		Args:               cobra.ExactArgs(4),
		RunE: func(_ *cobra.Command, args []string) error {
			width, _ := strconv.Atoi(args[1])
			line := completion.ReadLine(args[3], args[2], func(name string) string {
				value, _ := env.Lookup(name)
				return value
			})
			return answerBash(env, line, args[0] == "63", width) // 63 is ?: bash lists the replies
		},
	}
}

func answerBash(env *environ.Env, line completion.Line, listed bool, width int) error {
	replies, how, err := askCompletion(env, line.Words[1:])
	if err != nil {
		return err
	}
	word := line.Words[len(line.Words)-1]
	typed := word[len(line.Prefix):]
	switch {
	case how&cobra.ShellCompDirectiveFilterFileExt != 0:
		var ends, not []string
		for _, r := range replies {
			if end, ok := strings.CutPrefix(r.Value, "!"); ok {
				not = append(not, "."+end)
			} else {
				ends = append(ends, "."+r.Value)
			}
		}
		_, err = fmt.Fprintf(env.Out, "%s\n%s\n%s\n", strings.Join(ends, " "), typed, strings.Join(not, " "))
		return err
	case how&cobra.ShellCompDirectiveFilterDirs != 0:
		_, err = fmt.Fprintf(env.Out, "folders\n%s\n", typed)
		return err
	}
	if option, _, inline := strings.Cut(word, "="); inline && strings.HasPrefix(word, "-") {
		for i := range replies {
			replies[i].Value = option + "=" + replies[i].Value
		}
	}
	quoted := line.Quote(replies)
	kind := "words"
	switch {
	case len(quoted) == 0 && how&cobra.ShellCompDirectiveNoFileComp == 0:
		kind = "files"
	case how&cobra.ShellCompDirectiveNoSpace != 0:
		kind = "unfinished"
	}
	if !listed || len(quoted) < 2 {
		width = 0
	}
	_, err = fmt.Fprintf(env.Out, "%s\n%s\n", kind, strings.Join(completion.Pad(quoted, width), "\n"))
	return err
}

// askCompletion asks the commands for completions of these words.
func askCompletion(env *environ.Env, words []string) ([]completion.Reply, cobra.ShellCompDirective, error) {
	var out bytes.Buffer
	root := newRootCommand(&environ.Env{Out: &out, Err: io.Discard, Vars: env.Vars, UID: env.UID, Version: env.Version})
	explainPlainly(root)
	root.SetArgs(append([]string{cobra.ShellCompRequestCmd}, words...))
	if err := root.Execute(); err != nil {
		return nil, 0, err
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := len(lines) - 1
	how, err := strconv.Atoi(strings.TrimPrefix(lines[last], ":"))
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read the completion: %w", err)
	}
	var replies []completion.Reply
	for _, line := range lines[:last] {
		value, doc, _ := strings.Cut(line, "\t")
		replies = append(replies, completion.Reply{Value: value, Doc: doc})
	}
	return replies, cobra.ShellCompDirective(how), nil
}

// explainPlainly removes the marks from the texts of flags: a help text prints DIR for `DIR`, and a shell prints the
// text unchanged.
func explainPlainly(cmd *cobra.Command) {
	for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	}
	for _, sub := range cmd.Commands() {
		explainPlainly(sub)
	}
}

// completeFlagValues completes the values of all flags without a completion of their own: to folders for DIR, to files
// for FILE, and otherwise to nothing.
func completeFlagValues(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch what, _ := pflag.UnquoteUsage(f); what {
		case "DIR":
			_ = cmd.MarkFlagDirname(f.Name)
		case "FILE", "":
		default:
			if _, own := cmd.GetFlagCompletionFunc(f.Name); !own {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
			}
		}
	})
	for _, sub := range cmd.Commands() {
		completeFlagValues(sub)
	}
}
