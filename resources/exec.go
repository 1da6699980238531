package resources

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Exec is the kind of one command. A provider of nil serves documentation and validation.
//
// In a wanted value "command" is the one attribute that is compared: a provider answers with the wanted command when
// it need not run, and omits it when it must. Commands and guards are a string for sh -c, or a list of strings.
func Exec(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "exec",
		Doc: "One command, for what no other kind can do. converge cannot predict what it changes. So a plan only says that it will run, " +
			"and a run observes everything again afterwards that it had observed before.\n\n" +
			"Guards decide whether the command is needed: `creates`, then `only_if`, then `unless`. It runs if all of them agree. " +
			"converge evaluates them again after the command; if they still require it, the command has failed. " +
			"Without a guard the command runs only when it is notified (`notifies = [exec.reindex.run]`, or `run_on`); " +
			"`always = true` runs it in every run. Guards apply to a notified command as well.\n\n" +
			"With `triggers` it runs when one of the named values has changed: what takes a secret and cannot be read back, such as a " +
			"database, gets it again when it was rotated.\n\n" +
			"A command gets no standard input, and `LC_ALL=C`. converge shows its output if it fails. " +
			"With `--root` it runs inside that tree, which requires root.\n\n" +
			"If the run is killed, its command continues; the next run waits for it, and does not start it again if it is known to have succeeded.",
		Example: "exec \"reindex\" {\n  command = [\"/usr/bin/reindex\", \"--all\"]\n  unless  = [\"test\", \"-s\", \"/var/lib/app/index\"]\n  user    = \"nobody\"\n  timeout = \"5m\"\n}\n",
		Attrs:   execAttrs(),
		Verbs:   []string{"run"},
		Prepare: resource.Preparing(prepareExec),
		Links:   resource.Reading(execLinks),
		Opaque:  true,
		Asks:    resource.Reading(func(e ExecWant) bool { return e.HasGuard() }),
		Recurs:  resource.Reading(func(e ExecWant) bool { return e.Always.Value }),
		NeedsCause: resource.Reading(func(e ExecWant) string {
			if e.Always.Value || e.HasGuard() || e.Triggers.Set {
				return ""
			}
			return "Give it a guard (unless, only_if, creates) or triggers, set always = true, or notify it."
		}),
		Provider: p,
	}
}

// ExecWant is the struct of the kind exec. Commands are a string for the shell or
// a list of words; cty.NilVal is not set. See [ExecWant.Argv] and [GuardArgv].
type ExecWant struct {
	Command cty.Value `attr:"command"`

	Creates resource.Opt[resource.Text] `attr:"creates"`
	OnlyIf  cty.Value                   `attr:"only_if"`
	Unless  cty.Value                   `attr:"unless"`
	Always  resource.Opt[bool]          `attr:"always"`

	Triggers resource.Opt[map[string]string] `attr:"triggers"`

	Cwd   resource.Opt[resource.Text]     `attr:"cwd"`
	Env   resource.Opt[map[string]string] `attr:"env"`
	User  resource.Opt[string]            `attr:"user"`
	Group resource.Opt[string]            `attr:"group"`
	Umask resource.Opt[string]            `attr:"umask"`

	Timeout      resource.Opt[string]  `attr:"timeout"`
	Retries      resource.Opt[int64]   `attr:"retries"`
	RetryDelay   resource.Opt[string]  `attr:"retry_delay"`
	GuardTimeout resource.Opt[string]  `attr:"guard_timeout"`
	ExitCodes    resource.Opt[[]int64] `attr:"exit_codes"`
	Address      string                `attr:"address"`
}

// Argv returns the words of the command, and whether it is for the shell. nil: there is none.
func (e *ExecWant) Argv() (argv []string, shell bool) {
	if argv, shell = wordsOf(e.Command); shell {
		return append([]string{"/bin/sh", "-e", "-c"}, argv...), true
	}
	return argv, false
}

// GuardArgv is [ExecWant.Argv] for a guard, which may continue after a failing command.
func GuardArgv(guard cty.Value) (argv []string, shell bool) {
	if argv, shell = wordsOf(guard); shell {
		return append([]string{"/bin/sh", "-c"}, argv...), true
	}
	return argv, false
}

// wordsOf returns the words of a command, or the one text that is for the shell.
func wordsOf(command cty.Value) (words []string, shell bool) {
	switch {
	case command == cty.NilVal:
		return nil, false
	case command.Type() == cty.String:
		return []string{command.AsString()}, true
	}
	for _, w := range command.AsValueSlice() {
		if !w.IsNull() && w.Type() == cty.String {
			words = append(words, w.AsString())
		}
	}
	return words, false
}

