package resources

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Cron is the kind of one table of cron in /etc/cron.d. A provider of nil serves
// documentation and validation.
func Cron(p resource.Provider) *resource.Kind {
	attrs := append([]resource.Attr{
		typeAttr(TypeFile),
		{
			Name: "name", Required: true, Option: true, Public: true, Check: checkCronName,
			Doc: "The name of the table: letters, digits, `-` and `_`. cron ignores files with other names.",
		},
		madePathAttr("The path of the table: `/etc/cron.d/NAME`."),
		{
			Name: "schedule", Option: true, Wording: true, Public: true, Check: checkSchedule,
			Doc: "The time: five fields as in crontab(5), `\"30 2 * * mon-fri\"`, or `@reboot`, `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`. " +
				"Months and days of the week are numbers (0 and 7 are Sunday) or the first three letters of their names.",
		},
		{Name: "user", Option: true, Wording: true, Public: true, Check: checkName, Default: cty.StringVal("root"), Doc: "The user as whom the command runs."},
		{
			Name: "command", Option: true, Wording: true, Check: checkCronCommand,
			Doc: "The command: a string for the shell, or a list of words, which are quoted. `%` is written as it is meant; converge escapes it for cron.",
		},
		{
			Name: "jobs", Option: true, Wording: true, Check: checkJobs,
			Doc: "Several jobs in one table, in place of `schedule` and `command`: a list of objects with `schedule`, `command`, and `user` unless it is that of the table.",
		},
		{
			Name: "env", Option: true, Wording: true, Check: checkCronEnv,
			Doc: "Variables of all jobs of the table, such as `PATH`, `SHELL` and `MAILTO`: a map of strings.",
		},
		{Name: "users", Computed: true, Option: true, SecretIf: []string{"user", "jobs"}, Doc: "The users as whom the jobs run."},
		{
			Name: "content", Computed: true, SecretIf: []string{"schedule", "user", "command", "jobs", "env", "sensitive"},
			Doc: "The text of the table.",
		},
	}, madePermAttrs("cron ignores tables that belong to another user than root, or that others may write.")...)
	return &resource.Kind{
		Name: "cron", Doc: cronDoc, Example: cronExample, Label: "name",
		Attrs:   resource.Typing[CronWant](append(attrs, contentAttrs()...)),
		Prepare: resource.Preparing(prepareCron),
		Inert:   true,
		Links:   resource.Reading(cronLinks), Revert: resource.Reverting(revertMade), Provider: p,
		ContentAttr: "content", KeepsEdit: keepsEdit,
		Named: func(key string) map[string]cty.Value {
			return map[string]cty.Value{"name": cty.StringVal(strings.TrimPrefix(key, "path:"+cronTables))}
		},
	}
}

// CronWant is the struct of the kind cron. A wanted table lacks the attributes from which its content was made.
type CronWant struct {
	Place
	Name     string                          `attr:"name"`
	Schedule resource.Opt[string]            `attr:"schedule"`
	User     resource.Opt[string]            `attr:"user"`
	Command  cty.Value                       `attr:"command"`
	Jobs     cty.Value                       `attr:"jobs"`
	Env      resource.Opt[map[string]string] `attr:"env"`
	Users    resource.Opt[[]string]          `attr:"users"`
	Permissions
	Contents
}

const cronTables = "/etc/cron.d/"

func prepareCron(_ resource.Input, c *CronWant) error {
	c.Path = resource.Text(cronTables + c.Name)
	if c.IsAbsent() {
		*c = CronWant{Place: c.Place, Name: c.Name, Contents: c.ofAbsent()}
		return c.Place.normalize(TypeFile, nil)
	}
	c.Mode, c.Owner, c.Group = resource.Some("go-w"), resource.Some("0"), resource.Some("0")
	if err := c.Place.normalize(TypeFile, &c.Permissions); err != nil {
		return err
	}
	c.normalizeBackup()
	jobs, err := c.readJobs()
	if err != nil {
		return err
	}
	out := bytes.NewBufferString("# Made by converge, which replaces it as a whole.\n")
	for _, name := range slices.Sorted(maps.Keys(c.Env.Value)) {
		fmt.Fprintf(out, "%s=%s\n", name, quoteCronEnv(resource.DecodeBytes(c.Env.Value[name])))
	}
	users := map[string]bool{}
	for _, j := range jobs {
		users[j.user] = true
		fmt.Fprintf(out, "%s %s %s\n", j.schedule, j.user, strings.ReplaceAll(j.command, "%", `\%`))
	}
	*c = CronWant{
		Place: c.Place, Name: c.Name, Permissions: c.Permissions, Contents: c.Contents,
		Users: resource.Some(slices.Sorted(maps.Keys(users))),
	}
	c.Content = resource.BytesBlob(out.Bytes())
	return nil
}

func cronLinks(want Entry) resource.Links {
	if strings.HasPrefix(want.Name.Value, "/") { // the physical path, which replaces the label
		want.Path = resource.Text(want.Name.Value)
	}
	l := pathLinks(want)
	if want.IsAbsent() {
		return l
	}
	for _, user := range want.Users.Value {
		addNeed(&l, "user:", user, "a job runs as that user")
	}
	for _, name := range []string{"cron", "cronie", "systemd-cron", "bcron"} {
		addNeed(&l, "package:", name, "that package runs its jobs")
	}
	return l
}

// cronJob is one line of a table.
type cronJob struct{ schedule, user, command string }

// readJobs returns the jobs as declared, with the escapes of cron.
func (c *CronWant) readJobs() ([]cronJob, error) {
	user := c.User.Or("root")
	one := c.Schedule.Set || c.Command != cty.NilVal
	switch {
	case one && c.Jobs != cty.NilVal:
		return nil, attrError("jobs", "cannot stand beside schedule and command")
	case one && (!c.Schedule.Set || c.Command == cty.NilVal):
		return nil, errors.New("needs both schedule and command")
	case one:
		command, err := cronCommand(c.Command)
		if err != nil {
			return nil, &resource.AttrError{Attr: "command", Err: err}
		}
		return []cronJob{{normalSchedule(c.Schedule.Value), user, command}}, nil
	case c.Jobs == cty.NilVal:
		return nil, errors.New("needs schedule and command, or jobs")
	}
	var out []cronJob
	for i, v := range c.Jobs.AsValueSlice() {
		j, err := readCronJob(v, user)
		if err != nil {
			return nil, attrError("jobs", "%w (job %d)", err, i+1)
		}
		out = append(out, j)
	}
	return out, nil
}

// jobWant is an element of the attribute jobs.
type jobWant struct {
	Schedule string    `attr:"schedule"`
	User     string    `attr:"user"`
	Command  cty.Value `attr:"command"`
}

func readCronJob(v cty.Value, user string) (cronJob, error) {
	want, err := resource.Decode[jobWant](cty.ObjectVal(v.AsValueMap()))
	if err != nil {
		return cronJob{}, err
	}
	j := cronJob{schedule: normalSchedule(want.Schedule), user: cmp.Or(want.User, user)}
	if err := checkSchedule(cty.StringVal(j.schedule)); err != nil {
		return j, fmt.Errorf("schedule %w", err)
	}
	if err := checkName(cty.StringVal(j.user)); err != nil {
		return j, fmt.Errorf("user %w", err)
	}
	if want.Command == cty.NilVal {
		return j, errors.New("each job needs a command")
	}
	if err = checkCommand(want.Command); err == nil {
		j.command, err = cronCommand(want.Command)
	}
	if err != nil {
		return j, fmt.Errorf("command %w", err)
	}
	return j, nil
}
