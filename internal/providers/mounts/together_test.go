package mounts

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// changesOf returns the changes of resources that are declared.
func (k *kernel) changesOf(p *Provider, rs ...*resource.Resource) (cs []resource.Change) {
	k.t.Helper()
	for _, r := range rs {
		have, err := p.Observe(k.t.Context(), r.Want)
		if err != nil {
			k.t.Fatal(err)
		}
		cs = append(cs, resource.Diff(r, have))
	}
	return cs
}

func (k *kernel) built(kind *resource.Kind, attrs ...any) *resource.Resource {
	k.t.Helper()
	r, err := resourcetest.Build(kind, &resourcetest.World{}, fmt.Sprint(attrs[1]), resourcetest.Attrs(attrs...))
	if err != nil {
		k.t.Fatal(err)
	}
	return r
}

// Mounts and swap space of one run are one writing of fstab, one check, and one reload of
// the init system; what fails has its own line put back, and that of no other.
func TestMountsAndSwapTogether(t *testing.T) {
	k := newKernel(t, otherLines)
	k.write("/proc/swaps", noSwaps)
	k.write("/proc/meminfo", "MemAvailable: 1000 kB\n")
	p := k.provider()
	mount, swap := resources.Mount(p), resources.Swap(p)
	rs := []*resource.Resource{
		k.built(mount, "path", "/srv/data", "device", "tmpfs", "type", "tmpfs"),
		k.built(swap, "path", "/srv/one", "size", "64K"),
		k.built(mount, "path", "/tmp", "device", "tmpfs", "type", "tmpfs"),
		k.built(swap, "path", "/srv/two", "size", "64K", "priority", 7),
		k.built(mount, "path", "/dev/shm", "device", "tmpfs", "type", "tmpfs"),
	}
	k.fail["-- /srv/two"] = "swapon failed: Invalid argument"
	out := p.ApplyAll(t.Context(), k.changesOf(p, rs...), resource.Forecast{})
	for i := range rs {
		if err := out.Err(i); (err != nil) != (i == 3) {
			t.Errorf("%s: %v", rs[i].Addr, err)
		}
	}
	const want = otherLines + "tmpfs /srv/data tmpfs defaults 0 0\n/srv/one none swap defaults 0 0\ntmpfs /tmp tmpfs defaults 0 0\ntmpfs /dev/shm tmpfs defaults 0 0\n"
	if got := k.read("/etc/fstab"); got != want {
		t.Errorf("fstab is %q", got)
	}
	if checks := strings.Count(strings.Join(k.ran, "\n"), "findmnt --verify"); checks != 1 || k.reloads != 2 {
		t.Errorf("%d checks, and %d reloads: one for the lines, and one for that which is put back", checks, k.reloads)
	}
	names, err := os.ReadDir(k.root + "/etc")
	if err != nil || len(names) != 1 {
		t.Errorf("beside fstab there are %v, %v", names, err)
	}
}

// A plan shows the line as it is going to be written, and what goes of swap space.
func TestNotesShowWhatIsDone(t *testing.T) {
	k := newKernel(t, otherLines+"tmpfs  /srv/data/ tmpfs defaults 0 0 # mine\n/dev/sdb1 none swap sw 0 0\n", "30 1 0:30 / /srv/data rw,relatime - tmpfs tmpfs rw\n")
	k.write("/proc/swaps", noSwaps+"/dev/sdb1 partition 1000 0 -2\n")
	p := k.provider()
	rs := []*resource.Resource{
		k.built(resources.Mount(p), "path", "/srv/data", "device", "tmpfs", "type", "tmpfs", "options", list("nosuid"), "state", "saved"),
		k.built(resources.Swap(p), "path", "*", "ensure", "absent"),
	}
	for i, c := range k.changesOf(p, rs...) {
		got := strings.Join(p.Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast}).Notes, "; ")
		want := []string{
			"at /etc/fstab:3; the line becomes: tmpfs  /srv/data/ tmpfs nosuid 0 0 # mine",
			"no longer used: /dev/sdb1; lines that become comments: /etc/fstab:4",
		}[i]
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if secret := c; i == 0 {
			secret.Attrs[0].Secret = true
			if notes := p.Review(t.Context(), secret, resource.Outlook{Ask: resource.AskForecast}).Notes; len(notes) != 1 {
				t.Errorf("what is secret is shown: %q", notes)
			}
		}
	}
}

