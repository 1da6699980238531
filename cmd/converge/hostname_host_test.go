package main

import (
	"strings"
	"testing"

	"converge/internal/testhost"
)

// TestHostnameSurvivesCloudInit: cloud-init sets its own host name at every boot; a declared one stays.
func TestHostnameSurvivesCloudInit(t *testing.T) {
	t.Parallel()
	h := testhost.Start(t, testhost.Options{Image: "full", Prepare: func(t testing.TB, h *testhost.Host) {
		const seed = "/var/lib/cloud/seed/nocloud/"
		h.WriteFile(t, seed+"meta-data", "instance-id: i-1\nlocal-hostname: fromcloud\n", 0o644)
		h.WriteFile(t, seed+"user-data", "#cloud-config\n{}\n", 0o644)
	}})
	converge := h.Program(t, "converge/cmd/converge")
	name := func() string { return strings.TrimSpace(h.MustExec(t, "hostname")) }
	reboot := func() {
		h.Stop(t)
		h.Boot(t)
		h.MustExec(t, "cloud-init", "status", "--wait")
	}
	h.MustExec(t, "cloud-init", "status", "--wait")
	if name() != "fromcloud" {
		t.Fatalf("cloud-init has set no name: %q", name())
	}
	h.WriteFile(t, "/srv/site.hcl", "hostname \"web1\" {}\n", 0o644)
	h.MustExec(t, converge, "apply", "/srv/site.hcl")
	reboot()
	if name() != "web1" {
		t.Errorf("after the boot the name is %q", name())
	}
	h.MustExec(t, "sh", "-c", converge+" plan --detailed-exitcode /srv/site.hcl")
}
