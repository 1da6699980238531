package main

import (
	"regexp"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// rebooting is a site with a change that requests a reboot, and with a command that counts runs.
const rebooting = `
variable "text" { type = string }
file "/etc/kernel.conf" {
  content  = "${var.text}\n"
  notifies = [reboot.kernel.request]
}
exec "count" {
  command    = "cat /proc/sys/kernel/random/boot_id >>/var/log/runs"
  always     = true
  depends_on = [file["/etc/kernel.conf"]]
}
reboot "kernel" {
  at_most_every = "0s"
  message       = "The kernel has 100% new $options."
}
`

// contains fails the test unless a text contains all parts; a part after "not: " must not occur.
func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		part, not := strings.CutPrefix(p, "not: ")
		if strings.Contains(text, part) == not {
			t.Errorf("%s: %q:\n%s", what, p, text)
		}
	}
}

// rebootsInto runs a command that ends in a reboot, waits for the next boot and its units, and returns the output. The
// reboot may kill the shell before the command has ended.
func rebootsInto(t *testing.T, h *testhost.Host, command string) string {
	t.Helper()
	r, err := h.Exec(t.Context(), "sh", "-c", command+" >/var/log/run 2>&1; echo \"status $?\" >>/var/log/run")
	if r.Exit > 0 || err != nil && !strings.Contains(err.Error(), "signal: ") {
		t.Fatalf("%s: %+v, %v", command, r, err)
	}
	h.Rebooted(t)
	return h.ReadFile(t, "/var/log/run")
}

// resumeUnits lists the units that resume runs.
func resumeUnits(t *testing.T, h *testhost.Host) string {
	t.Helper()
	return h.MustExec(t, "find", "/etc/systemd/system", "-name", "converge-resume*")
}

// A change reboots the host at the end of the run. The run then resumes, once and with its arguments, and settles the
// owed actions. A second change does the same again.
func TestRebootFollowsARunThatGoesOnAfterIt(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", rebooting, 0o644)
	contains(t, "plan", h.MustExec(t, converge, "plan", "--var", "text=x", "/srv/site.hcl"), `! reboot.kernel  because file["/etc/kernel.conf"] changed`)
	for n, text := range []string{"a $b %c", "second"} {
		out := rebootsInto(t, h, "cd /srv && "+converge+" apply --var 'text="+text+"' site.hcl")
		contains(t, "apply", out, `! reboot.kernel  because file["/etc/kernel.conf"] changed`, "A reboot follows", "status 0\n")
		log := h.MustExec(t, "journalctl", "--no-pager", "-b", "-u", "converge-resume*")
		contains(t, "the run that goes on", log, "reboot.kernel request", "no longer needed", "Proved", "not: reboot.kernel  because")
		if runs := strings.Fields(h.ReadFile(t, "/var/log/runs")); len(runs) != 2*(n+1) || runs[2*n] == runs[2*n+1] {
			t.Errorf("runs, by boot: %v", runs)
		}
		if got := h.ReadFile(t, "/etc/kernel.conf"); got != text+"\n" {
			t.Errorf("the run went on with other arguments: %q", got)
		}
		if units := resumeUnits(t, h); units != "" {
			t.Errorf("the unit is still there: %s", units)
		}
		contains(t, "status", h.MustExec(t, converge, "status"), "not: owed", "not: Owed")
	}
	h.Stop(t)
	h.Boot(t)
	if runs := strings.Fields(h.ReadFile(t, "/var/log/runs")); len(runs) != 4 {
		t.Errorf("a later boot has had a run: %v", runs)
	}
}

// With --no-reboot the reboot stays owed, and a manual one settles it.
func TestRebootByHandSettlesWhatIsOwed(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", rebooting, 0o644)
	r, err := h.Exec(t.Context(), converge, "apply", "--no-reboot", "--var", "text=x", "/srv/site.hcl")
	if err != nil || r.Exit != 3 {
		t.Fatalf("%v, exit status %d", err, r.Exit)
	}
	contains(t, "apply", r.Stdout, "reboot.kernel request held", "--no-reboot was given")
	r, err = h.Exec(t.Context(), converge, "status")
	if err != nil || r.Exit != 3 {
		t.Fatalf("%v, exit status %d", err, r.Exit)
	}
	contains(t, "status", r.Stdout, "reboot.kernel request")
	contains(t, "plan", h.MustExec(t, converge, "plan", "--var", "text=x", "/srv/site.hcl"), `! reboot.kernel  because file["/etc/kernel.conf"] changed, owed since run`)
	h.MustExec(t, "systemctl", "reboot", "--no-block")
	h.Rebooted(t)
	if units := resumeUnits(t, h); units != "" {
		t.Errorf("a run was to go on: %s", units)
	}
	contains(t, "owed after the boot", h.MustExec(t, converge, "owed"), "Nothing is owed.")
	contains(t, "status after the boot", h.MustExec(t, converge, "status"), " settled", "exit status 3", "what it left owed is settled", "not: reboot.kernel")
	out := h.MustExec(t, converge, "apply", "--var", "text=x", "/srv/site.hcl")
	contains(t, "apply after the boot", out, "reboot.kernel request (1 cause: file[\"/etc/kernel.conf\"]), no longer needed", "not: because")
	h.MustExec(t, converge, "status")

	// A plan reports why the host requires a reboot.
	h.WriteFile(t, "/run/reboot-required", "", 0o644)
	h.WriteFile(t, "/run/reboot-required.pkgs", "linux-image\n", 0o644)
	h.WriteFile(t, "/srv/required.hcl", "reboot \"required\" { when_required = true }\n", 0o644)
	contains(t, "plan", h.MustExec(t, converge, "plan", "/srv/required.hcl"),
		"! reboot.required  the host requires it: /run/reboot-required is there for linux-image")
}

