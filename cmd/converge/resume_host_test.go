package main

import (
	"strings"
	"testing"

	"converge/internal/testhost"
)

// slowly is a site whose run reboots the host in place. After that it makes systemd reload its units, as packages do,
// and continues for longer than the default time limit of a unit.
const slowly = `
exec "begin" {
  command = "touch /var/begun"
  creates = "/var/begun"
}
reboot "kernel" {
  immediately   = true
  request_on    = [exec.begin]
  at_most_every = "0s"
}
exec "rest" {
  command    = "cat /proc/sys/kernel/random/boot_id >>/var/log/runs; sync; systemctl daemon-reload; sleep 5; touch /var/ended"
  creates    = "/var/ended"
  depends_on = [reboot.kernel]
}
`

// brief gives a unit one second to start; the default is 90.
func brief(t testing.TB, h *testhost.Host) {
	h.WriteFile(t, "/etc/systemd/system.conf.d/brief.conf", "[Manager]\nDefaultTimeoutStartSec=1\n", 0o644)
}

// A resumed run has unlimited time, whatever happens to the host's units meanwhile.
func TestResumedRunOutlivesAReloadOfTheUnits(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{Prepare: brief})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/a 100%/site.hcl", slowly, 0o644)
	rebootsInto(t, h, "cd '/srv/a 100%' && "+converge+" apply site.hcl")
	log := h.MustExec(t, "journalctl", "--no-pager", "-b", "-u", "converge-resume*")
	contains(t, "the run that goes on", log, "exec.rest", "Proved", "not: timed out")
	h.MustExec(t, "test", "-e", "/var/ended")
	if left := resumeUnits(t, h) + h.MustExec(t, "find", "/run/systemd/system", "-name", "converge-resume*"); left != "" {
		t.Errorf("units are left: %s", left)
	}
	contains(t, "units", h.MustExec(t, "systemctl", "list-units", "--all", "--plain", "converge-resume*"), "0 loaded units")
}

// A resumed run that does not finish is not resumed again in the next boot, even after a power failure: the next run
// does the rest.
func TestResumedRunThatIsKilledIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{Disk: true})
	converge := h.Program(t, "converge/cmd/converge")
	// systemd ends the command as well: otherwise it could still make its file.
	h.WriteFile(t, "/srv/site.hcl", strings.Replace(slowly, "sleep 5", "kill -9 $PPID; sleep infinity", 1), 0o644)
	rebootsInto(t, h, converge+" apply /srv/site.hcl")
	h.Cut(t)
	h.Boot(t)
	if runs := strings.Fields(h.ReadFile(t, "/var/log/runs")); len(runs) != 1 {
		t.Errorf("runs, by boot: %v", runs)
	}
	if units := resumeUnits(t, h); units != "" {
		t.Errorf("the unit is still there: %s", units)
	}
	h.MustExec(t, "sed", "-i", "s/kill -9 .PPID; sleep infinity/true/", "/srv/site.hcl")
	contains(t, "the next run", h.MustExec(t, converge, "apply", "/srv/site.hcl"), "exec.rest", "Proved", "not: reboot.kernel  because")
}

// A run that is started after the boot replaces the one that was about to resume.
func TestRunByHandTakesThePlaceOfTheOneThatWasToGoOn(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", rebooting, 0o644)
	h.WriteFile(t, "/etc/systemd/system/early.service", "[Service]\nType=oneshot\nExecStart="+converge+" apply --var text=x /srv/site.hcl\n[Install]\nWantedBy=multi-user.target\n", 0o644)
	h.MustExec(t, "systemctl", "enable", "early")
	rebootsInto(t, h, converge+" apply --var text=x /srv/site.hcl")
	if runs := strings.Fields(h.ReadFile(t, "/var/log/runs")); len(runs) != 2 || runs[0] == runs[1] {
		t.Errorf("runs, by boot: %v", runs)
	}
	if units := resumeUnits(t, h); units != "" {
		t.Errorf("the unit is still there: %s", units)
	}
	contains(t, "failed units", h.MustExec(t, "systemctl", "--failed", "--plain"), "0 loaded units")
}

// A run that changes nothing, or a part of the site, leaves the rest to the resuming run.
func TestRunThatIsNoneLeavesTheOneThatIsToGoOn(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", strings.Replace(rebooting, "reboot \"kernel\" {", "reboot \"kernel\" {\n  delay = \"60m\"", 1), 0o644)
	h.MustExec(t, converge, "apply", "--var", "text=x", "/srv/site.hcl")
	h.MustExec(t, "find", "/etc/systemd/system/multi-user.target.wants", "-name", "converge-resume*", "-delete") // otherwise it resumes
	rebootsInto(t, h, "systemctl reboot --no-block")
	for _, c := range []struct {
		args string
		left bool
	}{
		{"--confirm --var text=y", true},
		{"--target exec.count --var text=y", true},
		{"--var text=y --var nothing=z", true},
		{"--no-reboot --var text=y", false},
	} {
		if _, err := h.Exec(t.Context(), "sh", "-c", converge+" apply "+c.args+" /srv/site.hcl </dev/null"); err != nil {
			t.Fatal(err)
		}
		if got := resumeUnits(t, h); (got != "") != c.left {
			t.Errorf("%s: %q", c.args, got)
		}
	}
}
