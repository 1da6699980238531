package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/app/savedplan"
	"converge/internal/reference"
)

// atMostOne refuses more than one argument; what is its name in the help.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := refuseBlanks(cmd, args); err != nil || len(args) <= 1 {
			return err
		}
		if plan, err := savedplan.Read(args[0]); err == nil && plan != nil {
			return misused(cmd, fmt.Errorf("%s is a saved plan, which names its manifest itself: %s %s, without %s", args[0], cmd.CommandPath(), args[0], strings.Join(args[1:], " ")))
		}
		if err := refuseSplitVar(cmd, args); err != nil {
			return err
		}
		return misused(cmd, fmt.Errorf("%s takes one %s at most, not %d: %s", cmd.CommandPath(), what, len(args), strings.Join(args, " ")))
	}
}

// atMostTwo refuses more than two arguments.
func atMostTwo(cmd *cobra.Command, args []string) error {
	if err := refuseBlanks(cmd, args); err != nil || len(args) <= 2 {
		return err
	}
	return misused(cmd, fmt.Errorf("%s takes two arguments at most, not %d: %s", cmd.CommandPath(), len(args), strings.Join(args, " ")))
}

// cutName splits NAME off the arguments of a command with optional NAME and PATH. A single argument is a PATH if it
// cannot be a name, or if it exists while the current folder has no manifest.
func cutName(args []string) (name string, path []string) {
	switch {
	case len(args) == 0, len(args) == 1 && (isPath(args[0]) || exists(args[0]) && !holdsManifest(".")):
		return "", args
	}
	return args[0], args[1:]
}

func isPath(arg string) bool {
	return arg == "-" || arg == "." || strings.Contains(arg, "/") || strings.HasSuffix(arg, ".hcl") || strings.HasSuffix(arg, ".hcl.json")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func holdsManifest(dir string) bool {
	for _, pattern := range []string{"*.hcl", "*.hcl.json"} {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) > 0 { // the pattern is valid
			return true
		}
	}
	return false
}

// explainName adds to the error about an unknown NAME what to type if it was meant as PATH; things are what the command
// prints.
func explainName(cmd *cobra.Command, args []string, things string, err error) error {
	var e *exit.Error
	if len(args) != 1 || !errors.As(err, &e) || e.Err == nil {
		return err
	}
	if info, statErr := os.Stat(args[0]); statErr == nil && info.IsDir() {
		e.Hints = append(e.Hints, fmt.Sprintf("%[1]s is a folder: %[2]s ./%[1]s prints its %[3]s, and %[2]s NAME %[1]s one of them", args[0], cmd.CommandPath(), things))
	}
	return err
}

// justOne requires exactly one argument; what is its name in the help.
func justOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		if len(args) > 1 {
			one, _, _ := strings.Cut(what, ";")
			return misused(cmd, fmt.Errorf("%s takes one %s, not %d: %s", cmd.CommandPath(), one, len(args), strings.Join(args, " ")))
		}
		return misused(cmd, fmt.Errorf("%s needs one %s", cmd.CommandPath(), what))
	}
}

// oneOf requires one of some words as the only argument; what is its name in the help.
func oneOf(what string, words ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := justOne(what)(cmd, args); err != nil || slices.Contains(words, args[0]) {
			return err
		}
		return exit.UnknownName("there is no "+what+" %q", args[0], words)
	}
}

// refuseSplitVar refuses --var NAME VALUE, which makes VALUE an argument.
func refuseSplitVar(cmd *cobra.Command, args []string) error {
	f := cmd.Flags().Lookup("var")
	if f == nil {
		return nil
	}
	vars, ok := f.Value.(pflag.SliceValue)
	if !ok {
		return nil
	}
	i := slices.IndexFunc(vars.GetSlice(), func(v string) bool { return !strings.ContainsAny(v, "=:") })
	if i < 0 {
		return nil
	}
	name, value := vars.GetSlice()[i], "VALUE"
	for _, arg := range args {
		if _, err := os.Lstat(arg); err != nil { // it is not a manifest
			value = arg
			break
		}
	}
	return exit.With(exit.Failure, fmt.Errorf("--var is NAME=VALUE, not %q", name), fmt.Sprintf("did you mean --var '%s=%s'?", name, value), cmd.CommandPath()+" --help tells how it is called")
}

// atLeastOne requires an argument; what is its name in the help.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return misused(cmd, fmt.Errorf("%s needs at least one %s", cmd.CommandPath(), what))
	}
}

// noArguments refuses any argument.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return misused(cmd, fmt.Errorf("%s takes no argument, such as %q", cmd.CommandPath(), args[0]))
}

func misused(cmd *cobra.Command, err error) error {
	return exit.With(exit.Failure, err, cmd.CommandPath()+" --help tells how it is called")
}

// completeWords completes the words that explain accepts, and after a dot the attributes.
func completeWords(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ks := kinds.New()
	if name, _, ok := strings.Cut(prefix, "."); ok {
		attrs := reference.BlockAttributes(name)
		if k := ks.Find(name); k != nil {
			attrs = reference.Attributes(k)
		}
		var out []string
		for _, attr := range attrs {
			out = append(out, name+"."+attr)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, k := range ks.All() {
		out = append(out, k.Name+"\t"+reference.Summary(k))
	}
	for _, word := range reference.Words() {
		if !ks.Has(word) {
			out = append(out, word)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeManifests completes PATH: folders and manifest files.
func completeManifests(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return completeFirst(args, "hcl", "hcl.json", notTests)
}

// completePlans completes PATH of a command that also accepts saved plans.
func completePlans(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return completeFirst(args, "hcl", "hcl.json", "plan", notTests)
}

// notTests is the extension of files of tests, with the mark that makes the shells' scripts exclude an extension.
const notTests = "!test.hcl"

// completeFirst completes the first argument to folders, and to files with one of the extensions.
func completeFirst(args []string, ends ...string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return ends, cobra.ShellCompDirectiveFilterFileExt
}

func completeColor(root *cobra.Command) {
	// It fails only for a flag that does not exist.
	_ = root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
}