// What somebody edits in fstab while something is mounted stays, also where the line of what
// cannot be mounted is put back.
func TestEditsInTheMeantimeStay(t *testing.T) {
	for _, tt := range []struct{ name, old, with, want, err string }{
		{"beside", otherLines, "# new\n" + otherLines + "# more\n", "# new\n" + otherLines + "# more\ntmpfs /tmp tmpfs defaults 0 0\n", ""},
		{"the line itself", "/srv/data tmpfs defaults", "/srv/data tmpfs ro", otherLines + "tmpfs /srv/data tmpfs ro 0 0\ntmpfs /tmp tmpfs defaults 0 0\n", "it was edited in the meantime"},
	} {
		k := newKernel(t, otherLines)
		p := k.provider()
		mount := resources.Mount(p)
		var rs []*resource.Resource
		for _, point := range []string{"/srv/data", "/tmp", "/dev/shm"} {
			rs = append(rs, k.built(mount, "path", point, "device", "tmpfs", "type", "tmpfs"))
		}
		k.fail["-- tmpfs /srv/data"], k.fail["-- tmpfs /dev/shm"] = "mount: no", "mount: no"
		k.failed = func() {
			k.write("/etc/fstab", strings.Replace(k.read("/etc/fstab"), tt.old, tt.with, 1))
			k.failed = nil
		}
		out := p.ApplyAll(t.Context(), k.changesOf(p, rs...), resource.Forecast{})
		if got := k.read("/etc/fstab"); got != tt.want {
			t.Errorf("%s: fstab is %q", tt.name, got)
		}
		if err := out.Err(0); err == nil || tt.err != "" && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A rollback that wants the options of an earlier mount is compared with them, and not with
// what the kernel made of those that converge set.
func TestEarlierOptionsAreCompared(t *testing.T) {
	const line = "tmpfs /srv/data tmpfs size=50% 0 0\n"
	k := newKernel(t, otherLines+line, "30 1 0:30 / /srv/data rw,relatime - tmpfs tmpfs rw,size=5120k\n")
	p := k.provider()
	r := k.built(resources.Mount(p), "path", "/srv/data", "device", "tmpfs", "type", "tmpfs", "options", list("size=50%"))
	cs := k.changesOf(p, r)
	if len(cs[0].Attrs) != 1 || !cs[0].Differs("live") {
		t.Fatalf("differs in %v", cs[0].Attrs)
	}
	if err := p.Apply(t.Context(), cs[0]); err != nil {
		t.Fatal(err)
	}
	if c := k.changesOf(p, r); !c[0].Empty() {
		t.Errorf("once more it differs in %v", c[0].Attrs)
	}
	us, err := r.Kind.Undo(resource.Past{Name: "/srv/data", Before: cs[0].Have, After: cs[0].Want})
	if err != nil || len(us) != 1 {
		t.Fatal(us, err)
	}
	back := *r
	back.Want = cty.ObjectVal(us[0].Want)
	if c := k.changesOf(p, &back); !c[0].Differs("live") {
		t.Errorf("a rollback would do nothing: %v", us[0].Want)
	}
}

// TestLossIsNoted: a plan tells what is lost with a file system in memory, and says nothing of what
// stays somewhere.
func TestLossIsNoted(t *testing.T) {
	tmpfs := func(dev int, point string) string {
		return fmt.Sprintf("%d 1 0:%d / %s rw,relatime - tmpfs tmpfs rw\n", 60+len(point), dev, point)
	}
	for name, tt := range map[string]struct {
		mounts  []string
		files   []string
		attrs   []any
		want    string
		isAfter bool // a rollback cannot bring it back
	}{
		"unmounted":                {[]string{tmpfs(60, "/srv/data")}, []string{"a", "b"}, []any{"ensure", "absent"}, "what is in it is lost, for it is in memory: 2 entries", true},
		"one file":                 {[]string{tmpfs(60, "/srv/data")}, []string{"a"}, []any{"state", "unmounted"}, "what is in it is lost, for it is in memory: a", true},
		"nothing in it":            {[]string{tmpfs(60, "/srv/data")}, nil, []any{"ensure", "absent"}, "", true},
		"it is mounted twice":      {[]string{tmpfs(60, "/srv/data"), tmpfs(60, "/tmp")}, []string{"a"}, []any{"ensure", "absent"}, "", true},
		"on a disk":                {[]string{"60 1 8:1 / /srv/data rw,relatime - ext4 /dev/sda1 rw\n"}, []string{"a"}, []any{"ensure", "absent"}, "", false},
		"replaced":                 {[]string{tmpfs(60, "/srv/data")}, []string{"a"}, []any{"device", "/dev/sdb1", "type", "ext4", "remount", "replace"}, "what is in it is lost, for it is in memory: a", true},
		"remounted, maybe":         {[]string{tmpfs(60, "/srv/data")}, []string{"a"}, []any{"device", "tmpfs", "type", "tmpfs", "options", list("noexec"), "remount", "replace"}, "if it cannot be remounted, what is in it is lost, for it is in memory: a", false},
		"remounted, or left alone": {[]string{tmpfs(60, "/srv/data")}, []string{"a"}, []any{"device", "tmpfs", "type", "tmpfs", "options", list("noexec")}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(t, otherLines, tt.mounts...)
			for _, f := range tt.files {
				k.write("/srv/data/"+f, "x")
			}
			p := k.provider()
			r := k.built(resources.Mount(p), append([]any{"path", "/srv/data"}, tt.attrs...)...)
			c := k.changesOf(p, r)[0]
			notes := slices.DeleteFunc(p.Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast}).Notes, func(n string) bool { return !strings.Contains(n, "lost") })
			if got := strings.Join(notes, "; "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			left := strings.Join(r.Kind.Leaves(resource.Past{Before: c.Have, After: c.Want}), "; ")
			if want := map[bool]string{true: "what was in the tmpfs at /srv/data"}[tt.isAfter]; left != want {
				t.Errorf("a rollback leaves %q, want %q", left, want)
			}
		})
	}
}