// A rollback of a run that has rebooted the host leaves its reboot owed.
func TestRebootIsLeftOwedByARollback(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", rebooting, 0o644)
	rebootsInto(t, h, converge+" apply --var text=x /srv/site.hcl")
	runs := regexp.MustCompile("[0-9]{8}T[0-9]{6}Z-[0-9a-f]+").FindAllString(h.MustExec(t, converge, "history"), -1) // newest first
	r, err := h.Exec(t.Context(), converge, "rollback", runs[len(runs)-1])
	if err != nil || r.Exit != 3 {
		t.Fatalf("%v, exit status %d:\n%s", err, r.Exit, r.Stdout+r.Stderr)
	}
	contains(t, "rollback", r.Stdout, "reboot.kernel request held", "only apply reboots the host")
	h.MustExec(t, "test", "!", "-e", "/etc/kernel.conf")
	contains(t, "owed", h.MustExec(t, converge, "owed"), "reboot.kernel request")
}

// systemd-logind makes a delayed reboot: it can be cancelled, and stays owed then. A run in the meantime does not
// postpone it.
func TestRebootAfterADelayCanBeCancelled(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", strings.Replace(rebooting, "reboot \"kernel\" {", "reboot \"kernel\" {\n  delay = \"60m\"", 1), 0o644)
	out := h.MustExec(t, converge, "apply", "--var", "text=x", "/srv/site.hcl")
	contains(t, "apply", out, "changed, 60 min after the run", "A reboot follows")
	const scheduled = "/run/systemd/shutdown/scheduled"
	was := h.ReadFile(t, scheduled)
	contains(t, "what is scheduled", was, "MODE=reboot", "The kernel has 100% new $options.")
	h.MustExec(t, converge, "apply", "--var", "text=x", "/srv/site.hcl")
	if now := h.ReadFile(t, scheduled); now != was {
		t.Errorf("a later run has put it off: %s, was %s", now, was)
	}
	h.MustExec(t, "shutdown", "-c")
	contains(t, "plan", h.MustExec(t, converge, "plan", "--var", "text=x", "/srv/site.hcl"), "! reboot.kernel  because", "owed since run")
	rebootsInto(t, h, "sed -i s/60m/1m/ /srv/site.hcl; systemctl reboot --no-block")
	contains(t, "the run that goes on", h.MustExec(t, "journalctl", "--no-pager", "-b", "-u", "converge-resume*"), "no longer needed", "Proved")
}

// The run of a unit resumes as that unit, with its environment.
func TestRebootedRunOfAUnitGoesOnByThat(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", rebooting, 0o644)
	h.WriteFile(t, "/etc/systemd/system/own.service", "[Service]\nType=oneshot\nEnvironment=CONVERGE_VAR_text=x\nExecStart="+converge+" apply /srv/site.hcl\n", 0o644)
	h.MustExec(t, "systemctl", "daemon-reload")
	h.MustExec(t, "systemctl", "start", "--no-block", "own")
	h.Rebooted(t)
	contains(t, "the unit", h.MustExec(t, "journalctl", "--no-pager", "-b", "-u", "own"), "no longer needed", "Proved")
	if runs := strings.Fields(h.ReadFile(t, "/var/log/runs")); len(runs) != 2 || runs[0] == runs[1] {
		t.Errorf("runs, by boot: %v", runs)
	}
	if units := resumeUnits(t, h); units != "" {
		t.Errorf("the unit is still there: %s", units)
	}
}

