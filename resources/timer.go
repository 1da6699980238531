package resources

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Timer is the kind of a command that systemd runs by the calendar: a service and a timer with one name. A provider of
// nil serves documentation and validation.
func Timer(p resource.Provider) *resource.Kind {
	secretIf := []string{"command", "calendar", "user", "env", "sensitive"}
	return &resource.Kind{
		Name: "timer", Doc: timerDoc, Example: timerExample, Label: "name",
		Verbs: []string{"run"},
		Attrs: resource.Typing[TimerWant]([]resource.Attr{
			{
				Name: "name", Required: true, Check: checkTimerName,
				Doc: "The name of both units, without their type: `backup` is `backup.timer` and `backup.service`.",
			},
			{Name: "path", Computed: true, Public: true, Option: true, Doc: "The path of the timer's file."},
			{
				Name: "command", Option: true, Wording: true, Check: checkTimerCommand,
				Doc: "The command: a list of words, which reach the program as they are. No shell is involved. Required, as is `calendar`.",
			},
			{
				Name: "calendar", Option: true, Wording: true, Check: checkCalendar,
				Doc: "When it runs: an expression of systemd.time(7) such as `\"daily\"`, `\"Mon..Fri 02:30\"`, or a list of them.",
			},
			{Name: "user", Option: true, Wording: true, Check: checkName, Doc: "The user as whom it runs. Unset: root."},
			{Name: "persistent", Option: true, Wording: true, Default: cty.True, Doc: "Whether a run that was missed, because the machine was off, is made up for."},
			{Name: "delay", Option: true, Wording: true, Check: checkJobTimeout, Doc: "A run begins up to this much later, by chance, so that many machines do not begin at once."},
			{Name: "env", Option: true, Wording: true, Check: checkEnv, Doc: "Variables of the command: a map of strings. Any user can read them with systemctl(1); a secret belongs in a file that the command reads."},
			{
				Name: "timeout", Option: true, Default: cty.StringVal("1h"), Check: checkJobTimeout,
				Doc: "How long the verb `run` waits for the command. One that takes longer counts as failed, and goes on.",
			},
			ensureAttr("timer", ""),
			{Name: "sensitive", Option: true, Doc: "Show the text of the units nowhere. Text made from sensitive values is always sensitive."},
			{Name: "content", Computed: true, SecretIf: secretIf, Doc: "The text of both files, as `systemctl cat` shows it."},
			{Name: "service_file", Computed: true, Internal: true, Option: true, SecretIf: append(secretIf, "content"), Doc: "The text of the service."},
			{Name: "timer_file", Computed: true, Internal: true, Option: true, SecretIf: append(secretIf, "content"), Doc: "The text of the timer."},
			{Name: "summary", Computed: true, Option: true, SecretIf: secretIf, Doc: "When what runs, in one line."},
			{Name: "unverified", Computed: true, Internal: true, Option: true, Doc: "The files are not checked, as in a rollback."},
			{Name: "enabled", Computed: true, Loses: resource.Empties, Doc: "Whether the timer starts at boot: it does."},
			{Name: "running", Computed: true, Loses: resource.Empties, Doc: "Whether the timer waits for its time now: it does."},
		}),
		Prepare:    resource.Preparing(prepareTimer),
		Contradict: timerContradictions,
		Links:      resource.Reading(timerLinks), Revert: resource.Reverting(revertTimer), Provider: p,
		ContentAttr: "content", FileAttrs: timerFileAttrs(),
		Named: func(key string) map[string]cty.Value {
			name := strings.TrimSuffix(strings.TrimPrefix(key, "path:"+ownUnits), ".timer")
			return map[string]cty.Value{"name": cty.StringVal(name)}
		},
	}
}

// TimerWant is the struct of the kind timer. A wanted timer lacks the attributes from which its content was made.
type TimerWant struct {
	Name       string                          `attr:"name"`
	Path       resource.Text                   `attr:"path"`
	Ensure     resource.Opt[string]            `attr:"ensure"`
	Command    resource.Opt[[]string]          `attr:"command"`
	Calendar   cty.Value                       `attr:"calendar"`
	User       resource.Opt[string]            `attr:"user"`
	Persistent resource.Opt[bool]              `attr:"persistent"`
	Delay      resource.Opt[string]            `attr:"delay"`
	Env        resource.Opt[map[string]string] `attr:"env"`
	Timeout    resource.Opt[string]            `attr:"timeout"`
	Sensitive  resource.Opt[bool]              `attr:"sensitive"`

	Content     *resource.Blob       `attr:"content"`
	ServiceFile *resource.Blob       `attr:"service_file"`
	TimerFile   *resource.Blob       `attr:"timer_file"`
	Summary     resource.Opt[string] `attr:"summary"`
	Enabled     resource.Opt[bool]   `attr:"enabled"`
	Running     resource.Opt[bool]   `attr:"running"`

	Unverified resource.Opt[bool] `attr:"unverified"`
}

// IsAbsent reports whether the timer should not exist.
func (t *TimerWant) IsAbsent() bool { return t.Ensure.Value == "absent" }

func prepareTimer(_ resource.Input, t *TimerWant) error {
	t.Path = resource.Text(ownUnits + t.Name + ".timer")
	if t.IsAbsent() {
		*t = TimerWant{Name: t.Name, Path: t.Path, Ensure: t.Ensure}
		return nil
	}
	switch {
	case !t.Command.Set:
		return attrError("command", "is needed: it is what the timer runs")
	case t.Calendar == cty.NilVal:
		return attrError("calendar", "is needed: it is when the command runs")
	}
	files := TimerFiles{Service: resource.Some(t.writeService()), Timer: resource.Some(t.writeTimer())}
	*t = TimerWant{
		Name: t.Name, Path: t.Path, Timeout: t.Timeout, Sensitive: t.Sensitive, Summary: resource.Some(t.describe()),
		Enabled: resource.Some(true), Running: resource.Some(true),
	}
	t.Show(files)
	return nil
}

