package apt

import (
	"strings"
	"testing"

	"converge/internal/testhost"
)

func TestFullAndReadOnlyDisk(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Repo: true, Size: "64m"}) {
		return
	}
	shell(t, "apt-get -qq update")
	m := newMachine(t)
	r := m.resource(t, "p01", nil)
	for _, c := range []struct{ name, damage, repair, want string }{
		{"full", "dd if=/dev/zero of=/fill bs=64k 2>/dev/null || true; dd if=/dev/zero of=/fill2 bs=1 2>/dev/null || true", "rm -f /fill /fill2", "No space left on device"},
		{"read-only", "mount --bind /var/lib/dpkg /var/lib/dpkg; mount -o remount,bind,ro /var/lib/dpkg", "umount /var/lib/dpkg", "Read-only file system"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shell(t, c.damage)
			changes := m.diff(t, r)
			_, planErr := m.Solve(t.Context(), changes, nil)
			err := m.Apply(t.Context(), changes[0])
			shell(t, c.repair)
			if planErr != nil && !strings.Contains(strings.ToLower(planErr.Error()), strings.ToLower(c.want)) {
				t.Errorf("plan: %v", planErr)
			}
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			m.converge(t, r)
			m.converge(t, m.resource(t, "p01", attrs{"ensure": "purged"}))
		})
	}
}
