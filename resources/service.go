package resources

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Service is the kind of a unit of the init system: its present state and its state at the next boot.
func Service(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name:       "service",
		Doc:        serviceDoc,
		Example:    serviceExample,
		Label:      "name",
		Verbs:      []string{"start", "reload", "restart", "stop"},
		Reverse:    map[string]string{"stop": "start"},
		Settles:    settlesService,
		Provider:   p,
		Prepare:    resource.Preparing(prepareService),
		Contradict: maskContradictions,
		Links:      resource.Reading(serviceLinks),
		Revert:     resource.Reverting(revertService),
		Attrs: resource.Typing[ServiceWant]([]resource.Attr{
			{
				Name: "name", Required: true, Check: checkUnitName,
				Doc: "The unit's name. Without a type it is a service: `nginx` is `nginx.service`, and the script `/etc/init.d/nginx` where OpenRC or sysvinit starts services. With systemd, any type (`backup.timer`), instances (`getty@tty1`), templates (`getty@`) and escapes (`srv-my\\\\x20data.mount`) are accepted.",
			},
			{
				Name: "enabled", Loses: resource.Empties,
				Doc: "Whether the unit starts at boot: with systemd, whether its `[Install]` section is in effect. A unit that is enabled until the next boot only (`enabled-runtime`) is neither enabled nor disabled.",
			},
			{
				Name: "running", Loses: resource.Empties,
				Doc: "Whether the unit is active now. A unit that fails and is started again and again is not running. Where no init system runs (a container, a tree), this is for the next boot: it needs no change, and a plan says so.",
			},
			{
				Name: "masked", Loses: func(have, want cty.Value) bool { return want.True() },
				Doc: "Whether the unit is masked: nothing can start a masked unit, by hand or as a dependency. Masking does not stop it; add `running = false`.",
			},
			{
				Name: "restart_command", Option: true, Check: checkArgv,
				Doc: "Command (a list of arguments, no shell) that performs `restart` instead of the init system.",
			},
			{
				Name: "reload_command", Option: true, Check: checkArgv,
				Doc: "Command (a list of arguments, no shell) that performs `reload` instead of the init system.",
			},
			{
				Name: "timeout", Option: true, Default: cty.StringVal("90s"), Check: checkJobTimeout,
				Doc: "Time limit of a start, stop, reload or restart. One that takes longer counts as failed; its job continues.",
			},
			{
				Name: "settle", Option: true, Default: cty.StringVal("1s"), Check: checkSettle,
				Doc: "Time that the unit must stay up after this run started or restarted it. The run observes it again at its end, not before " +
					"that time has passed, and fails if the unit is down or if systemd has restarted it meanwhile. At least a second; but a " +
					"unit of which no process is left (a oneshot with `RemainAfterExit=yes`) is not waited for unless more is set.",
			},
			{Name: "made_links", Option: true, Computed: true, Internal: true, Doc: "In a rollback, the links that the run made for `enabled`, with their targets: these go, and no others."},
			{Name: "removed_links", Option: true, Computed: true, Internal: true, Doc: "In a rollback, the links that the run removed for `enabled`, with their targets: these come back, and no others."},
		}),
	}
}

// ServiceWant is the struct of the kind service.
type ServiceWant struct {
	Name    string             `attr:"name"`
	Enabled resource.Opt[bool] `attr:"enabled"`
	Running resource.Opt[bool] `attr:"running"`
	Masked  resource.Opt[bool] `attr:"masked"`

	MadeLinks    resource.Opt[map[string]string] `attr:"made_links"`
	RemovedLinks resource.Opt[map[string]string] `attr:"removed_links"`

	Partly    resource.Opt[bool]              `attr:"partly,recorded"`     // it starts at boot, but does not count as enabled
	BootLinks resource.Opt[map[string]string] `attr:"boot_links,recorded"` // the targets of the links that make it start at boot, by path

	RestartCommand resource.Opt[[]string] `attr:"restart_command"`
	ReloadCommand  resource.Opt[[]string] `attr:"reload_command"`
	Timeout        resource.Opt[string]   `attr:"timeout"`
	Settle         resource.Opt[string]   `attr:"settle"`
}

