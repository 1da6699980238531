package resources

import (
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestUnitOf(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/etc/systemd/system/a.service":                  "a.service",
		"/usr/local/lib/systemd/system/a.timer":          "a.timer",
		"/etc/systemd/system/a.timer.d/x.conf":           "a.timer",
		"/etc/systemd/system/a.timer.d/x.txt":            "",
		"/etc/init.d/a":                                  "a.service",
		"/etc/conf.d/a":                                  "a.service",
		"/etc/containers/systemd/web.container":          "web.service",
		"/etc/containers/systemd/web.container.d/x.conf": "web.service",
		"/usr/share/containers/systemd/app.kube":         "app.service",
		"/etc/containers/systemd/data.volume":            "data-volume.service",
		"/etc/containers/systemd/net.network":            "net-network.service",
		"/etc/containers/systemd/notes.txt":              "",
		"/etc/fstab":                                     "",
	} {
		if got := UnitOf(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestUnitsComeAfterWhatTheyAreGeneratedFrom(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"srv-data.mount":                  "path:/etc/fstab",
		"srv-data.automount":              "path:/etc/fstab",
		"dev-sdb1.swap":                   "path:/etc/fstab",
		"systemd-cryptsetup@root.service": "path:/etc/crypttab",
	} {
		needs := Service(nil).Links(cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name)})).Needs
		if !slices.ContainsFunc(needs, func(n resource.Need) bool { return n.Key == want }) {
			t.Errorf("%s does not need %s: %v", name, want, needs)
		}
	}
}
