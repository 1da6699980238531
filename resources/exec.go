package resources

import (
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Exec is the kind of one command. A provider of nil serves documentation and
// validation.
//
// In a wanted value "command" is the one attribute that is compared: a
// provider answers with the wanted command when there is no need to run it,
// and leaves it out when there is. Commands and guards are a string, which is
// for sh -c, or a list of strings.
func Exec(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "exec",
		Doc: "One command, for what no other kind can do. What it changes cannot be foreseen, so a plan only says that it will run, " +
			"and looks again afterwards at whatever it had looked at before.\n\n" +
			"Guards say whether there is any need: `creates`, then `only_if`, then `unless`. All must agree that there is. " +
			"They are asked again after the command has run, and if they still see a need, it has failed. " +
			"Without a guard the command runs only when it is notified (`notifies = [exec.reindex.run]`, or `run_on`); " +
			"`always = true` runs it in every run. A command with guards that is notified heeds them too.\n\n" +
			"A command gets no standard input, and `LC_ALL=C`. What it prints is shown if it fails. " +
			"With `--root` it runs inside that tree, which takes root.\n\n" +
			"If the run is killed, its command goes on; the next run waits for it, and does not start it again where it is known to have ended well.",
		Example: "exec \"reindex\" {\n  command = [\"/usr/bin/reindex\", \"--all\"]\n  unless  = [\"test\", \"-s\", \"/var/lib/app/index\"]\n  user    = \"nobody\"\n  timeout = \"5m\"\n}\n",
		Attrs:   execAttrs(),
		Verbs:   []string{"run"},
		Prepare: prepareExec,
		Links:   execLinks,
		Opaque:  true,
		Asks:    Guarded,
		Recurs:  func(want cty.Value) bool { return resource.BoolAttr(want, "always") },
		NeedsCause: func(want cty.Value) bool {
			return !resource.BoolAttr(want, "always") && !Guarded(want)
		},
		Provider: p,
	}
}

func execAttrs() []resource.Attr {
	forms := " As a list of words it is started as it is; a string is given to `sh -c`."
	shell := " As a list of words it is started as it is; a string is given to `sh -e -c`, so that it fails at the first line that fails " +
		"(of a pipe, the last command counts: `pipefail` is not something that every sh has)."
	return []resource.Attr{
		{Name: "command", Type: cty.DynamicPseudoType, Required: true, Check: checkCommand, Doc: "What to run." + shell},
		{Name: "creates", Type: cty.String, Option: true, Check: checkPath, Doc: "A guard: no need to run once there is anything at this path, be it a link to nowhere."},
		{Name: "only_if", Type: cty.DynamicPseudoType, Option: true, Check: checkCommand, Doc: "A guard: run only if this command ends with status 0." + forms},
		{Name: "unless", Type: cty.DynamicPseudoType, Option: true, Check: checkCommand, Doc: "A guard: do not run if this command ends with status 0." + forms},
		{Name: "always", Type: cty.Bool, Option: true, Doc: "Run in every run. Such a manifest never comes to rest; a guard is better."},
		{Name: "cwd", Type: cty.String, Option: true, Check: checkPath, Doc: "Working directory of the command and its guards; `/` when unset."},
		{Name: "env", Type: cty.Map(cty.String), Option: true, Check: checkEnv, Doc: "Environment variables for the command and its guards, beyond `PATH`, `HOME`, the user's name, `TMPDIR`, `TZ`, the proxies and certificates that converge itself was started with; nothing else of its environment is passed on."},
		{Name: "user", Type: cty.String, Option: true, Check: checkName, Doc: "User, by name or number, as whom the command and its guards run, with that user's groups, `HOME`, `USER` and `LOGNAME`. Unset: whoever runs converge."},
		{Name: "group", Type: cty.String, Option: true, Check: checkName, Doc: "Group, by name or number, instead of the user's primary one."},
		{Name: "timeout", Type: cty.String, Option: true, Check: checkTimeout, Doc: "How long the command may take: `\"90s\"`, `\"1h\"`; one hour when unset. Then it is ended together with all that it started: asked to, and ten seconds later forced to."},
		{Name: "retries", Type: cty.Number, Option: true, Check: checkRetries, Doc: "How often a command that fails, or takes too long, is tried again; 0 when unset."},
		{Name: "retry_delay", Type: cty.String, Option: true, Check: checkTimeout, Doc: "How long to wait before that: `\"10s\"`; one second when unset."},
		{Name: "umask", Type: cty.String, Option: true, Check: checkUmask, Doc: "Permissions that files of the command and its guards do not get, in octal: `\"077\"`; `\"022\"` when unset, however converge was started."},
		{Name: "guard_timeout", Type: cty.String, Option: true, Check: checkTimeout, Doc: "How long each guard may take; one minute when unset. One that takes longer is an error, and no answer."},
		{Name: "exit_codes", Type: cty.List(cty.Number), Option: true, Check: checkExitCodes, Doc: "Exit statuses that mean success; `[0]` when unset."},
		{Name: "address", Type: cty.String, Option: true, Computed: true, Doc: "Address of the resource: two commands of the same words are two commands."},
	}
}