func execAttrs() []resource.Attr {
	forms := " A list of words is executed as it is; a string is passed to `sh -c`."
	shell := " A list of words is executed as it is; a string is passed to `sh -e -c`, which stops at the first line that fails " +
		"(in a pipe, only the last command counts, because not every sh has `pipefail`)."
	return resource.Typing[ExecWant]([]resource.Attr{
		{Name: "command", Required: true, Check: checkCommand, Doc: "The command to run." + shell},
		{Name: "creates", Option: true, Check: checkPath, Doc: "A guard: do not run if anything exists at this path, even a dangling link."},
		{Name: "only_if", Option: true, Check: checkCommand, Doc: "A guard: run only if this command ends with status 0." + forms},
		{Name: "unless", Option: true, Check: checkCommand, Doc: "A guard: do not run if this command ends with status 0." + forms},
		{Name: "always", Option: true, Doc: "Run the command in every run. Every plan then shows a change; a guard is better."},
		{Name: "triggers", Option: true, Check: checkTriggers, Doc: "Values on which the command depends, by name: `{ pw = secret.db }`. The command runs if one of them has another value than when it last succeeded, and so it does the first time. `creates` and `unless` do not prevent that, `only_if` does. State and plans contain keyed digests of the values. A rollback does not take the command back, and leaves the digests as they are."},
		{Name: "cwd", Option: true, Check: checkPath, Doc: "Working directory of the command and its guards; `/` if unset."},
		{Name: "env", Option: true, Check: checkEnv, Doc: "Environment variables for the command and its guards, in addition to `PATH`, `HOME`, the user's name, and `TMPDIR`, `TZ`, the proxies and certificates of converge's own environment; converge passes on nothing else of it."},
		{Name: "user", Option: true, Check: checkName, Doc: "User, by name or number, that the command and its guards run as, with that user's groups, `HOME`, `USER` and `LOGNAME`. Unset: the user that runs converge."},
		{Name: "group", Option: true, Check: checkName, Doc: "Group, by name or number, instead of the user's primary group."},
		{Name: "timeout", Option: true, Check: checkTimeout, Doc: "Time limit of the command: `\"90s\"`, `\"1h\"`; one hour if unset. After it, converge ends the command with all processes that it started: it asks them to end, and kills them ten seconds later."},
		{Name: "retries", Option: true, Check: checkRetries, Doc: "Number of further attempts if the command fails or exceeds its time limit; 0 if unset."},
		{Name: "retry_delay", Option: true, Check: checkTimeout, Doc: "Delay before a further attempt: `\"10s\"`; one second if unset."},
		{Name: "umask", Option: true, Check: checkUmask, Doc: "Permissions that files of the command and its guards do not get, in octal: `\"077\"`; `\"022\"` if unset, whatever umask converge was started with."},
		{Name: "guard_timeout", Option: true, Check: checkTimeout, Doc: "Time limit of each guard; one minute if unset. A guard that exceeds it is an error and decides nothing."},
		{Name: "exit_codes", Option: true, Check: checkExitCodes, Doc: "Exit statuses that mean success; `[0]` if unset."},
		{Name: "address", Option: true, Computed: true, Internal: true, Doc: "Address of the resource: two resources with the same command run it twice."},
	})
}

// HasGuard reports whether the command has a guard.
func (e *ExecWant) HasGuard() bool {
	return e.Creates.Set || e.OnlyIf != cty.NilVal || e.Unless != cty.NilVal
}

func prepareExec(in resource.Input, e *ExecWant) error {
	if e.Always.Value {
		for _, guard := range []option{{"creates", e.Creates.Set}, {"only_if", e.OnlyIf != cty.NilVal}, {"unless", e.Unless != cty.NilVal}, {"triggers", e.Triggers.Set}} {
			if guard.set {
				return attrError("always", "cannot stand beside %s, which decides whether to run", guard.name)
			}
		}
	}
	for _, command := range []*cty.Value{&e.Command, &e.OnlyIf, &e.Unless} {
		if *command != cty.NilVal && command.Type() != cty.String {
			*command = cty.ListVal(command.AsValueSlice()) // tuple, list or set
		}
	}
	e.Address = in.Addr.String()
	return nil
}

// execLinks returns the keys of a command. It may depend on anything, but the paths in its attributes must exist
// first.
func execLinks(want ExecWant) resource.Links {
	l := resource.Links{Shares: pathKeys("creates:", string(want.Creates.Value))}
	l.Before = keysOfManagers(managersOf(string(want.Creates.Value)))
	addNeed(&l, "user:", want.User.Value, "it runs as that user")
	addNeed(&l, "group:", want.Group.Value, "it runs in that group")
	if cwd := string(want.Cwd.Value); cwd != "" {
		l.Needs = append(l.Needs, pathNeeds(cwd, "it runs in that directory")...)
	}
	for _, command := range []cty.Value{want.Command, want.OnlyIf, want.Unless} {
		if argv, shell := wordsOf(command); !shell && len(argv) > 0 && strings.HasPrefix(argv[0], "/") {
			l.Needs = append(l.Needs, pathNeeds(argv[0], "it runs that program")...)
		}
	}
	return l
}

