package main

import (
	"strings"
	"testing"

	"converge/internal/testhost"
)

// mounted is a site with mounts of every type that a test host supports.
const mounted = `
directory "/srv/data" {}
directory "/srv/again" {}
mount "/srv/data" {
  device  = "tmpfs"
  type    = "tmpfs"
  options = ["nosuid", "size=50%", "mode=0750", "x-systemd.requires-mounts-for=/srv"]
}
mount "/srv/again" {
  device  = "/srv/data"
  options = ["bind", "ro"]
}
mount "/srv/later" {
  device  = "tmpfs"
  type    = "tmpfs"
  options = ["noauto"]
  state   = "unmounted"
}
mount "/dev/shm" {
  options = ["nosuid", "nodev", "noexec"]
}
`

// TestBootWithMounts boots a host with the written lines, and expects an empty plan afterwards.
func TestBootWithMounts(t *testing.T) {
	h := testhost.Start(t, testhost.Options{})
	converge := h.Program(t, "converge/cmd/converge")
	h.WriteFile(t, "/srv/site.hcl", mounted, 0o644)
	h.MustExec(t, converge, "apply", "/srv/site.hcl")
	h.Stop(t)
	h.Boot(t)
	if out := h.MustExec(t, "systemctl", "--failed", "--no-legend", "--plain"); strings.TrimSpace(out) != "" {
		t.Errorf("failed units after the boot:\n%s", out)
	}
	for point, want := range map[string]string{"/srv/data": "nosuid", "/srv/again": "ro", "/dev/shm": "noexec"} {
		if out := h.MustExec(t, "findmnt", "-n", "-o", "OPTIONS", point); !strings.Contains(out, want) {
			t.Errorf("%s has the options %s, want %s", point, out, want)
		}
	}
	if out := h.MustExec(t, converge, "plan", "--detailed-exitcode", "/srv/site.hcl"); !strings.Contains(out, "as declared") {
		t.Errorf("after the boot the plan is\n%s", out)
	}
}
