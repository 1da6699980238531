package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/manifest/diag"
)

// explainFlag returns the error about a flag that a command does not have or accept, with a suggestion. line is the
// whole command line, which pflag's errors do not contain.
func explainFlag(cmd *cobra.Command, line []string, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	if !cmd.HasParent() && cmd.Flags().NArg() > 0 { // the flag is of an unknown command
		return noSuchCommand(cmd, cmd.Flags().Args())
	}
	e := exit.With(exit.Failure, err)
	switch {
	case errors.As(err, &unknown):
		flag, value := findFlag(line, unknown)
		if e.Err = explainDash(cmd, flag); e.Err == nil {
			e.Err = fmt.Errorf("unknown flag: %s", flag)
			e.Hints = proposeFlag(cmd, flag, value)
		}
	case errors.As(err, &bare):
		flag := bare.GetFlag()
		what, _ := pflag.UnquoteUsage(flag)
		e.Err = fmt.Errorf("--%s needs a value: --%s %s", flag.Name, flag.Name, cmp.Or(strings.ToUpper(what), "VALUE"))
	case errors.As(err, &invalid):
		e.Err = fmt.Errorf("--%s takes %s, not %q", invalid.GetFlag().Name, describeFlagType(invalid.GetFlag()), invalid.GetValue())
	}
	e.Hints = append(e.Hints, cmd.CommandPath()+" --help lists the flags")
	return e
}

// findFlag returns an unknown flag as written, and its value or the word after it: "-target", "x". In a group of letters
// after one dash, pflag names the first unknown letter and those after it.
func findFlag(line []string, unknown *pflag.NotExistError) (flag, value string) {
	letters := unknown.GetSpecifiedShortnames()
	for i, arg := range line {
		isIt := letters == "" && (arg == "--"+unknown.GetSpecifiedName() || strings.HasPrefix(arg, "--"+unknown.GetSpecifiedName()+"=")) ||
			letters != "" && strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.HasSuffix(arg[1:], letters)
		if !isIt {
			continue
		}
		flag, value, inline := strings.Cut(arg, "=")
		if !inline && i+1 < len(line) && !strings.HasPrefix(line[i+1], "-") {
			value = line[i+1]
		}
		return flag, value
	}
	if letters != "" {
		flag, _, _ = strings.Cut("-"+letters, "=")
		return flag, ""
	}
	return "--" + unknown.GetSpecifiedName(), ""
}

// explainDash returns the error about a flag of several letters with one dash; nil for other flags. It quotes no value,
// which may be a secret.
func explainDash(cmd *cobra.Command, flag string) error {
	name := strings.TrimPrefix(flag, "-")
	if len(name) < 2 || cmd.Flags().Lookup(name) == nil {
		return nil
	}
	return fmt.Errorf("%q is no flag: a flag of more than one letter has two dashes: --%s", flag, name)
}

func describeFlagType(f *pflag.Flag) string {
	if f.NoOptDefVal == "true" {
		return "true or false, and stands alone for true"
	}
	switch f.Value.Type() {
	case "duration":
		return "a time such as 90s, 5m or 1h30m"
	case "int", "uint", "int64":
		return "a whole number"
	}
	return "a value of another form"
}

// proposeFlag suggests a flag in place of one that the command does not have: a similar one, the equivalent of another
// tool's flag, or the same flag of other commands.
func proposeFlag(cmd *cobra.Command, flag, value string) []string {
	name := strings.TrimLeft(flag, "-")
	var own []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { own = append(own, f.Name) })
	if near := cmp.Or(diag.Begun(name, own), diag.Misspelt(name, own)); near != "" {
		return []string{"did you mean --" + near + "?"}
	}
	if meant := meantByOthers(cmd, flag, cmp.Or(value, "PATH")); meant != "" {
		return []string{meant}
	}
	var others []string
	for _, c := range newRootCommand(&environ.Env{}).Commands() {
		if c.Name() != cmd.Name() && len(name) > 1 && c.Flags().Lookup(name) != nil {
			others = append(others, c.CommandPath())
		}
	}
	if len(others) == 0 {
		return nil
	}
	return []string{"--" + name + " is a flag of " + strings.Join(others, ", ")}
}

// proposeCommand suggests a command in place of an unknown one.
func proposeCommand(cmd *cobra.Command, word string) []string {
	if here := otherCommands()[word]; here != "" {
		return []string{here}
	}
	var hints []string
	cmd.SuggestionsMinimumDistance = 2
	for _, s := range cmd.SuggestionsFor(word) {
		hints = append(hints, "did you mean converge "+s+"?")
	}
	names := kinds.New().Names()
	switch {
	case slices.Contains(names, word):
		hints = append(hints, word+" is a kind of resource: converge explain "+word+" is its page")
	case exit.Nearest(word, names) != "":
		hints = append(hints, "converge explain "+exit.Nearest(word, names)+" is the page of a kind of resource")
	case strings.HasSuffix(word, ".hcl") || strings.Contains(word, "/"):
		hints = append(hints, "a manifest is named behind a command: converge plan "+word)
	}
	if len(hints) == 0 {
		hints = []string{"converge --help lists the commands"}
	}
	return hints
}

// otherCommands maps commands of other tools to their equivalents here.
func otherCommands() map[string]string {
	out := map[string]string{
		"init":     "nothing has to be prepared: write site.hcl, and start with converge plan",
		"destroy":  "what a manifest no longer declares is removed by converge apply --prune; a run is taken back by converge rollback",
		"import":   "nothing has to be imported: what is declared and there already is left as it is",
		"taint":    "what differs from the manifest is changed by every converge apply",
		"unlock":   "a lock ends with its process; converge status shows a run in progress",
		"refresh":  "every plan observes the machine anew: converge plan",
		"agent":    "converge runs and ends; a timer of systemd repeats converge apply",
		"state":    "converge history lists the runs, converge show shows one",
		"facter":   "did you mean converge facts?",
		"ohai":     "did you mean converge facts?",
		"playbook": "did you mean converge apply?",
	}
	for here, words := range map[string]string{
		"apply": "run up install deploy converge noop", "plan": "diff preview dry-run why-run", "rollback": "undo revert",
		"validate": "lint parse syntax-check", "test": "spec verify molecule", "history": "log runs list", "explain": "doc docs describe man ref reference", "fmt": "format",
		"data": "vars variables lookup hiera", "forget": "untrack", "version": "about",
	} {
		for word := range strings.FieldsSeq(words) {
			out[word] = "did you mean converge " + here + "?"
		}
	}
	out["noop"] = "converge plan shows what apply would change, and changes nothing"
	return out
}