// describe returns one line: the command and its times.
func (t *TimerWant) describe() string {
	return fmt.Sprintf("%s as %s: %s", strings.Join(t.calendars(), ", "), t.User.Or("root"), joinWords(t.Command.Value))
}

// joinWords joins the words of a command in one line, and quotes ambiguous ones.
func joinWords(words []string) string {
	mixes := func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) || strings.ContainsRune(`"'\`, r) }
	out := slices.Clone(words)
	for i, w := range words {
		if w == "" || strings.ContainsFunc(w, mixes) {
			out[i] = strconv.Quote(w)
		}
	}
	return strings.Join(out, " ")
}

func (t *TimerWant) calendars() []string {
	if t.Calendar.Type() == cty.String {
		return []string{t.Calendar.AsString()}
	}
	var out []string
	for _, v := range t.Calendar.AsValueSlice() {
		out = append(out, v.AsString())
	}
	return out
}

// timerLinks returns the keys that a timer provides and needs: those of both files.
func timerLinks(want TimerWant) resource.Links {
	if strings.HasPrefix(want.Name, "/") { // the physical path, which replaces the label
		want.Path = resource.Text(want.Name)
	}
	l := pathLinks(Entry{Place: Place{Type: TypeFile, Path: want.Path, Ensure: want.Ensure}})
	service := pathLinks(Entry{Place: Place{Type: TypeFile, Path: resource.Text(ServiceOfTimer(string(want.Path))), Ensure: want.Ensure}})
	l.Whole = []string{l.Provides[0], service.Provides[0]}
	l.Provides = append(l.Provides, service.Provides...)
	l.Shares = append(l.Shares, service.Shares...)
	unit := "service:" + strings.TrimSuffix(path.Base(string(want.Path)), ".timer")
	l.Guards = []string{unit + ".timer", unit + ".service"}
	l.Writes = []string{ownUnits + "timers.target.wants/" + path.Base(string(want.Path))}
	l.Ends = nil // the provider stops both units, so that a rollback knows that they were running
	if !want.IsAbsent() {
		l.Needs = append(l.Needs, contentNeeds(want.Content)...)
	}
	return l
}

// ServiceOfTimer returns the path of the service file that belongs to a timer file.
func ServiceOfTimer(path string) string { return strings.TrimSuffix(path, ".timer") + ".service" }

func checkTimerName(v cty.Value) error {
	name, err := ParseUnitName(v.AsString() + ".timer")
	switch {
	case err != nil:
		return err
	case name.Instance != "" || name.Template:
		return errors.New("must be the name of a unit without @: declare a unit for a template")
	case isUnit(v.AsString()):
		return errors.New("must be without the type of the unit")
	}
	return nil
}

func checkTimerCommand(v cty.Value) error {
	words := v.AsValueSlice()
	for _, w := range words {
		if err := checkWord(w); err != nil {
			return err
		}
	}
	if len(words) == 0 || words[0].AsString() == "" {
		return errors.New("must name a program")
	}
	program := resource.DecodeBytes(words[0].AsString())
	plain := !strings.ContainsFunc(program, func(r rune) bool { return !isWordRune(r) && !strings.ContainsRune("-./:,@+=", r) })
	return require(plain && !strings.ContainsRune("-:,@+=.", rune(program[0])), "must name a program by letters, digits and -./:,@+=_ (/bin/sh -c runs others)")
}

// checkCalendar checks the form of calendars: systemd-analyze checks their meaning.
func checkCalendar(v cty.Value) error {
	list := []cty.Value{v}
	if t := v.Type(); t.IsTupleType() || t.IsListType() || t.IsSetType() {
		list = v.AsValueSlice()
	}
	for _, e := range list {
		if e.IsNull() || e.Type() != cty.String || strings.TrimSpace(e.AsString()) == "" || strings.ContainsAny(e.AsString(), "\n\x00%\\") {
			return errors.New(`must be an expression like "daily" or "Mon..Fri 02:30", or a list of them`)
		}
		if err := checkCalendarExpression(e.AsString()); err != nil {
			return err
		}
	}
	return require(len(list) > 0, "must not be empty")
}

// RunLimit returns how long the verb run waits.
func (t *TimerWant) RunLimit() time.Duration {
	d, err := time.ParseDuration(t.Timeout.Value)
	if err != nil {
		return time.Hour
	}
	return d
}

const timerExample = `timer "backup" {
  command  = ["/usr/bin/backup", "--all"]
  calendar = "Mon..Fri 02:30"
  user     = "backup"
  delay    = "10m"
}
`

const timerDoc = "A command that systemd runs by the calendar: the files `NAME.service` and `NAME.timer` in `/etc/systemd/system`, enabled, and the timer running. " +
	"The output of the command is in the journal: `journalctl -u NAME`; `systemctl list-timers` shows when it ran and will run.\n\n" +
	"systemd-analyze(1) checks both files before they are written, as for a `unit`: a calendar that it does not understand is an error of the plan. A new calendar applies from the end of the run on.\n\n" +
	"The verb `run` runs the command now, as root asks for it and not the calendar, and waits for its end: `notifies = [timer.backup.run]`. A run that is going on already counts.\n\n" +
	"`ensure = \"absent\"`, and `--prune`, stop and disable the timer before the files go; a command that is running is stopped. With `--root` the timer is enabled in that tree, and runs after its boot. " +
	"Where another init system starts services, `cron` does the same.\n"
