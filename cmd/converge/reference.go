package main

import (
	"bytes"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/view"
)

func newExplainCommand(env *environ.Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [WORD[.ATTRIBUTE]]",
		Short: "Print the reference of a kind of resource, a block or a function",
		Long: "Prints the reference of a kind of resource, of another block of the language, of a\n" +
			"function, or of an attribute; without an argument, the list of kinds. It reads neither\n" +
			"a manifest nor the machine." + listStatuses(exit.OK, exit.Failure),
		Example:           "  converge explain file\n  converge explain service.running\n  converge explain settings\n  converge explain fileset",
		Args:              atMostOne("WORD"),
		ValidArgsFunction: completeWords,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return app.ListKinds(env, asJSON)
			}
			return app.Explain(env, args[0], asJSON)
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func newSchemaCommand(env *environ.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print a JSON Schema of manifests in JSON",
		Long: "Prints a JSON Schema (draft 2020-12) of manifests in JSON, *.hcl.json, with all kinds, blocks\n" +
			"and attributes and what they are for. Editors complete and check such files by it, and\n" +
			"programs that write them can be tested with it. It accepts every valid manifest; what\n" +
			"takes an evaluation, converge validate alone finds." + listStatuses(exit.OK),
		Example: "  converge schema >converge.schema.json",
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return app.PrintSchema(env) },
	}
}

func newFactsCommand(env *environ.Env) *cobra.Command {
	var asJSON bool
	var save string
	f := site.Options{Root: "/"}
	cmd := &cobra.Command{
		Use:   "facts",
		Short: "Print the content of node",
		Long: "Prints the value of node in a manifest: the facts about this machine, and the operator's\n" +
			"own attributes from /etc/converge/node.d and --node, as HCL or JSON. Programs in\n" +
			"/etc/converge/facts.d are run for it.\n\n" +
			"--save writes them to a file, from which plan, validate and test make up this machine\n" +
			"elsewhere (--facts)." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if save != "" {
				return app.SaveFacts(cmd.Context(), env, &f, save)
			}
			return app.PrintFacts(cmd.Context(), env, &f, asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&f.Nodes, "node", nil, "also read node attributes from `FILE`; may be repeated")
	cmd.Flags().StringVar(&f.Root, "root", "/", "read the facts of the tree below `DIR`")
	addJSON(cmd, &asJSON)
	cmd.Flags().StringVar(&save, "save", "", "write them to `FILE` instead: JSON or HCL, by the end of its name")
	cmd.MarkFlagsMutuallyExclusive("save", "json")
	return cmd
}

// version is set by the linker: -X main.version=v1.2.3. A constant to all
// readers; the linker can only reach a variable.
var version string //nolint:gochecknoglobals // see above

// readBuild returns the build information of this binary.
func readBuild() view.Build {
	info, _ := debug.ReadBuildInfo()
	return describeBuild(version, info)
}

// describeBuild joins the linker's version with what the toolchain notes in every build that is made in
// a clone; info is nil if there is nothing.
func describeBuild(version string, info *debug.BuildInfo) view.Build {
	b := view.Build{Version: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if info != nil {
		if b.Version == "" && info.Main.Version != "(devel)" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Dirty = s.Value == "true"
			}
		}
	}
	if b.Version == "" {
		b.Version = "unreleased"
	}
	return b
}

func newVersionCommand(env *environ.Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "Prints the version, the commit and the Go toolchain of this build." + listStatuses(exit.OK),
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			if asJSON {
				return view.WriteJSON(env.Out, b)
			}
			view.ShowBuild(env.Out, "converge", b)
			return nil
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func newCompletionCommand(env *environ.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completion script for a shell",
		Long: "Prints a script with which a shell completes converge's commands, flags, kinds and\n" +
			"resource addresses. Addresses come from the manifest alone: completion never reads the\n" +
			"state of the machine. The packages of converge install these scripts. The one for bash\n" +
			"works without the package bash-completion, too." + listStatuses(exit.OK, exit.Failure),
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

// bashWords is how cobra's script for bash has the package bash-completion find the words of the line.
const bashWords = "    _get_comp_words_by_ref \"$@\" cur prev words cword\n"

// plainBashWords does the same where that package is not there: bash breaks words at = and :, and these
// are put together again.
const plainBashWords = `        local rest=${COMP_LINE#*"${COMP_WORDS[0]}"} i w
        words=("${COMP_WORDS[0]}")
        for ((i = 1; i <= COMP_CWORD; i++)); do
            w=${COMP_WORDS[i]}
            if [[ $i -gt 1 && $rest != [[:space:]]* && ($w == [=:]* || ${COMP_WORDS[i-1]} == *[=:]) ]]; then
                words[${#words[@]}-1]+=$w
            else
                rest=${rest#"${rest%%[![:space:]]*}"}
                words+=("$w")
            fi
            rest=${rest#"$w"}
        done
        cword=$((${#words[@]} - 1))
        cur=${words[cword]}
        prev=${words[cword-1]}
`

func completionScript(root *cobra.Command, w io.Writer, shell string) error {
	switch shell {
	case "bash":
		var script bytes.Buffer
		if err := root.GenBashCompletionV2(&script, true); err != nil {
			return err
		}
		_, err := io.WriteString(w, strings.Replace(script.String(), bashWords, "    if ! declare -F _get_comp_words_by_ref >/dev/null; then\n"+plainBashWords+"        return\n    fi\n"+bashWords, 1))
		return err
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	}
	return root.GenPowerShellCompletionWithDesc(w)
}