// Times returns the time limit of one job and the time that the unit has to stay up, or the given ones if they are not
// declared.
func (w ServiceWant) Times(timeout, settle time.Duration) (time.Duration, time.Duration, error) {
	var err error
	if w.Timeout.Value != "" {
		if timeout, err = time.ParseDuration(w.Timeout.Value); err != nil {
			return 0, 0, fmt.Errorf("timeout: %w", err)
		}
	}
	if w.Settle.Value != "" {
		if settle, err = time.ParseDuration(w.Settle.Value); err != nil {
			return 0, 0, fmt.Errorf("settle: %w", err)
		}
	}
	return timeout, settle, nil
}

// Commands returns the words of the commands that restart and reload the service; none if the init system does it.
func (w ServiceWant) Commands() (restart, reload []string) {
	return decodeWords(w.RestartCommand.Value), decodeWords(w.ReloadCommand.Value)
}

func decodeWords(words []string) []string {
	decoded := make([]string, len(words))
	for i, word := range words {
		decoded[i] = resource.DecodeBytes(word)
	}
	return decoded
}

// settlesService reports whether a change does what an owed action would do: a started unit has read all of its files,
// and a stopped one has nothing to reload or restart.
func settlesService(c resource.Change, verb string) bool {
	for _, a := range c.Attrs {
		if a.Name == "running" && a.Want.Type() == cty.Bool {
			opposite := "start"
			if a.Want.True() {
				opposite = "stop"
			}
			return verb != opposite
		}
	}
	return false
}

const serviceDoc = `A unit of the init system: whether it runs, and whether it starts at boot. The init system is
the one that runs the machine (the fact ` + "`node.init`" + `) or, below a root and in a container, the one that
would boot it. What follows is said of systemd; the last table has what differs with OpenRC and sysvinit.

A unit that does not exist is an error, except with attributes that need no unit:
` + "`enabled = false`, `running = false` and `masked = true`" + ` hold for a missing unit. If the file of a unit
is gone, converge stops what still runs of the unit and removes the links that still enable it.
A unit file that was just written counts as existing; converge performs the daemon-reload that it needs,
once, before the first action on any unit.

Verbs: ` + "`start`; `reload`" + ` (a restart if the unit cannot reload; nothing if it is not running);
` + "`restart`" + ` (starts a unit that is not running, unless ` + "`running = false`" + `); ` + "`stop`" + `.
converge drops an owed restart or reload if the unit's main process was started after the change, in any way.
A unit that ends by itself (a oneshot) is done when it has ended without an error, unless
` + "`running = true`" + ` requires that it stays active. A unit that systemd does not start because a
` + "`Condition…`" + ` of it does not hold counts as started: a restart or start that it was owed is done, and the run notes that systemd
skipped it. With ` + "`running = true`" + ` it is an error instead: declare the unit with ` + "`enabled`" + ` alone where the
condition may not hold, or with ` + "`when`" + `.

Before a start or restart, converge clears the unit's start limit (` + "`StartLimitBurst=`" + `), so that several changes
in a row leave no healthy unit dead. If the definition of a socket that triggers the service has changed,
converge stops the service, restarts the socket and starts the service, in this order. If a start waits for a
unit that waits for converge itself (during a boot, in cloud-init's last stage), converge queues the start and does
not wait for it: the run says so, and ` + "`converge status --wait`" + ` or the next run observes the unit again.

Every run that changed a unit file, a drop-in, or a file that a generator reads (/etc/fstab, an init script, a
.container file) ends with a daemon-reload, with or without a service block. A timer then follows its new
calendar. converge restarts an active socket whose files changed, and its service if that runs: a daemon-reload
alone would close the old ports and open no new ones. converge leaves sockets of packages to the packages.

The meaning of ` + "`enabled`" + ` for the states of systemctl is-enabled:

| state | counts as enabled | can be changed |
|---|---|---|
| enabled | yes, unless a link of its [Install] section is missing: converge makes that one, and leaves all others alone | yes |
| disabled, linked, linked-runtime | no | yes |
| enabled-runtime | neither: it ends with this boot | yes |
| alias | like the unit that it is an alias of | yes |
| indirect | if all units of its Also= are enabled | through Also= |
| static | no | no: it has no [Install] section; declaring it enabled is an error |
| generated | if the generator enabled it | no: its source (/etc/fstab, an init script) decides |
| transient | no | no |
| masked, masked-runtime | no | after ` + "`masked = false`" + ` |

With OpenRC and sysvinit, a service is a script in /etc/init.d. converge runs the script itself, with no more of an
environment than service(8) leaves it, and never through invoke-rc.d: policy-rc.d is for packages.

| | systemd | OpenRC | sysvinit |
|---|---|---|---|
| names | any unit | services only; a trailing ` + "`.service`" + ` is dropped, other types and templates are an error | as OpenRC |
| enabled | ` + "`[Install]`" + ` links | a link in the runlevel sysinit, boot or default, or one stacked on these; added to default | an S link in the runlevel that /etc/inittab boots into, or in rcS.d |
| links are made by | systemd | converge, which also turns the links of sysvinit that there are | update-rc.d(8), in a tree the tree's own; converge where there is none, in the runlevels of the LSB header, after what it requires |
| running | ActiveState | the state in /run/openrc, and whether the process in the pid file lives; otherwise the script's status | the script's status: 0 is running, 1 to 3 is not |
| cannot be told | never | a script without status: declaring ` + "`running`" + ` is an error | as OpenRC |
| killed behind its back | seen | seen if a pid file is named; reset (zap) and started | seen by its status |
| masked | link to /dev/null | the script is not executable, so that nothing runs it; one that does not exist cannot be masked | as OpenRC |
| reload | as above | the script's reload; restart where it has none | as OpenRC |
| restart is not owed any more | if the main process is younger than the change | if the process in the pid file is; without a pid file the restart is done | as OpenRC |
| time limit | the job continues | the script is ended | as OpenRC |

Where no init system runs (a container whose first process is another program, a tree below ` + "`--root`" + `), ` + "`enabled`" + ` and
` + "`masked`" + ` are made on the disk. ` + "`running = true`" + ` is for after the boot: it is no change, the plan and the
result say so, the exit status is that of a service that runs, and notifications are not sent.
`

