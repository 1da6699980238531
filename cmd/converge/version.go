package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

// version is set by the linker: -X main.version=v1.2.3. A constant to all
// readers; the linker can only reach a variable.
var version string //nolint:gochecknoglobals // see above

// build is what a binary knows of where it comes from.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Dirty   bool   `json:"modified,omitempty"` // built from a changed tree
	Go      string `json:"go"`
	System  string `json:"platform"`
}

func thisBuild() build {
	b := build{Version: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
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
		Short: "Which converge this is",
		Long:  "Prints the version, the commit it was built from, and the Go toolchain that built it." + listStatuses(exit.OK),
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if asJSON {
				return json.NewEncoder(env.Out).Encode(b)
			}
			fmt.Fprintf(env.Out, "converge %s\n", b.Version)
			if b.Commit != "" {
				dirty := ""
				if b.Dirty {
					dirty = ", modified"
				}
				fmt.Fprintf(env.Out, "commit %s%s\n", b.Commit, dirty)
			}
			fmt.Fprintf(env.Out, "%s %s\n", b.Go, b.System)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
