package examples

import (
	"os"
	"strings"
	"testing"
)

// TestUnattended runs converge by a timer: the unit repairs a manual change, and
// a site that cannot be applied leaves a failed unit.
func TestUnattended(t *testing.T) {
	t.Parallel()
	h := start(t, "base")
	h.write(t, "/etc/converge/site.hcl", "file \"/etc/motd\" { content = \"Welcome.\\n\" }\n")
	expect(t, "from nothing", h.converges(t, "--var", "converge="+h.converge, "/srv/examples/unattended"), nil)
	for _, unit := range []string{"converge.service", "converge.timer", "converge-retry.service", "converge-retry.timer"} {
		packaged, err := os.ReadFile("../packaging/units/" + unit)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(string(packaged), "/usr/bin/converge", h.converge)
		if got := h.ReadFile(t, "/etc/systemd/system/"+unit); got != want {
			t.Errorf("%s is not the unit that the packages bring:\n%s", unit, got)
		}
	}
	if got := h.MustExec(t, "systemctl", "is-enabled", "converge.timer"); got != "enabled\n" {
		t.Errorf("the timer is %q", got)
	}
	if got := h.MustExec(t, "systemctl", "list-timers", "--no-legend", "converge.timer"); !strings.Contains(got, "converge.service") {
		t.Errorf("the timer waits for nothing: %q", got)
	}

	h.MustExec(t, "systemctl", "start", "converge")
	h.write(t, "/etc/motd", "Changed by hand.\n")
	h.MustExec(t, "systemctl", "start", "converge")
	if got := h.ReadFile(t, "/etc/motd"); got != "Welcome.\n" {
		t.Errorf("the unit left %q", got)
	}

	h.write(t, "/etc/converge/site.hcl", "file \"/etc/motd/x\" { content = \"\" }\n")
	r, err := h.Exec(t.Context(), "systemctl", "start", "converge")
	if err != nil || r.Exit == 0 {
		t.Errorf("a site that cannot be applied: exit status %d, %v", r.Exit, err)
	}
	if got := h.MustExec(t, "systemctl", "list-units", "--failed", "--plain", "--no-legend"); !strings.Contains(got, "converge.service") {
		t.Errorf("the failed units are %q", got)
	}
	r, err = h.Exec(t.Context(), h.converge, "status")
	if err != nil || r.Exit != 3 || !strings.Contains(r.Stdout, "failed") {
		t.Errorf("status: exit status %d, %v\n%s", r.Exit, err, r.Stdout)
	}
}
