package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func addSiteFlags(fs *pflag.FlagSet, f *siteOptions) {
	fs.StringArrayVar(&f.vars, "var", nil, "set variable `NAME=VALUE`; may be repeated, and wins over files and CONVERGE_VAR_NAME")
	fs.StringArrayVar(&f.varFiles, "var-file", nil, "read variables from `FILE` (HCL or JSON); may be repeated")
	fs.StringArrayVar(&f.nodes, "node", nil, "read node attributes from `FILE` (HCL or JSON), over those of /etc/converge/node.d; may be repeated")
	addRoot(fs, &f.root)
}

func addRoot(fs *pflag.FlagSet, root *string) {
	fs.StringVar(root, "root", "/", "converge the tree below `DIR` instead of the running system")
}

func addOutputFlags(fs *pflag.FlagSet, f *outputOptions) {
	fs.BoolVar(&f.json, "json", false, "print one JSON object a line instead of text")
	fs.StringVar(&f.jsonLog, "json-log", "", "write the JSON lines to `FILE` as well")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "show what is as declared too, whole diffs, and places in the manifest")
}

func addStateFlags(fs *pflag.FlagSet, f *stateOptions) {
	fs.StringVar(&f.dir, "state", "", "keep journal, undo data and lock in `DIR` (default: see converge help)")
	fs.DurationVar(&f.lockTimeout, "lock-timeout", lockPatience, "wait `DURATION` for another run, and for whoever else holds the package manager's or the user database's lock")
}

// pathArg is PATH, by default the working directory.
func pathArg(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// addTargets adds --target, whose values complete to the manifest's addresses.
func addTargets(cmd *cobra.Command, targets *[]string, f *siteOptions) {
	cmd.Flags().StringArrayVar(targets, "target", nil, "only the resource at `ADDR` and what it depends on; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("target", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return declaredAddresses(pathArg(args), f), cobra.ShellCompDirectiveNoFileComp
	})
}

func addPastFlags(cmd *cobra.Command, f *pastOptions) {
	fs := cmd.Flags()
	addRoot(fs, &f.root)
	fs.StringVar(&f.state, "state", "", "read the journal in `DIR` (default: see converge help)")
	fs.BoolVar(&f.json, "json", false, "print JSON instead of text")
}

// add adds the flags that plan and apply share.
func addRunFlags(cmd *cobra.Command, f *runOptions) {
	fs := cmd.Flags()
	addSiteFlags(fs, &f.site)
	addOutputFlags(fs, &f.out)
	addStateFlags(fs, &f.state)
	addTargets(cmd, &f.targets, &f.site)
	fs.BoolVar(&f.prune, "prune", false, "remove what converge made and the manifest no longer declares")
	fs.BoolVar(&f.detailed, "detailed-exitcode", false, "exit 2 if there are changes")
}

// givenFlags names the flags that are on the command line.
func givenFlags(cmd *cobra.Command) (names []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
