package main

import (
	"runtime"
	"runtime/debug"

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
		Short: "Print what is known of this machine, the content of node",
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
	excludeFlags(cmd, "save", "json")
	return cmd
}

// version is set by the linker: -X main.version=v1.2.3. It is never changed, but the linker can only set a variable.
var version string //nolint:gochecknoglobals // see above

// readBuild returns the build information of this binary.
func readBuild() view.Build {
	info, _ := debug.ReadBuildInfo()
	return describeBuild(version, info)
}

// describeBuild combines the linker's version with the data that the toolchain records in every build from a clone; info
// is nil if there are none.
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
