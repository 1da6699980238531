package main

import (
	"fmt"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// owing is a site whose file owes a restart and a command; its last resource blocks the run between the change and both,
// until the run is stopped. A shutdown signals both the run and its command; the command leaves the end to the run. The
// probe counts as started, for systemd too, only after it has written its log.
const owing = `
variable "hold" {
  type    = bool
  default = false
}
file "/etc/systemd/system/probe.service" {
  content = <<-U
    [Service]
    ExecStartPre=/bin/sh -c 'echo start >>/var/log/probe'
    ExecStart=/bin/sleep infinity
    [Install]
    WantedBy=multi-user.target
  U
}
file "/etc/probe.conf" {
  content  = "new\n"
  notifies = [service.probe.restart, exec.reindex.run]
}
exec "reindex" {
  command = "echo reindexed >>/var/log/probe"
}
exec "hold" {
  when       = var.hold
  command    = "trap '' TERM; touch /run/holding; exec sleep infinity"
  creates    = "/nowhere"
  depends_on = [file["/etc/probe.conf"]]
}
service "probe" {
  enabled = true
  running = true
}
`

// before is the site before the change, without debts.
const before = `
file "/etc/systemd/system/probe.service" {
  content = <<-U
    [Service]
    ExecStartPre=/bin/sh -c 'echo start >>/var/log/probe'
    ExecStart=/bin/sleep infinity
    [Install]
    WantedBy=multi-user.target
  U
}
file "/etc/probe.conf" { content = "old\n" }
service "probe" {
  enabled = true
  running = true
}
`

// heldBetween returns a host on which a run has made its changes, and blocks before the owed actions.
func heldBetween(t *testing.T, o testhost.Options) (h *testhost.Host, converge string) {
	t.Helper()
	h = testhost.Start(t, o)
	converge = h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/before.hcl", before, 0o644)
	h.WriteFile(t, "/srv/site.hcl", owing, 0o644)
	h.MustExec(t, converge, "apply", "/srv/before.hcl")
	h.MustExec(t, "truncate", "-s0", "/var/log/probe")
	h.MustExec(t, "sync")
	h.MustExec(t, "sh", "-c", converge+" apply --var hold=true /srv/site.hcl >/var/log/run 2>&1 &")
	h.MustExec(t, "timeout", "120", "sh", "-c", "until [ -e /run/holding ]; do sleep .01; done")
	return h, converge
}

// A reboot has restarted the unit, which settles that debt, but not the command.
func TestRebootPaysAnOwedRestart(t *testing.T) {
	t.Parallel()
	h, converge := heldBetween(t, testhost.Options{})
	h.Stop(t)
	h.Boot(t)
	if out := h.ReadFile(t, "/var/log/run"); !strings.Contains(out, "Interrupted between steps") {
		t.Errorf("the run that the shutdown ended said\n%s", out)
	}
	if got := h.ReadFile(t, "/var/log/probe"); got != "start\n" {
		t.Fatalf("after the boot: %q", got)
	}
	paysTheRest(t, h, converge, "start\nreindexed\n")
}

// The power fails between a change and its owed actions. No file, old or new, and no debt is lost.
func TestPowerCutKeepsDebtsAndFiles(t *testing.T) {
	t.Parallel()
	h, converge := heldBetween(t, testhost.Options{Disk: true})
	h.Cut(t)
	h.Boot(t)
	if got := h.ReadFile(t, "/etc/probe.conf"); got != "new\n" {
		t.Errorf("the file that was in place holds %q", got)
	}
	paysTheRest(t, h, converge, "reindexed\n")
}

// The power fails while files are being replaced: afterwards each is completely the old or the new one.
func TestPowerCutLeavesOldOrNew(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{Disk: true})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", `
variable "text" { type = string }
directory "/srv/f" {}
file "f" {
  for_each = toset([for n in range(0, 1000) : tostring(n)])
  path     = "/srv/f/${each.key}"
  content  = "${var.text}\n"
}
`, 0o644)
	h.MustExec(t, converge, "apply", "--var", "text=old", "/srv/site.hcl")
	h.MustExec(t, "sync")
	h.MustExec(t, "sh", "-c", converge+" apply --var text=new /srv/site.hcl >/dev/null 2>&1 &")
	h.MustExec(t, "timeout", "120", "sh", "-c", "until ls -A /srv/f | grep -q converge; do :; done")
	h.Cut(t)
	h.Boot(t)
	both := h.MustExec(t, "sh", "-c", "sort /srv/f/* | uniq -c")
	n := 0
	for line := range strings.Lines(both) {
		var count int
		var text string
		if _, err := fmt.Sscan(line, &count, &text); err != nil || text != "old" && text != "new" {
			t.Errorf("a file holds %q", line)
		}
		n += count
	}
	if n != 1000 {
		t.Errorf("%d files are left of 1000:\n%s", n, both)
	}
	t.Logf("after the cut:\n%s", both)
	h.MustExec(t, converge, "apply", "--var", "text=new", "/srv/site.hcl")
	if out := h.MustExec(t, "sh", "-c", "ls -A /srv/f | wc -l; sort -u /srv/f/*"); out != "1000\nnew\n" {
		t.Errorf("after the next run: %s", out)
	}
	h.MustExec(t, converge, "apply", "--detailed-exitcode", "--var", "text=new", "/srv/site.hcl")
}

// paysTheRest applies the site after an interrupted run and a boot. log is the expected end of the probe's log.
func paysTheRest(t *testing.T, h *testhost.Host, converge, log string) {
	t.Helper()
	if out := h.MustExec(t, converge, "plan", "/srv/site.hcl"); !strings.Contains(out, "exec.reindex run") || !strings.Contains(out, "owed since run") {
		t.Errorf("the plan says\n%s", out)
	}
	life := h.MustExec(t, "systemctl", "show", "-p", "InvocationID,ActiveState", "probe")
	out := h.MustExec(t, converge, "apply", "/srv/site.hcl")
	for _, want := range []string{"* service.probe restart (1 cause: file[\"/etc/probe.conf\"]), no longer needed", "* exec.reindex run", "Proved"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in what apply says:\n%s", want, out)
		}
	}
	if now := h.MustExec(t, "systemctl", "show", "-p", "InvocationID,ActiveState", "probe"); now != life {
		t.Errorf("the unit was restarted: %s, was %s", now, life)
	}
	if got := h.ReadFile(t, "/var/log/probe"); !strings.HasSuffix(got, log) || strings.Count(got, "reindexed") != 1 {
		t.Errorf("the log of the probe is %q", got)
	}
	if out := h.MustExec(t, converge, "apply", "--detailed-exitcode", "/srv/site.hcl"); !strings.HasPrefix(out, "Nothing to do") {
		t.Errorf("a second apply says\n%s", out)
	}
}
