package resources

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Reboot is the kind of a reason to reboot the host. A provider of nil serves
// documentation and validation.
func Reboot(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name:     "reboot",
		Doc:      rebootDoc,
		Example:  "package \"linux-image-amd64\" {\n  ensure   = \"latest\"\n  notifies = [reboot.kernel.request]\n}\n\nreboot \"kernel\" {\n  delay   = \"5m\"\n  message = \"The kernel was updated.\"\n}\n",
		Attrs:    rebootAttrs(),
		Verbs:    []string{"request"},
		Prepare:  resource.Preparing(prepareReboot),
		Provider: p,
		InPlace:  resource.Reading(func(w RebootWant) bool { return w.Immediately.Value }),
		NeedsCause: resource.Reading(func(w RebootWant) string {
			if w.WhenRequired.Value {
				return ""
			}
			return "Name in request_on what requests the reboot, notify it, or set when_required = true."
		}),
		Contradict: rebootContradictions,
	}
}

const rebootDoc = "A reboot of the host, as the last act of a run.\n\n" +
	"A change requests it by a notification (`notifies = [reboot.kernel.request]`, or `request_on`). With `when_required = true` the host decides instead: " +
	"at the end of every run converge looks whether the host requires a reboot, whatever has caused that, and a notification has no effect unless it does. " +
	"Several reboots that are requested in one run are one.\n\n" +
	"The reboot comes after all changes, all other notifications and the proof, when the run is recorded. A run in which something has failed or is held does not reboot. " +
	"The request stays owed in the journal until the host has booted, whatever boots it: a reboot by hand settles it too. " +
	"A run that is killed before its reboot leaves it to the next one.\n\n" +
	"With `immediately = true` the reboot comes in the turn of the resource: after what requests it, and before everything that depends on it. " +
	"The run ends there with exit status 130. `notifies = [immediately(reboot.kernel.request)]` reboots right after the change that notifies. " +
	"If such a reboot is not possible, the resource fails, and what depends on it is skipped.\n\n" +
	"After the boot the run goes on once, with the same manifest and the same arguments, by a unit of systemd (`converge-resume-….service`) that removes itself first: it is not made again in a later boot, however it ends. " +
	"If the run is the main process of a unit of its own, such as `converge.service`, that unit is started again. " +
	"The run does not go on by itself without systemd, if it has read its manifest from standard input or applied a saved plan, if its arguments hold a sensitive value, its folder a name that no unit can have, or if it reads what a boot takes away (a manifest in a file system in memory, `/dev/fd/…`); the plan says so. The next run goes on then. " +
	"A run that begins after the boot, before that unit, takes its place; one about a part of the site (`--target`) does not, nor one that changes nothing because its plan is declined or refused.\n\n" +
	"A cause that survives the reboot is a failure, and no second reboot follows: the host still requires a reboot for the same reason, " +
	"or a run has to make the same change again before one of its site has come through after the boot. converge reboots the host at most once in `at_most_every`, whichever resource or site requests it; otherwise the request stays owed. " +
	"`converge apply --no-reboot` does everything but the reboot, which stays owed; the exit status is 3, and `converge status` and `converge owed` show it. " +
	"A rollback never reboots, and leaves the request owed.\n\n" +
	"`when_required` goes by these files, and runs no program:\n\n" +
	"* `/run/reboot-required`, which packages of Debian and Ubuntu make, with the names in `/run/reboot-required.pkgs`; `/run/reboot-needed`, which zypper makes.\n" +
	"* The installed kernels, by `/boot/vmlinuz-RELEASE` and `/usr/lib/modules/RELEASE/vmlinuz`: one is newer than the running one and has the same variant " +
	"(`amd64`, `default`, `x86_64`), or the running one has no modules any more and another kernel has. A container does not run its own kernels, so there they do not count.\n\n" +
	"Other packages that a running system keeps in use (glibc, systemd, dbus) are not judged: notify the reboot for those.\n\n" +
	"A reboot takes an init system that runs the host. In a container whose first process is another program the plan reports that the reboot cannot be made, and it stays owed. " +
	"A container with an init system of its own reboots; whether it comes up again is up to its manager. " +
	"With `--root` nothing is rebooted and nothing stays owed: the tree has yet to boot for the first time."

// RebootWant is the struct of the kind reboot.
type RebootWant struct {
	WhenRequired resource.Opt[bool]   `attr:"when_required"`
	Immediately  resource.Opt[bool]   `attr:"immediately"`
	Delay        resource.Opt[string] `attr:"delay"`
	AtMostEvery  resource.Opt[string] `attr:"at_most_every"`
	Message      resource.Opt[string] `attr:"message"`
	Address      string               `attr:"address"`
}

func rebootAttrs() []resource.Attr {
	return resource.Typing[RebootWant]([]resource.Attr{
		{Name: "when_required", Option: true, Doc: "Reboot if and only if the host itself requires it."},
		{Name: "immediately", Option: true, Doc: "Reboot in the turn of the resource instead of at the end of the run: what depends on it comes after the boot."},
		{Name: "delay", Option: true, Check: checkDelay, Doc: "Time between the end of the run and the reboot, in whole minutes: `\"5m\"`. `shutdown -c` cancels the reboot meanwhile. Unset: it follows at once. With systemd it needs `systemd-logind`."},
		{Name: "at_most_every", Option: true, Default: cty.StringVal("1h"), Check: checkInterval, Doc: "Time that has to pass since the last reboot by converge; `\"0s\"`: none."},
		{Name: "message", Option: true, Shown: true, Check: checkMessage, Doc: "One line for users who are logged in, and for the log. All of them see it, so it must not be sensitive."},
		{Name: "address", Option: true, Computed: true, Internal: true, Doc: "Address of the resource."},
	})
}

func prepareReboot(in resource.Input, w *RebootWant) error {
	w.Address = in.Addr.String()
	return nil
}

func checkDelay(v cty.Value) error {
	d, err := time.ParseDuration(v.AsString())
	return require(err == nil && d > 0 && d%time.Minute == 0, `must be a duration of whole minutes, like "5m"`)
}

func checkInterval(v cty.Value) error {
	d, err := time.ParseDuration(v.AsString())
	return require(err == nil && d >= 0, `must be a duration like "1h" or "30m"`)
}

func checkMessage(v cty.Value) error {
	text := v.AsString()
	return require(text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), "must be one line of text")
}

// rebootContradictions refuses notifications that no reboot can serve.
func rebootContradictions(rs []*resource.Resource) hcl.Diagnostics {
	isReboot := map[resource.Addr]bool{}
	for _, r := range rs {
		isReboot[r.Addr] = r.Kind.Name == "reboot"
	}
	var diags hcl.Diagnostics
	refuse := func(n resource.Notify, text string) {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Impossible notification", Subject: n.Range.Ptr(), Detail: text})
	}
	for _, r := range rs {
		for _, n := range r.Notifies {
			switch {
			case isReboot[r.Addr]:
				refuse(n, fmt.Sprintf("%s ends the run, so it cannot notify %s. What is to happen after the boot depends on a reboot with immediately = true.", r.Addr, n.Target))
			case isReboot[n.Target] && n.When == resource.Before:
				refuse(n, fmt.Sprintf("%s cannot come before a change of %s: the change would be to make after the boot again, and the reboot would come before it again.", n.Target, r.Addr))
			}
		}
	}
	return diags
}
