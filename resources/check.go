package resources

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Check is the kind of one question to the machine: does it give the expected answer? A provider of nil serves
// documentation and validation.
func Check(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name:     "check",
		Doc:      checkDoc,
		Example:  "service \"web\" {\n  name    = \"nginx.service\"\n  running = true\n}\n\ncheck \"web\" {\n  http       = \"http://127.0.0.1/health\"\n  within     = \"30s\"\n  depends_on = [service.web]\n  on_failure = \"rollback\"\n}\n",
		Attrs:    checkAttrs(),
		Verbs:    []string{"run"},
		Prepare:  resource.Preparing(prepareCheck),
		Links:    resource.Reading(checkLinks),
		Probe:    resource.Reading(describeCheck),
		Recurs:   resource.Reading(func(c CheckWant) bool { return c.Always.Value }),
		Provider: p,
		NeedsCause: resource.Reading(func(c CheckWant) string {
			if c.Always.Value {
				return ""
			}
			return "Name in depends_on or run_on what it checks, or set always = true."
		}),
	}
}

const checkDoc = "One question to the machine: does a URL answer, a port accept connections, a command succeed, a unit run? A check changes nothing.\n\n" +
	"It runs when a resource that it depends on, directly or through others, was changed or acted upon in this run, and when a resource of `run_on` was. " +
	"`always = true` runs it in every run. A check that is new in a manifest is therefore not asked until something that it is about changes: `converge check` asks it at once. Before it runs, converge delivers the notifications that are owed to what it depends on: a restart that would otherwise be sent at the end of the run. " +
	"What depends on the check waits for it. A plan does not run it, it only says that an apply will; `converge check` runs all checks of a manifest, and changes nothing.\n\n" +
	"A check that fails makes the run fail (exit status 3), and what depends on it is skipped. It stays owed: the next run repeats it even if nothing changes then. That also holds if a run is killed before its checks. " +
	"With `on_failure = \"rollback\"` converge stops, takes back what the run has changed so far, as `converge rollback` does, and repeats the check. It also does so if what the check depends on has failed after something that it depends on was changed. " +
	"A rollback asks what the check asked before the run. If the failed check was not declared then, it is asked as it is declared now; another check that was not is not asked, and not owed any more. By hand, a check with secrets is not asked: the journal does not keep them. " +
	"Effects of commands (`exec`) stay; the plan names them.\n\n" +
	"Right after a reload, a program may still answer as before: the old workers of nginx finish first. `stable = \"2s\"`, or a restart instead of the reload, asks the new ones.\n\n" +
	"With `--root` the tree does not run, so checks are skipped; the plan and the run say so. `on_failure = \"rollback\"` still takes the run back if what the check depends on has failed."

// CheckWant is the struct of the kind check. Exactly one of HTTP, TCP, Command and Unit
// is set.
type CheckWant struct {
	HTTP    resource.Opt[string] `attr:"http"`
	TCP     resource.Opt[string] `attr:"tcp"`
	Command cty.Value            `attr:"command"` // see [CheckWant.AsExec]
	Unit    resource.Opt[string] `attr:"unit"`

	Status  resource.Opt[[]int64]           `attr:"status"`
	Body    resource.Opt[string]            `attr:"body"`
	Headers resource.Opt[map[string]string] `attr:"headers"`
	CA      resource.Opt[resource.Text]     `attr:"ca"`
	User    resource.Opt[string]            `attr:"user"`
	Env     resource.Opt[map[string]string] `attr:"env"`

	Timeout resource.Opt[string] `attr:"timeout"`
	Within  resource.Opt[string] `attr:"within"`
	Stable  resource.Opt[string] `attr:"stable"`
	Always  resource.Opt[bool]   `attr:"always"`
	Address string               `attr:"address"`
}

func checkAttrs() []resource.Attr {
	return resource.Typing[CheckWant]([]resource.Attr{
		{Name: "http", Option: true, Check: checkURL, Doc: "A URL that must answer a GET with one of the statuses in `status`. converge follows no redirect and keeps no cookies. The proxies of converge's own environment apply."},
		{Name: "tcp", Option: true, Check: checkHostPort, Doc: "A host and port that must accept a connection: `\"127.0.0.1:5432\"`."},
		{Name: "command", Option: true, Check: checkCommand, Doc: "A command that must end with status 0. A list of words is executed as it is; a string is passed to `sh -e -c`. It runs in `/`, with `PATH`, `HOME`, `LC_ALL=C` and what `env` adds. A secret among its words is hidden in all output, but not in the machine's list of processes, so pass it in `env`. It should change nothing."},
		{Name: "unit", Option: true, Doc: "A service or another unit of the init system that must run: `\"nginx.service\"`. With `stable`, its main process must also stay the same."},
		{Name: "status", Option: true, Check: checkStatuses, Doc: "HTTP statuses that pass; `[200]` if unset."},
		{Name: "body", Option: true, Check: checkRegexp, Doc: "A regular expression (RE2) that the first MiB of the answer's body must match."},
		{Name: "headers", Option: true, Check: checkHeaders, Doc: "Headers of the request, such as `Authorization`. Sensitive values are never shown."},
		{Name: "ca", Option: true, Check: checkPath, Doc: "A file of PEM certificates on this host that replace the system's as authorities: `\"/etc/ssl/own-ca.pem\"`."},
		{Name: "user", Option: true, Check: checkName, Doc: "User, by name or number, that the command runs as. Unset: the user that runs converge."},
		{Name: "env", Option: true, Check: checkEnv, Doc: "Environment variables for the command, as of `exec`. Sensitive values are never shown."},
		{Name: "timeout", Option: true, Check: checkTimeout, Doc: "Time limit of one attempt; `\"5s\"` if unset."},
		{Name: "within", Option: true, Check: checkTimeout, Doc: "Time within which an attempt must pass: converge repeats a failed attempt every second until then. Unset: there is one attempt."},
		{Name: "stable", Option: true, Check: checkTimeout, Doc: "Time during which every attempt must pass, one a second. If one fails, that time begins anew as long as `within` lasts."},
		{Name: "always", Option: true, Doc: "Run the check in every run."},
		{Name: "address", Option: true, Computed: true, Internal: true, Doc: "Address of the resource: two checks that ask the same are two."},
	})
}

