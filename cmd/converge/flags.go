package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"converge/internal/app"
	"converge/internal/app/output"
	"converge/internal/app/past"
	"converge/internal/app/site"
	"converge/internal/resource"
)

func addSiteFlags(cmd *cobra.Command, f *site.Options) {
	fs := cmd.Flags()
	fs.StringArrayVar(&f.Vars, "var", nil, "give the variable NAME of the manifest a value: `NAME=VALUE`; may be repeated, and overrides files and CONVERGE_VAR_NAME")
	fs.StringArrayVar(&f.VarFiles, "var-file", nil, "read variables from `FILE` (HCL or JSON); may be repeated")
	fs.StringArrayVar(&f.Nodes, "node", nil, "read node attributes from `FILE` (HCL or JSON); they override those of /etc/converge/node.d; may be repeated")
	fs.StringVar(&f.SHA256, "sha256", "", "`HEX` is the SHA-256 of the archive or manifest; needed where PATH is a URL")
	addRoot(fs, &f.Root)
	completeVariables(cmd, f)
}

// completeVariables completes --var to the variables of the manifest: that of the first argument, or else of the current
// folder.
func completeVariables(cmd *cobra.Command, f *site.Options) {
	_ = cmd.RegisterFlagCompletionFunc("var", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		names := site.DeclaredVariables(pathArg(args), f)
		if names == nil && len(args) > 0 {
			names = site.DeclaredVariables(".", f)
		}
		for i := range names {
			names[i] += "="
		}
		return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// addFacts adds --facts, to a command that can work for a machine other than this one.
func addFacts(cmd *cobra.Command, f *site.Options, what string) {
	cmd.Flags().StringVar(&f.Facts, "facts", "", what+" the machine whose facts are in `FILE`, as facts --save writes it, and not of this one")
	_ = cmd.MarkFlagFilename("facts", "json", "hcl")
}

func addRoot(fs *pflag.FlagSet, root *string) {
	fs.StringVar(root, "root", "/", "work on the tree below `DIR`, such as an image, instead of the running system")
}

func addOutputFlags(fs *pflag.FlagSet, f *output.Options) {
	fs.BoolVar(&f.JSON, "json", false, "print one JSON object per line instead of text")
	fs.StringVar(&f.JSONLog, "json-log", "", "also write the JSON lines to `FILE`")
	fs.StringVar(&f.Report, "report", "", "write one JSON object about the whole run to `FILE`, however it ends")
	fs.BoolVarP(&f.Verbose, "verbose", "v", false, "also show unchanged resources, whole diffs, and places in the manifest")
}

func addStateFlags(fs *pflag.FlagSet, f *app.StateOptions) {
	fs.StringVar(&f.Dir, "state", "", "keep journal, undo data and lock in `DIR` (default: see converge help)")
	fs.DurationVar(&f.LockTimeout, "lock-timeout", app.LockPatience, "wait `DURATION` for another run, and for other holders of the package manager's or the user database's lock")
}

// pathArg returns PATH, by default the working directory.
func pathArg(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// addTargets adds --target and --exclude, whose values complete to the manifest's addresses.
func addTargets(cmd *cobra.Command, targets, excludes *[]string, f *site.Options) {
	cmd.Flags().StringArrayVar(targets, "target", nil, "only the resource at `ADDR`, as plans show it, and its dependencies; all of a module by module.NAME, several by a pattern with *; may be repeated")
	cmd.Flags().StringArrayVar(excludes, "exclude", nil, "all but the resource at `ADDR` and what depends on it; module.NAME and patterns as for --target; may be repeated")
	for _, flag := range []string{"target", "exclude"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return site.DeclaredAddresses(pathArg(args), f), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

func addPastFlags(cmd *cobra.Command, f *past.Options) {
	fs := cmd.Flags()
	addRoot(fs, &f.Root)
	fs.StringVar(&f.State, "state", "", "read the journal in `DIR` (default: see converge help)")
	fs.BoolVar(&f.JSON, "json", false, "print JSON instead of text")
}

// addJSON adds --json to a command that prints no events.
func addJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON instead of text")
}

// addConfirm adds --confirm, which excludes --json.
func addConfirm(cmd *cobra.Command, confirm *bool, out *output.Options) {
	cmd.Flags().BoolVar(confirm, "confirm", false, "show the plan, and ask before the first change")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *confirm && out.JSON {
			return errors.New("--confirm and --json do not go together: JSON is for programs")
		}
		return nil
	}
}

// addRunFlags adds the flags that plan and apply share.
func addRunFlags(cmd *cobra.Command, f *app.RunOptions) {
	fs := cmd.Flags()
	addSiteFlags(cmd, &f.Site)
	addOutputFlags(fs, &f.Out)
	addStateFlags(fs, &f.State)
	addTargets(cmd, &f.Targets, &f.Excludes, &f.Site)
	fs.BoolFunc("prune", "remove what converge made and the manifest no longer declares; --prune=false does not, whatever the manifest's settings say", func(text string) error {
		return parseOpt(text, &f.Prune)
	})
	fs.Lookup("prune").DefValue = "false" // as the pages show it
	fs.BoolVar(&f.Detailed, "detailed-exitcode", false, "exit 2 if there are changes")
}

// parseOpt sets an option that the manifest decides if the flag is not given.
func parseOpt(text string, opt *resource.Opt[bool]) error {
	is, err := strconv.ParseBool(text)
	*opt = resource.Some(is)
	return err
}

// givenFlags lists the flags on the command line.
func givenFlags(cmd *cobra.Command) (names []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// excludeFlags refuses two flags that exclude each other.
func excludeFlags(cmd *cobra.Command, one, other string) {
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
			return misused(cmd, fmt.Errorf("--%s and --%s do not go together", one, other))
		}
		return nil
	}
}
