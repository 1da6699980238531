package mounts

import (
	"os"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource/resourcetest"
	"converge/resources"
)

const otherLines = "# kept\n/dev/vda\t/  ext4  defaults  0 1 # root\n"

func world(t testing.TB) *resourcetest.World {
	k := newKernel(t, otherLines)
	return &resourcetest.World{
		Provider: k.provider(), Root: k.root,
		Fingerprint: func(t testing.TB) string {
			info, err := os.Stat(k.root + "/etc/fstab")
			if err != nil {
				t.Fatal(err)
			}
			return info.ModTime().String() + k.read("/etc/fstab") + k.read("/proc/self/mountinfo")
		},
		Dump: func(testing.TB) string { return k.read("/etc/fstab") + seen(k) },
	}
}

// seen is what is mounted, without the numbers.
func seen(k *kernel) string {
	var out strings.Builder
	for l := range strings.Lines(k.read("/proc/self/mountinfo")) {
		f := strings.Fields(l)
		out.WriteString(strings.Join(f[3:], " ") + "\n")
	}
	return out.String()
}

// edited changes the world without the provider.
func edited(do func(k *kernel)) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		do(&kernel{t: t, root: w.Root})
		w.Provider.(*Provider).Invalidate(nil)
	}
}

func replaced(path, old, with string) func(testing.TB, *resourcetest.World) {
	return edited(func(k *kernel) { k.write(path, strings.Replace(k.read(path), old, with, 1)) })
}

func list(words ...string) cty.Value {
	vs := make([]cty.Value, len(words))
	for i, w := range words {
		vs[i] = cty.StringVal(w)
	}
	return cty.ListVal(vs)
}

func TestConformance(t *testing.T) {
	a := resourcetest.Attrs
	const torn = "the line is written before it is mounted"
	resourcetest.Suite{
		Kind: resources.Mount, World: world,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:    "a line has nothing besides its words",
			resourcetest.Aliases: "a mount point has one physical path, by which the engine knows it",
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("path", "/"+name, "device", "tmpfs", "type", "tmpfs", "state", "saved"), a("path", "/"+name, "ensure", "absent", "state", "saved")
		},
		Cases: []resourcetest.Case{
			{
				Name: "tmpfs", Torn: torn,
				Want: a("path", "/dev/shm", "device", "tmpfs", "type", "tmpfs", "options", list("nosuid", "noexec", "size=50%", "x-note")),
				Check: func(t testing.TB, w *resourcetest.World) {
					k := &kernel{t: t, root: w.Root}
					if got, want := k.read("/etc/fstab"), otherLines+"tmpfs /dev/shm tmpfs nosuid,noexec,size=50%,x-note 0 0\n"; got != want {
						t.Errorf("fstab is %q", got)
					}
					if m := k.table().mounted("/dev/shm"); m == nil || !strings.Contains(m.Options, "noexec") {
						t.Errorf("mounted is %+v", m)
					}
				},
				Drifts: []resourcetest.Drift{
					{Name: "executable again", Attr: "live", Do: replaced("/proc/self/mountinfo", ",noexec", "")},
					{Name: "unmounted", Attr: "live", Do: edited(func(k *kernel) { k.umount("/dev/shm") })},
					{Name: "other options at boot", Attr: "saved", Do: replaced("/etc/fstab", "noexec,size=50%", "size=50%")},
					{Name: "the line is gone", Attr: "saved", Do: replaced("/etc/fstab", "tmpfs /dev/shm tmpfs nosuid,noexec,size=50%,x-note 0 0\n", "")},
				},
				Gone: a("path", "/dev/shm", "ensure", "absent"),
			},
			{
				Name: "bind", Torn: torn,
				Want: a("path", "/srv/my docs", "device", "/srv/from", "options", list("bind", "ro")),
				Check: func(t testing.TB, w *resourcetest.World) {
					k := &kernel{t: t, root: w.Root}
					if got, want := k.read("/etc/fstab"), otherLines+"/srv/from /srv/my\\040docs none bind,ro 0 0\n"; !strings.HasPrefix(got, want) {
						t.Errorf("fstab is %q", got)
					}
				},
				Drifts: []resourcetest.Drift{
					{Name: "writable", Attr: "live", Do: replaced("/proc/self/mountinfo", "docs ro,", "docs rw,")},
				},
				Gone:  a("path", "/srv/my docs", "ensure", "absent"),
				Alone: true,
			},
			{
				Name: "saved only", Want: a("path", "/srv/data", "device", "UUID=1-2", "type", "ext4", "pass", 2, "state", "saved"),
				Check: func(t testing.TB, w *resourcetest.World) {
					if m := (&kernel{t: t, root: w.Root}).table().mounted("/srv/data"); m != nil {
						t.Errorf("%+v is mounted", m)
					}
				},
				Drifts: []resourcetest.Drift{{Name: "another order of checks", Attr: "saved", Do: replaced("/etc/fstab", "defaults 0 2", "defaults 0 1")}},
				Gone:   a("path", "/srv/data", "ensure", "absent", "state", "saved"),
			},
		},
	}.Run(t)
}
