package packing

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/exit"
)

// PackOptions are the options of the command pack.
type PackOptions struct {
	Paths          []string
	Formats, Archs []string
	Out            string
	Vars, VarFiles []string
	JSON           bool
}

const packHelp = "Builds packages of the recipe in PATH: a file, or a folder with a " + "pack.hcl. A recipe is\n" +
	"written in the language of manifests (variables, locals, functions, for_each, modules), and\n" +
	"declares one package with its files. It sees the format and the architecture that it is for as\n" +
	"node.format and node.arch. See docs/own-packages.md.\n\n" +
	"The same input makes the same bytes: everything in a package has the time in\n" +
	"SOURCE_DATE_EPOCH, or else that of the newest entry of the changelog.\n\n" +
	"The names of the files that were written are printed, a line each.\n\nEXIT STATUS\n\n"

// PackCommand returns the command pack, which run carries out.
func PackCommand(run func(ctx context.Context, o PackOptions) error) *cobra.Command {
	o := PackOptions{}
	cmd := &cobra.Command{
		Use:   "pack [PATH...]",
		Short: "Build native packages of a recipe",
		Long: packHelp + fmt.Sprintf("    %-4d the packages are written\n    %-4d a mistake in the recipe or the command line, or a package cannot be written\n    %-4d %s",
			exit.OK, exit.Failure, exit.Interrupted, exit.Meaning(exit.Interrupted)),
		Example: "  converge pack --format deb,rpm --arch amd64,arm64 \\\n      --var version=1.2.3 --out dist",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Paths = args
			if len(args) == 0 {
				o.Paths = []string{"."}
			}
			if len(o.Archs) == 0 {
				o.Archs = []string{runtime.GOARCH}
			}
			return run(cmd.Context(), o)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&o.JSON, "json", false, "print JSON instead of text")
	fs.StringSliceVar(&o.Formats, "format", formats(), "build packages of `FORMAT,…`")
	fs.StringSliceVar(&o.Archs, "arch", nil, "build packages for `ARCH,…`, as Go calls it (default: this machine's)")
	fs.StringVar(&o.Out, "out", ".", "write the packages to `DIR`")
	fs.StringArrayVar(&o.Vars, "var", nil, "set variable `NAME=VALUE`; may be repeated, and overrides files and CONVERGE_VAR_NAME")
	fs.StringArrayVar(&o.VarFiles, "var-file", nil, "read variables from `FILE` (HCL or JSON); may be repeated")
	complete(cmd, "format", formats())
	complete(cmd, "arch", []string{"amd64", "arm64", "386", "arm", "riscv64", "ppc64le", "s390x"})
	return cmd
}

func formats() []string { return []string{"deb", "rpm", "apk", "arch"} }

// complete completes the last of a flag's values, which are separated by commas.
func complete(cmd *cobra.Command, flag string, values []string) {
	// It only fails for a flag that is missing or already has a completion.
	_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, given string) ([]string, cobra.ShellCompDirective) {
		before := ""
		if i := strings.LastIndexByte(given, ','); i >= 0 {
			before = given[:i+1]
		}
		var out []string
		for _, v := range values {
			if !slices.Contains(strings.Split(before, ","), v) {
				out = append(out, before+v)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}