// Guarded reports whether a wanted exec has a guard.
func Guarded(want cty.Value) bool {
	return resource.HasAttr(want, "creates") || resource.HasAttr(want, "only_if") || resource.HasAttr(want, "unless")
}

// Argv returns the words of a command attribute, and whether it was a string
// for the shell. nil: the attribute is not set.
func Argv(want cty.Value, attr string) (argv []string, shell bool) {
	if s := resource.StringAttr(want, attr); s != "" {
		if attr == "command" { // a guard may well go on after what fails
			return []string{"/bin/sh", "-e", "-c", s}, true
		}
		return []string{"/bin/sh", "-c", s}, true
	}
	return resource.StringsAttr(want, attr), false
}

func prepareExec(in resource.Input) (map[string]cty.Value, error) {
	m := maps.Clone(in.Attrs)
	if v, ok := m["always"]; ok && v.True() {
		for _, guard := range []string{"creates", "only_if", "unless"} {
			if _, ok := m[guard]; ok {
				return nil, &resource.AttrError{Attr: "always", Err: errors.New("cannot stand beside " + guard + ", which decides whether to run")}
			}
		}
	}
	for _, name := range []string{"command", "only_if", "unless"} {
		if v, ok := m[name]; ok && v.Type() != cty.String {
			m[name] = cty.ListVal(v.AsValueSlice()) // tuple, list and set alike
		}
	}
	m["address"] = cty.StringVal(in.Addr.String())
	return m, nil
}

// execLinks: a command may depend on anything, but the paths that it names as
// attributes must exist first.
func execLinks(want cty.Value) resource.Links {
	l := resource.Links{Shares: creates(resource.StringAttr(want, "creates"))}
	if isAptFile(resource.StringAttr(want, "creates")) {
		l.Before = append(l.Before, aptFiles)
	}
	if u := resource.StringAttr(want, "user"); u != "" {
		l.Needs = append(l.Needs, resource.Need{Key: "user:" + u, Reason: "it runs as that user"})
	}
	if g := resource.StringAttr(want, "group"); g != "" {
		l.Needs = append(l.Needs, resource.Need{Key: "group:" + g, Reason: "it runs in that group"})
	}
	if cwd := resource.StringAttr(want, "cwd"); cwd != "" {
		l.Needs = append(l.Needs, pathNeeds(cwd, "it runs in that directory")...)
	}
	for _, attr := range []string{"command", "only_if", "unless"} {
		if argv, shell := Argv(want, attr); !shell && len(argv) > 0 && strings.HasPrefix(argv[0], "/") {
			l.Needs = append(l.Needs, pathNeeds(argv[0], "it runs that program")...)
		}
	}
	return l
}

// creates returns the keys that a command makes: a path, and its parents.
func creates(p string) []string {
	var out []string
	for key := "creates:" + resource.CanonicalPath(p); len(key) > len("creates:"); key = key[:strings.LastIndexByte(key, '/')] {
		out = append(out, key)
	}
	return out
}

// pathNeeds needs the path and all declared folders on the way to it.
func pathNeeds(p, reason string) []resource.Need {
	var out []resource.Need
	for key := "path:" + resource.CanonicalPath(p); len(key) > len("path:"); key = key[:strings.LastIndexByte(key, '/')] {
		out = append(out, resource.Need{Key: key, Reason: reason})
	}
	return out
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

func checkTimeout(v cty.Value) error {
	if d, err := time.ParseDuration(v.AsString()); err != nil || d <= 0 {
		return errors.New(`must be a duration like "90s" or "1h30m"`)
	}
	return nil
}

func checkRetries(v cty.Value) error {
	if n, acc := v.AsBigFloat().Int64(); acc != 0 || n < 0 || n > 1000 {
		return errors.New("must be a whole number from 0 to 1000")
	}
	return nil
}

func checkUmask(v cty.Value) error {
	s := v.AsString()
	if n, err := strconv.ParseUint(s, 8, 32); err != nil || n > 0o777 || s == "" {
		return errors.New(`must be three octal digits, like "027"`)
	}
	return nil
}

func checkExitCodes(v cty.Value) error {
	if v.LengthInt() == 0 {
		return errors.New("must name at least one status")
	}
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			return errors.New("must be numbers from 0 to 255")
		}
		if n, acc := e.AsBigFloat().Int64(); acc != 0 || n < 0 || n > 255 {
			return errors.New("must be numbers from 0 to 255")
		}
	}
	return nil
}
