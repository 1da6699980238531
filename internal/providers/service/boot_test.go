package service

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
)

// TestStartDuringBoot: a service that is ordered after the unit of this process is started, but not awaited while that
// unit is part of the boot: the wait would never end.
func TestStartDuringBoot(t *testing.T) {
	if testhost.Inside() {
		duringBoot(t)
		return
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	const log = "/var/log/in-boot.log"
	h := testhost.Start(t, testhost.Options{Size: "1g", Prepare: func(t testing.TB, h *testhost.Host) {
		for name, content := range map[string]string{
			"usr/local/bin/service.test":                                 string(self),
			"etc/systemd/system/in-boot.service":                         "[Unit]\nAfter=dbus.socket\n[Service]\nType=oneshot\nEnvironment=CONVERGE_INSIDE_TESTHOST=1\nExecStart=/usr/local/bin/service.test -test.v -test.run ^TestStartDuringBoot$\nStandardOutput=file:" + log + "\nStandardError=inherit\nTimeoutStartSec=60\n",
			"etc/systemd/system/multi-user.target.wants/in-boot.service": "",
			"etc/systemd/system/after-us.service":                        "[Unit]\nAfter=between.target\n" + sleeper,
			"etc/systemd/system/between.target":                          "[Unit]\nAfter=in-boot.service\n",
			"etc/systemd/system/beside-us.service":                       sleeper,
		} {
			p := filepath.Join(h.Root(), name)
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, ".wants/in-boot.service") {
				if err := os.Symlink("../in-boot.service", p); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if err := os.WriteFile(p, []byte(content), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}})
	out := h.ReadFile(t, log)
	if !strings.Contains(out, "--- PASS: TestStartDuringBoot ") {
		t.Fatalf("during the boot:\n%s", out)
	}
	equal(t, "after the boot", strings.TrimSpace(h.MustExec(t, "systemctl", "is-active", "after-us", "beside-us")), "active\nactive")
}

func duringBoot(t *testing.T) {
	p := New(Options{})
	equal(t, "own unit", ownUnit(), "in-boot.service")
	equal(t, "beside us", converge(t, p, attrs{"name": "beside-us", "running": true}), "running")
	equal(t, "it is waited for", is(t, "active", "beside-us"), "active")
	sh(t, "systemctl", "start", "--no-block", "between.target")
	a := attrs{"name": "after-us", "running": true, "timeout": "50s"}
	if n := p.Review(t.Context(), planOf(t, p, a), resource.Outlook{}).Notes; len(n) != 1 || !strings.Contains(n[0], "in-boot.service") {
		t.Errorf("notes %q", n)
	}
	equal(t, "after us", converge(t, p, a), "running")
	equal(t, "it is not waited for", is(t, "active", "after-us"), "inactive")
	if ch := resourcetest.Plan(t, service(t, p, a)); !ch.Empty() {
		t.Error("what was left in the queue is planned again")
	}
}

// TestReboot shows that a debt from before a reboot is not owed after it.
func TestReboot(t *testing.T) {
	const kept = "/var/lib/since"
	a := attrs{"name": "d", "running": true, "enabled": true}
	if testhost.Inside() {
		p := New(Options{})
		b, err := os.ReadFile(kept)
		if err != nil { // before the reboot
			lay(t, "d.service", sleeper)
			converge(t, p, a)
			since := now(t)
			if paid(t, p, "restart", a, since) {
				t.Error("paid too early")
			}
			if b, err = json.Marshal(since); err == nil {
				err = os.WriteFile(kept, b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		var since resource.Instant
		if err := json.Unmarshal(b, &since); err != nil {
			t.Fatal(err)
		}
		if !paid(t, p, "restart", a, since) {
			t.Error("a reboot pays")
		}
		return
	}
	h := testhost.Start(t, testhost.Options{})
	testhost.RunInside(t, h, t.Name())
	h.Stop(t)
	h.Boot(t)
	testhost.RunInside(t, h, t.Name())
}