// Without systemd the reboot is also made, and the next run settles it.
func TestRebootWithoutSystemd(t *testing.T) {
	t.Parallel()
	for _, image := range []string{"sysv", "openrc"} {
		t.Run(image, func(t *testing.T) {
			t.Parallel()
			h := testhost.Start(t, testhost.Options{Image: image})
			converge := h.Program(t, "converge/cmd/converge")
			h.WriteFile(t, "/srv/site.hcl", rebooting, 0o644)
			out := rebootsInto(t, h, converge+" apply --var text=x /srv/site.hcl")
			contains(t, "apply", out, "the run does not go on by itself after it: no systemd runs the host")
			contains(t, "history", h.MustExec(t, converge, "history", "--json"), `"exit":0`) // the shell may not have come to print it
			contains(t, "owed after the boot", h.MustExec(t, converge, "owed"), "Nothing is owed.")
			contains(t, "apply after the boot", h.MustExec(t, converge, "apply", "--var", "text=x", "/srv/site.hcl"), "no longer needed", "Proved")
		})
	}
}

// A command that every run repeats requests the reboot again after it: that is a failure without a second reboot, in
// this run and in the following ones.
func TestRebootIsNotMadeTwiceForACauseThatSurvivesIt(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", strings.Replace(rebooting, "always     = true", "always     = true\n  notifies   = [reboot.kernel.request]", 1), 0o644)
	rebootsInto(t, h, converge+" apply --var text=x /srv/site.hcl")
	log := h.MustExec(t, "journalctl", "--no-pager", "-b", "-u", "converge-resume*")
	contains(t, "the run that goes on", log, "reboot.kernel failed", "no second reboot is made for the change of exec.count")
	for range 2 {
		r, err := h.Exec(t.Context(), converge, "apply", "--var", "text=x", "/srv/site.hcl")
		if err != nil || r.Exit != 3 {
			t.Fatalf("%v, exit status %d", err, r.Exit)
		}
		contains(t, "a later run", r.Stdout, "no second reboot is made for the change of exec.count")
	}
	if n := len(strings.Fields(h.ReadFile(t, "/var/log/runs"))); n != 4 {
		t.Errorf("%d runs", n)
	}
}

// If the host itself requires a reboot, it happens in place: later resources wait for the boot. If it is still required
// then, that is a failure.
func TestRebootInPlaceComesBeforeTheRest(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", `
exec "upgrade" {
  command = "echo linux-image-6.1 >/run/reboot-required.pkgs; touch /run/reboot-required /var/upgraded"
  creates = "/var/upgraded"
}
reboot "kernel" {
  when_required = true
  immediately   = true
  depends_on    = [exec.upgrade]
}
exec "module" {
  command    = "cat /proc/sys/kernel/random/boot_id >/var/module"
  creates    = "/var/module"
  depends_on = [reboot.kernel]
}
`, 0o644)
	out := rebootsInto(t, h, "cat /proc/sys/kernel/random/boot_id >/var/first; "+converge+" apply /srv/site.hcl")
	contains(t, "apply", out, "! reboot.kernel  in place, the host requires it: /run/reboot-required is there for linux-image-6.1",
		"Ended between steps for a reboot", "status 130\n", "not: exec.module")
	if h.ReadFile(t, "/var/module") == h.ReadFile(t, "/var/first") {
		t.Error("what comes after the reboot was done before it")
	}
	contains(t, "the run that goes on", h.MustExec(t, "journalctl", "--no-pager", "-b", "-u", "converge-resume*"), "exec.module", "Proved")
	h.MustExec(t, converge, "apply", "--detailed-exitcode", "/srv/site.hcl")
}

// A run is killed right before its reboot: the reboot stays owed, and the next run makes it, once.
func TestRebootOfAKilledRunIsMadeByTheNext(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", rebooting, 0o644)
	h.WriteFile(t, "/usr/local/sbin/systemctl", "#!/bin/sh\n[ \"$1\" != reboot ] || { kill -9 $PPID; exit; }\nexec /bin/systemctl \"$@\"\n", 0o755)
	out := h.MustExec(t, "sh", "-c", converge+" apply --var text=x /srv/site.hcl; echo status $?")
	contains(t, "the run that was killed", out, "A reboot follows", "status 137\n")
	h.MustExec(t, "rm", "/usr/local/sbin/systemctl")
	contains(t, "plan", h.MustExec(t, converge, "plan", "--var", "text=x", "/srv/site.hcl"), "! reboot.kernel  because", "owed since run")
	out = rebootsInto(t, h, converge+" apply --var text=x /srv/site.hcl")
	contains(t, "the next run", out, "! reboot.kernel  because", "not: + file")
	if runs := strings.Fields(h.ReadFile(t, "/var/log/runs")); len(runs) != 3 || runs[0] != runs[1] || runs[1] == runs[2] {
		t.Errorf("runs, by boot: %v", runs)
	}
	h.MustExec(t, converge, "status")
}
