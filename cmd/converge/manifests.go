package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
)

func newValidateCommand(env *environ.Env) *cobra.Command {
	var f site.Options
	var quiet, asJSON bool
	cmd := &cobra.Command{
		Use:   "validate [PATH]",
		Short: "Check a manifest",
		Long: "Reads, evaluates and orders a manifest and reports every problem with file, line and\n" +
			"snippet. Of the machine it reads only the facts, and no secrets; it plans and changes\n" +
			"nothing. PATH is a file, a folder, or - for standard input; default: the current\n" +
			"folder.\n\n--json prints one object, with all diagnostics, whether the manifest is valid or not." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Tree = cmd.Flags().Changed("root")
			return app.Validate(cmd.Context(), env, pathArg(args), &f, quiet, asJSON)
		},
	}
	addSiteFlags(cmd, &f)
	addFacts(cmd, &f, "check the manifest for")
	addJSON(cmd, &asJSON)
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print nothing if the manifest is valid")
	return cmd
}

func newDataCommand(env *environ.Env) *cobra.Command {
	var f site.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "data [NAME] [PATH]",
		Short: "Show the variables of a manifest, and where their values come from",
		Long: "Prints the value of each variable of a manifest, or of the one called NAME, with the file and\n" +
			"line that gives it, and what that overrides: files of settings { data }, the environment,\n" +
			"--var-file and --var. NAME may lead to a part of an object: listen.port. It evaluates\n" +
			"nothing else, and shows no sensitive value.\n\n" +
			"PATH is a file, a folder, or - for standard input; default: the current folder. One argument\n" +
			"alone is NAME, unless it cannot be one (./site, site.hcl, -), or the current folder has no\n" +
			"manifest." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Example: "  converge data\n  converge data ./site\n  converge data listen.port /etc/converge/site",
		Args:    atMostTwo,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return completeManifests(cmd, args[1:], prefix)
			}
			return site.DeclaredVariables(".", &f), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name, path := cutName(args)
			return explainName(cmd, args, "variables", app.ShowData(cmd.Context(), env, pathArg(path), name, &f, asJSON))
		},
	}
	addSiteFlags(cmd, &f)
	addJSON(cmd, &asJSON)
	return cmd
}

func newFmtCommand(env *environ.Env) *cobra.Command {
	var f app.FormatOptions
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Bring manifests into the usual form",
		Long: "Rewrites manifests (*.hcl) in the usual form and prints the names of the changed files.\n" +
			"PATH is a file, a folder, or - to read standard input and write standard output;\n" +
			"default: the current folder. Each file is replaced in one step, and only if it changes.\n" +
			"With --check, a file that is not in the usual form is an error. --json prints one object per\n" +
			"file, with the difference if --diff is given." +
			describeStatuses(map[int]string{
				exit.OK:      "success: with --check, everything is in the usual form",
				exit.Failure: "bad usage or manifest; with --check, also a file that is not in the usual form",
			}, exit.OK, exit.Failure),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"hcl"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error { return app.FormatManifests(cmd.Context(), env, f, args) },
	}
	cmd.Flags().BoolVar(&f.Check, "check", false, "write nothing; list the files that are not in the usual form, and exit 1 if there are any")
	addJSON(cmd, &f.JSON)
	cmd.Flags().BoolVar(&f.Diff, "diff", false, "show the changes")
	cmd.Flags().BoolVarP(&f.Recursive, "recursive", "r", false, "include the folders below")
	return cmd
}

func newGraphCommand(env *environ.Env) *cobra.Command {
	var f site.Options
	var targets, excludes []string
	var asJSON bool
	format := "text"
	cmd := &cobra.Command{
		Use:   "graph [PATH | PLANFILE]",
		Short: "Show the order of the resources, and its reasons",
		Long: "Prints the order of a site: below each resource the resources that come before it, with\n" +
			"the reason. It reads only the manifest and the facts of the node. For a file that plan --out\n" +
			"has written, it is the site of that plan; the formats svg and json then have what would change.\n\n" +
			"Formats: text (a tree; (*) marks a branch that is printed above), dot (Graphviz), mermaid,\n" +
			"json, and svg, a picture: a module is a box around its own; more than 300 nodes are\n" +
			"put together." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Example:           "  converge graph\n  converge graph --format svg > site.svg\n  converge graph today.plan --format svg > plan.svg\n  converge graph --target service.nginx",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON {
				format = "json"
			}
			return app.DrawGraph(cmd.Context(), env, pathArg(args), &f, targets, excludes, format)
		},
	}
	addSiteFlags(cmd, &f)
	addTargets(cmd, &targets, &excludes, &f)
	cmd.Flags().BoolVar(&asJSON, "json", false, "same as --format json")
	cmd.Flags().StringVar(&format, "format", format, "output format: text, dot, mermaid, svg or json")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "dot", "mermaid", "svg", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
