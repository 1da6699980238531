package main

import (
	"errors"

	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
)

const exprHelp = "It may refer to all that the manifest declares (var, local, module, resources), to node and to the\n" +
	"functions, as in the root manifest itself; a folder without a manifest will do. A sensitive value,\n" +
	"or a sensitive part of a value, is shown as (sensitive). Secrets are not read, and nothing of the\n" +
	"machine but the facts."

func newEvalCommand(env *environ.Env) *cobra.Command {
	var f app.EvalOptions
	cmd := &cobra.Command{
		Use:   "eval EXPR [PATH]",
		Short: "Print the value of an expression",
		Long: "Evaluates an expression of the language and prints its value.\n\n" + exprHelp + "\n\n" +
			"PATH is a file, a folder, or - for standard input; default: the current folder." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Example: "  converge eval 'node.os.id'\n  converge eval 'cidrhost(var.network, 5)' --var network=10.0.0.0/24\n  converge eval 'file.motd.path' /etc/converge/site",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return justOne("EXPR, quoted for the shell")(cmd, args)
			}
			return atMostTwo(cmd, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeManifests(cmd, args[1:], prefix)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Path, f.Given = pathArg(args[1:]), len(args) > 1
			return app.Eval(cmd.Context(), env, args[0], &f)
		},
	}
	addSiteFlags(cmd, &f.Site)
	addJSON(cmd, &f.JSON)
	return cmd
}

func newConsoleCommand(env *environ.Env) *cobra.Command {
	var f app.EvalOptions
	cmd := &cobra.Command{
		Use:   "console [PATH]",
		Short: "Evaluate expressions, one after the other",
		Long: "Reads expressions from standard input, one per line, and prints the value of each. A wrong one\n" +
			"is explained, and the next is read; exit, quit or the end of the input ends it.\n\n" + exprHelp + "\n\n" +
			"PATH is a file or a folder; default: the current folder." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Example:           "  converge console\n  echo 'keys(node.packages)' | converge console site/",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Path, f.Given = pathArg(args), len(args) > 0
			if f.Path == "-" {
				return misused(cmd, errors.New("converge console reads expressions from standard input, and no manifest"))
			}
			return app.Console(cmd.Context(), env, &f)
		},
	}
	addSiteFlags(cmd, &f.Site)
	addJSON(cmd, &f.JSON)
	return cmd
}

func newOutputCommand(env *environ.Env) *cobra.Command {
	var f site.Options
	var form app.OutputForm
	cmd := &cobra.Command{
		Use:   "output [NAME] [PATH]",
		Short: "Show the outputs of a manifest",
		Long: "Prints the outputs of the root manifest, or the value of the one called NAME, as JSON. They are\n" +
			"made from what is declared and from facts, so they are known before anything is applied;\n" +
			"plan and apply print them, too. A sensitive value is shown as (sensitive).\n\n" +
			"PATH is a file, a folder, or - for standard input; default: the current folder. One argument\n" +
			"alone is NAME, unless it cannot be one (./site, site.hcl, -), or the current folder has no\n" +
			"manifest.\n\n" +
			"--json prints one object per output: name, value, and sensitive if a part is withheld. --raw\n" +
			"prints a text without quotes and without the end of a line, as a shell wants it." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Example: "  converge output\n  converge output url\n  converge output --raw url /etc/converge/site\n  converge output ./site",
		Args:    atMostTwo,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return completeManifests(cmd, args[1:], prefix)
			}
			return site.DeclaredOutputs("."), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name, path := cutName(args)
			if form.Raw && name == "" {
				return misused(cmd, errors.New("--raw prints the value of one output: converge output --raw NAME"))
			}
			return explainName(cmd, args, "outputs", app.ShowOutputs(cmd.Context(), env, pathArg(path), name, &f, form))
		},
	}
	addSiteFlags(cmd, &f)
	addJSON(cmd, &form.JSON)
	cmd.Flags().BoolVar(&form.Raw, "raw", false, "print the text, number or bool of NAME as it is")
	excludeFlags(cmd, "raw", "json")
	return cmd
}