func prepareCheck(in resource.Input, w *CheckWant) error {
	var set []string
	for _, o := range []option{{"http", w.HTTP.Set}, {"tcp", w.TCP.Set}, {"command", w.Command != cty.NilVal}, {"unit", w.Unit.Set}} {
		if o.set {
			set = append(set, o.name)
		}
	}
	switch {
	case len(set) == 0:
		return errors.New("needs one of http, tcp, command and unit")
	case len(set) > 1:
		return attrError(set[1], "cannot stand beside %s: one check asks one question", set[0])
	}
	for _, o := range []struct {
		option
		of string
	}{
		{option{"status", w.Status.Set}, "http"},
		{option{"body", w.Body.Set}, "http"},
		{option{"headers", w.Headers.Set}, "http"},
		{option{"ca", w.CA.Set}, "http"},
		{option{"user", w.User.Set}, "command"},
		{option{"env", w.Env.Set}, "command"},
	} {
		if o.set && o.of != set[0] {
			return attrError(o.name, "is about %s, and this check has %s", o.of, set[0])
		}
	}
	if w.Command != cty.NilVal && w.Command.Type() != cty.String {
		w.Command = cty.ListVal(w.Command.AsValueSlice())
	}
	if w.Unit.Set {
		name, err := ParseUnitName(w.Unit.Value)
		if err != nil {
			return &resource.AttrError{Attr: "unit", Err: err}
		}
		w.Unit.Value = name.String()
	}
	w.Address = in.Addr.String()
	return nil
}

// AsExec returns the command of a check as that of an exec.
func (w *CheckWant) AsExec() ExecWant {
	timeout := w.Timeout
	if !timeout.Set {
		timeout = resource.Opt[string]{Value: "5s", Set: true}
	}
	return ExecWant{Command: w.Command, User: w.User, Env: w.Env, Timeout: timeout, Address: w.Address}
}

// checkLinks returns the keys of a check, which comes after the unit, the program and the files that it names.
func checkLinks(w CheckWant) resource.Links {
	var l resource.Links
	if w.Unit.Set {
		addNeed(&l, "service:", w.Unit.Value, "it checks that unit")
		l.Needs = append(l.Needs, resource.Need{Key: "unit:" + w.Unit.Value, Reason: "it is the unit that it checks", Late: true})
	}
	addNeed(&l, "user:", w.User.Value, "it runs as that user")
	if ca := string(w.CA.Value); ca != "" {
		l.Needs = append(l.Needs, pathNeeds(ca, "it reads that file")...)
	}
	if argv, shell := wordsOf(w.Command); !shell && len(argv) > 0 && strings.HasPrefix(argv[0], "/") {
		l.Needs = append(l.Needs, pathNeeds(argv[0], "it runs that program")...)
	}
	return l
}

// describeCheck describes the question of a check in a plan.
func describeCheck(w CheckWant) string {
	var what string
	switch {
	case w.HTTP.Set:
		what = "GET " + w.HTTP.Value
	case w.TCP.Set:
		what = "connect to " + w.TCP.Value
	case w.Unit.Set:
		what = w.Unit.Value + " runs"
	default:
		words, shell := wordsOf(w.Command)
		what = strings.Join(words, " ")
		if first, _, more := strings.Cut(strings.TrimSpace(what), "\n"); shell && more {
			what = first + " …"
		}
	}
	if w.Within.Set {
		what += " within " + w.Within.Value
	}
	if w.Stable.Set {
		what += ", stable for " + w.Stable.Value
	}
	return what
}

func checkURL(v cty.Value) error {
	u, err := url.Parse(v.AsString())
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New(`must be a URL like "http://127.0.0.1:8080/health"`)
	case u.User != nil:
		return errors.New("must not contain a password: use headers")
	}
	return nil
}

func checkHostPort(v cty.Value) error {
	_, port, err := net.SplitHostPort(v.AsString())
	return require(err == nil && port != "", `must be a host and a port, like "127.0.0.1:5432"`)
}

func checkStatuses(v cty.Value) error {
	ok := v.LengthInt() > 0 && !slices.ContainsFunc(v.AsValueSlice(), func(s cty.Value) bool {
		return s.IsNull() || !isWhole(s, 599) || s.LessThan(cty.NumberIntVal(100)).True()
	})
	return require(ok, "must be statuses of HTTP, from 100 to 599")
}

func checkHeaders(v cty.Value) error {
	for name, text := range v.AsValueMap() {
		if name == "" || strings.ContainsAny(name, " :\r\n\x00") {
			return errors.New("must have names of headers")
		}
		if text.IsNull() || strings.ContainsAny(text.AsString(), "\r\n\x00") {
			return errors.New("must have values of one line")
		}
	}
	return nil
}
