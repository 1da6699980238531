package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/view"
)

// version is set by the linker: -X main.version=v1.2.3. A constant to all
// readers; the linker can only reach a variable.
var version string //nolint:gochecknoglobals // see above

// readBuild returns what this binary says of where it comes from.
func readBuild() view.Build {
	b := view.Build{Version: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
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
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
