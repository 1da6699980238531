package main

import (
	"strings"
	"testing"

	"converge/internal/testhost"
)

// bootUnits are the units of a host that applies its site in a oneshot unit during boot, called by another unit; the
// services wait for one of the two in different ways.
func bootUnits(converge string) map[string]string {
	sleeper := "[Service]\nExecStart=/bin/sleep infinity\n"
	return map[string]string{
		"converge-boot": "[Unit]\nAfter=basic.target beside.service\n[Service]\nType=oneshot\nTimeoutStartSec=60\nStandardOutput=file:/var/log/run\nStandardError=inherit\nExecStart=" + converge + " apply /srv/site.hcl\n",
		"caller":        "[Service]\nType=oneshot\nTimeoutStartSec=60\nExecStart=/bin/systemctl start converge-boot.service\n[Install]\nWantedBy=multi-user.target\n",
		"beside":        sleeper + "[Install]\nWantedBy=multi-user.target\n",
		"direct":        "[Unit]\nAfter=converge-boot.service\n" + sleeper,
		"through":       "[Unit]\nAfter=multi-user.target\n" + sleeper,
		"of-caller":     "[Unit]\nAfter=caller.service\n" + sleeper,
		"later":         "[Unit]\nRequires=direct.service\nAfter=direct.service\n" + sleeper,
		"by-command":    "[Service]\nExecStartPre=/bin/systemctl start direct.service\nExecStart=/bin/sleep infinity\n",
		"once":          "[Unit]\nAfter=converge-boot.service\n[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo ran >>/var/log/once'\n",
	}
}

const bootSite = `
file "/etc/probe.conf" {
  content  = "new\n"
  notifies = [service.beside.restart, service.once.restart]
}
service "beside" { running = true }
service "once" {}
service "queued" {
  for_each   = ["direct", "through", "of-caller", "later", "by-command"]
  name       = each.value
  running    = true
  restart_on = [file["/etc/probe.conf"]]
  timeout    = "50s"
}
`

// A run in a boot unit does not wait for a job that waits for it: a queued start is reported, happens after the run, and
// is checked by status --wait and by the next run. Other starts are not delayed.
func TestRunInABootUnitQueuesWhatWaitsForIt(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.MustExec(t, "cp", converge, "/usr/local/bin/converge")
	converge = "/usr/local/bin/converge"
	for name, text := range bootUnits(converge) {
		h.WriteFile(t, "/etc/systemd/system/"+name+".service", text, 0o644)
	}
	h.WriteFile(t, "/srv/site.hcl", bootSite, 0o644)
	h.MustExec(t, "systemctl", "enable", "caller", "beside")
	h.MustExec(t, "sync")
	h.Stop(t)
	h.Boot(t)
	log := h.ReadFile(t, "/var/log/run")
	for _, unit := range []string{`service.queued["direct"]`, `service.queued["through"]`, `service.queued["of-caller"]`, `service.queued["later"]`, `service.queued["by-command"]`, "service.once"} {
		if !strings.Contains(log, "* "+unit+" re") || !strings.Contains(log, "start is queued: it waits for converge-boot.service") {
			t.Errorf("the run does not say that %s is queued:\n%s", unit, log)
		}
	}
	if !strings.Contains(log, "* service.beside restart (") || strings.Contains(log, "failed") || !strings.Contains(log, "6 services") {
		t.Errorf("the run said\n%s", log)
	}
	status := h.MustExec(t, converge, "status", "--wait")
	for _, unit := range []string{"direct", "through", "of-caller", "later", "by-command", "once"} {
		if !strings.Contains(status, "settled now: "+unit+".service\n") {
			t.Errorf("status --wait does not say that %s has come:\n%s", unit, status)
		}
	}
	h.MustExec(t, "systemctl", "is-active", "direct", "through", "of-caller", "later", "by-command")
	if out := h.MustExec(t, converge, "status"); strings.Contains(out, "ueued") || strings.Contains(out, "Owed") {
		t.Errorf("what status --wait saw is forgotten:\n%s", out)
	}
	if out := h.MustExec(t, converge, "owed"); out != "Nothing is owed.\n" {
		t.Errorf("what status --wait saw is owed still:\n%s", out)
	}
	if out := h.MustExec(t, converge, "apply", "/srv/site.hcl"); !strings.Contains(out, "Nothing to do") {
		t.Errorf("the next run said\n%s", out)
	}
	if got := h.ReadFile(t, "/var/log/once"); got != "ran\n" {
		t.Errorf("the oneshot did %q", got)
	}
	h.MustExec(t, converge, "status")
}