// TestIgnoredRemountIsNoted: the plan says which options a remount will not change, of the file systems
// of which that is known.
func TestIgnoredRemountIsNoted(t *testing.T) {
	const fails = "the change will fail; with remount = \"replace\" it is unmounted and mounted again"
	for name, tt := range map[string]struct {
		fstype, options string // as they are
		attrs           []any
		want            string
	}{
		"of a tmpfs":       {"tmpfs", "rw", []any{"options", list("mode=0700", "size=1m")}, "a remount of tmpfs ignores mode=0700: " + fails},
		"and replaced":     {"tmpfs", "rw", []any{"options", list("mode=0700"), "remount", "replace"}, "a remount of tmpfs ignores mode=0700: it is unmounted and mounted again"},
		"as it is already": {"tmpfs", "rw,mode=700", []any{"options", list("mode=0700", "size=1m")}, ""},
		"another option":   {"tmpfs", "rw", []any{"options", list("size=1m")}, ""},
		"of devpts":        {"devpts", "rw,gid=5", []any{"options", list("gid=6")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(t, otherLines, "60 1 0:60 / /srv/data rw,relatime - "+tt.fstype+" "+tt.fstype+" "+tt.options+"\n")
			p := k.provider()
			r := k.built(resources.Mount(p), append([]any{"path", "/srv/data", "device", tt.fstype, "type", tt.fstype}, tt.attrs...)...)
			notes := slices.DeleteFunc(p.Review(t.Context(), k.changesOf(p, r)[0], resource.Outlook{Ask: resource.AskForecast}).Notes, func(n string) bool { return !strings.Contains(n, "ignores") })
			if got := strings.Join(notes, "; "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