const serviceExample = `service "nginx" {
  enabled = true
  running = true
}
`

func prepareService(_ resource.Input, s *ServiceWant) error {
	name, err := ParseUnitName(s.Name)
	if err != nil {
		return &resource.AttrError{Attr: "name", Err: err}
	}
	switch {
	case s.Masked.Value && s.Running.Value:
		return attrError("running", "a masked unit cannot be started: one of masked and running must go")
	case s.Masked.Value && s.Enabled.Value:
		return attrError("enabled", "a masked unit cannot be enabled: one of masked and enabled must go")
	case name.Template && s.Running.Set:
		return attrError("running", "%s is a template and never runs itself: name an instance, like %s", name, UnitName{Prefix: name.Prefix, Instance: "NAME", Type: name.Type})
	}
	s.Name = name.String()
	return nil
}

func serviceLinks(want ServiceWant) resource.Links {
	name, err := ParseUnitName(want.Name)
	if err != nil {
		return resource.Links{}
	}
	l := resource.Links{Provides: []string{"service:" + name.String()}, Retires: want.retires()}
	l.Needs = unitNeeds(l.Needs, name.String(), "it is its unit file")
	if t := name.TemplateName(); t != "" {
		l.Needs = unitNeeds(l.Needs, t, "it is the template of its unit")
	}
	if t := name.Triggers(); t != "" {
		l.Needs = unitNeeds(l.Needs, t, "it is the unit file of the service that it triggers")
	}
	l.Needs = append(l.Needs, generatedFrom(name)...)
	addNeed(&l, "package:", name.Prefix, "the package bears its name")
	return l
}

// unitNeeds adds the need of a unit file. A unit file to be absent is removed first, so that the one that it hides
// takes effect; but see [resource.Links.Retires].
func unitNeeds(needs []resource.Need, unit, reason string) []resource.Need {
	return append(needs, resource.Need{Key: "unit:" + unit, Reason: reason, Late: true}, resource.Need{Key: "gone unit:" + unit, Reason: reason})
}

// retires reports whether a service is taken out of service: something ends, and nothing begins.
func (s *ServiceWant) retires() bool {
	begins := s.Running.Value || s.Enabled.Value
	return (s.Running.Set || s.Enabled.Set) && !begins && !s.Masked.Value
}

func checkUnitName(v cty.Value) error {
	_, err := ParseUnitName(v.AsString())
	return err
}

func checkArgv(v cty.Value) error {
	return require(v.LengthInt() > 0, "must hold at least the program's name")
}

func checkSettle(v cty.Value) error {
	d, err := time.ParseDuration(v.AsString())
	return require(err == nil && d >= time.Second && d <= time.Hour, `must be a duration from "1s" to "1h"`)
}

func checkJobTimeout(v cty.Value) error {
	d, err := time.ParseDuration(v.AsString())
	return require(err == nil && d > 0, `must be a duration above zero, like "90s" or "5m"`)
}
