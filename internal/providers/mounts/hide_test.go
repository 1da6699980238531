package mounts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestHidden: a mount hides the folder at its point with the mounts below it, unless something is mounted there already, or what is
// mounted has the same in it. A new line hides it from the next boot on, and an unmount takes away what is mounted.
func TestHidden(t *testing.T) {
	a := resourcetest.Attrs
	const data, below = "60 1 8:1 / /srv/data rw,relatime - ext4 /dev/sda1 rw\n", "61 60 0:61 / /srv/data/in rw,relatime - tmpfs tmpfs rw\n"
	for name, c := range map[string]struct {
		mounts string
		attrs  map[string]cty.Value
		want   string
	}{
		"nothing is mounted":         {"", a("path", "/srv/data", "device", "tmpfs", "type", "tmpfs"), "/srv/data/"},
		"above others":               {data + below, a("path", "/srv", "device", "tmpfs", "type", "tmpfs"), "/srv/ /srv/data /srv/data/in"},
		"it is mounted":              {data, a("path", "/srv/data", "device", "/dev/sda1", "type", "ext4"), ""},
		"the line alone":             {"", a("path", "/srv/data", "device", "tmpfs", "type", "tmpfs", "state", "saved"), "/srv/data/"},
		"the line alone, by hand":    {"", a("path", "/srv/data", "device", "tmpfs", "type", "tmpfs", "state", "saved", "options", list("noauto")), ""},
		"the line alone, bound":      {"", a("path", "/srv/data", "device", "/srv/data", "state", "saved", "options", list("bind")), ""},
		"a line of no folder":        {"", a("path", "/srv/none", "device", "tmpfs", "type", "tmpfs", "state", "saved"), ""},
		"a line that is there":       {"", a("path", "/tmp", "device", "tmpfs", "type", "tmpfs", "state", "saved"), ""},
		"a line that was by hand":    {"", a("path", "/dev/shm", "device", "tmpfs", "type", "tmpfs", "state", "saved", "options", list("noexec")), "/dev/shm/"},
		"a line by hand as it is":    {"", a("path", "/dev/shm", "device", "other", "type", "tmpfs", "state", "saved"), ""},
		"to be unmounted":            {data, a("path", "/srv/data", "device", "tmpfs", "type", "tmpfs", "state", "unmounted"), "/srv/data/"},
		"unmounted, but for boots":   {"", a("path", "/srv/data", "device", "tmpfs", "type", "tmpfs", "state", "unmounted"), "/srv/data/"},
		"unmounted, by hand":         {"", a("path", "/srv/data", "device", "tmpfs", "type", "tmpfs", "state", "unmounted", "options", list("noauto")), ""},
		"to go":                      {data + below, a("path", "/srv/data", "ensure", "absent", "state", "mounted"), "/srv/data/ /srv/data/in"},
		"gone":                       {"", a("path", "/srv/data", "ensure", "absent", "state", "mounted"), ""},
		"bound to itself":            {"", a("path", "/srv/data", "device", "/srv/data", "options", list("bind")), ""},
		"bound to another":           {"", a("path", "/srv/data", "device", "/srv/from", "options", list("bind")), "/srv/data/"},
		"a layer of an overlay":      {"", a("path", "/srv/data", "device", "o", "type", "overlay", "options", list("lowerdir=/srv/from:/srv/data")), ""},
		"an overlay of other layers": {"", a("path", "/srv/data", "device", "o", "type", "overlay", "options", list("lowerdir=/srv/from")), "/srv/data/"},
	} {
		k := newKernel(t, "tmpfs /tmp tmpfs defaults 0 0\ntmpfs /dev/shm tmpfs noauto 0 0\n", c.mounts)
		p := k.provider()
		r := build(t, p, c.attrs)
		if d := cmp.Diff(c.want, strings.Join(p.Hidden(t.Context(), resource.Must[resources.MountWant](r.Want)), " ")); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