// pathKeys returns the keys of a path and of its parents, without the root. They are slices of the first one.
func pathKeys(prefix, p string) []string {
	var out []string
	for key := prefix + resource.CanonicalPath(p); len(key) > len(prefix); key = key[:strings.LastIndexByte(key, '/')] {
		out = append(out, key)
	}
	return out
}

// pathNeeds returns the needs of a path and of all declared folders on the way to it.
func pathNeeds(p, reason string) []resource.Need {
	var out []resource.Need
	for _, key := range pathKeys("path:", p) {
		out = append(out, resource.Need{Key: key, Reason: reason})
	}
	return out
}

// addNeed adds the need of a key, unless the name is empty.
func addNeed(l *resource.Links, prefix, name, reason string) {
	if name != "" {
		l.Needs = append(l.Needs, resource.Need{Key: prefix + name, Reason: reason})
	}
}

func checkCommand(v cty.Value) error {
	t := v.Type()
	switch {
	case t == cty.String:
		if strings.TrimSpace(v.AsString()) == "" {
			return errors.New("must not be empty")
		}
		return checkWord(v)
	case !t.IsListType() && !t.IsTupleType():
		return errors.New("must be a list of words, or a string for the shell")
	case v.LengthInt() == 0:
		return errors.New("must name a program")
	case v.LengthInt() == 1:
		if err := checkOneWord(v.AsValueSlice()[0]); err != nil {
			return err
		}
	}
	for i, w := range v.AsValueSlice() {
		if err := checkWord(w); err != nil {
			return err
		}
		if i == 0 && w.AsString() == "" {
			return errors.New("must name a program")
		}
	}
	return nil
}

// checkOneWord refuses a whole command line as the only word of a list, which would be the name of a program.
func checkOneWord(w cty.Value) error {
	if w.IsNull() || w.Type() != cty.String || strings.ContainsAny(w.AsString(), "\n\x00") {
		return nil // checkWord reports that
	}
	words := strings.Fields(w.AsString())
	if len(words) < 2 || strings.Contains(words[0], "/") && !strings.HasPrefix(words[1], "-") {
		return nil // a path may have blanks
	}
	if strings.ContainsAny(w.AsString(), "`$|&;<>\"'*(){}\\") {
		return resource.FormError("is a list of one word, which names a program: a command line for a shell is a text, without the brackets")
	}
	return fmt.Errorf("is a list of one word, which names a program: each word has quotes of its own: [%s]", quoteAll(words))
}

func checkWord(w cty.Value) error {
	switch {
	case w.IsNull() || w.Type() != cty.String:
		return errors.New("must hold nothing but strings")
	case strings.ContainsRune(w.AsString(), 0):
		return errors.New("must not contain a NUL byte")
	}
	return nil
}

func checkEnv(v cty.Value) error {
	for name, val := range v.AsValueMap() {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return errors.New("must have names without =")
		}
		if err := checkWord(val); err != nil {
			return err
		}
	}
	return nil
}

func checkTriggers(v cty.Value) error {
	if v.LengthInt() == 0 {
		return errors.New("must have at least one value")
	}
	for _, e := range v.AsValueMap() {
		if e.IsNull() {
			return errors.New("must not hold null")
		}
	}
	return nil
}

func checkTimeout(v cty.Value) error {
	d, err := time.ParseDuration(v.AsString())
	if meant := meantDuration(v.AsString()); err != nil && meant != "" {
		return fmt.Errorf(`must be a duration like "90s" or "1h30m": write %q`, meant)
	}
	return require(err == nil && d > 0, `must be a duration like "90s" or "1h30m"`)
}

func checkRetries(v cty.Value) error {
	return require(isWhole(v, 1000), "must be a whole number from 0 to 1000")
}

func checkUmask(v cty.Value) error {
	n, err := strconv.ParseUint(v.AsString(), 8, 32)
	return require(err == nil && n <= 0o777, `must be three octal digits, like "027"`)
}

func checkExitCodes(v cty.Value) error {
	if v.LengthInt() == 0 {
		return errors.New("must name at least one status")
	}
	for _, e := range v.AsValueSlice() {
		if e.IsNull() || !isWhole(e, 255) {
			return errors.New("must be numbers from 0 to 255")
		}
	}
	return nil
}

// meantDuration converts a number with a word as its unit, or without one (seconds), to a duration; "" if the text has
// another form.
func meantDuration(s string) string {
	number := strings.TrimRight(s, " abcdefghijklmnopqrstuvwxyz")
	unit := strings.TrimSpace(strings.TrimPrefix(s, number))
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 {
		return ""
	}
	for words, letter := range map[string]string{"sec secs second seconds s": "s", "m min mins minute minutes": "m", "h hour hours hr hrs": "h"} {
		if slices.Contains(strings.Fields(words), unit) {
			return number + letter
		}
	}
	switch unit {
	case "":
		return number + "s"
	case "d", "day", "days":
		return strconv.FormatUint(n*24, 10) + "h"
	}
	return ""
}
