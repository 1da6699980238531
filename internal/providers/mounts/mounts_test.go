package mounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func build(t *testing.T, p resource.Provider, attrs map[string]cty.Value) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.Mount(p), &resourcetest.World{}, "x", attrs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plan is the change of a resource, or why there is none.
func plan(r *resource.Resource) (resource.Change, error) {
	have, err := r.Provider().Observe(context.Background(), r.Want)
	if err != nil {
		return resource.Change{}, err
	}
	c := resource.Diff(r, have)
	if c.Empty() {
		return c, nil
	}
	return c, c.Kind.Provider.(resource.Reviewer).Review(context.Background(), c, resource.Outlook{}).Blocked
}

// converge plans and applies, and returns the error of either.
func converge(t *testing.T, r *resource.Resource) error {
	t.Helper()
	c, err := plan(r)
	if err != nil || c.Empty() {
		return err
	}
	if err := r.Provider().Apply(context.Background(), c); err != nil {
		return err
	}
	again, err := plan(r)
	if err == nil && !again.Empty() {
		t.Errorf("applied, and yet the plan would change %s", resourcetest.Names(again))
	}
	return err
}

func TestMounts(t *testing.T) {
	a := resourcetest.Attrs
	shm := a("path", "/dev/shm", "device", "tmpfs", "type", "tmpfs", "options", list("nosuid", "noexec"))
	const layer = "%d %d 0:%d / /dev/shm rw,nosuid,relatime - tmpfs tmpfs rw\n"
	one, two := fmt.Sprintf(layer, 50, 1, 50), fmt.Sprintf(layer, 51, 50, 51)
	data := "60 1 8:1 / /srv/data rw,relatime - ext4 /dev/sda1 rw\n"
	for _, tt := range []struct {
		name, fstab string
		mounts      []string
		fail        map[string]string
		attrs       map[string]cty.Value
		ran         string // without findmnt
		after       string // fstab; "": as before
		err         string
	}{
		{
			name: "a stack: the topmost is changed", mounts: []string{one, two}, attrs: shm,
			ran: "mount -o remount,nosuid,noexec -t tmpfs -- tmpfs /dev/shm", after: "tmpfs /dev/shm tmpfs nosuid,noexec 0 0\n",
		},
		{
			name: "a stack is unmounted as a whole", mounts: []string{one, two}, attrs: a("path", "/dev/shm", "ensure", "absent"),
			ran: "umount -- /dev/shm; umount -- /dev/shm",
		},
		{
			name: "only options are declared", fstab: "/dev/sda1 /srv/data ext4 defaults,nodev 0 2\n", mounts: []string{data},
			attrs: a("path", "/srv/data", "options", list("noexec", "nofail")),
			ran:   "mount -o remount,noexec -t ext4 -- /dev/sda1 /srv/data", after: "/dev/sda1 /srv/data ext4 noexec,nofail 0 2\n",
		},
		{
			name: "flags that nobody declares stay", fstab: "proc /proc proc hidepid=2 0 0\n",
			mounts: []string{"61 1 0:5 / /proc rw,nosuid,nodev,noexec,noatime - proc proc rw\n"},
			attrs:  a("path", "/proc", "options", list("hidepid=2", "exec", "relatime")),
			ran:    "mount -o remount,nosuid,nodev,hidepid=2,exec,relatime -t proc -- proc /proc", after: "proc /proc proc hidepid=2,exec,relatime 0 0\n",
		},
		{
			name: "what is mounted gets a line", mounts: []string{data}, attrs: a("path", "/srv/data", "options", list("relatime")),
			after: "/dev/sda1 /srv/data ext4 relatime 0 0\n",
		},
		{
			name: "options of fstab alone change no mount", fstab: "/dev/sda1 /srv/data ext4 rw 0 2\n", mounts: []string{data},
			attrs: a("path", "/srv/data", "options", list("rw", "nofail", "_netdev", "x-systemd.automount", "noauto")),
			after: "/dev/sda1 /srv/data ext4 rw,nofail,_netdev,x-systemd.automount,noauto 0 2\n",
		},
		{
			name: "unmounted", fstab: "/dev/sda1 /srv/data ext4 noauto 0 2\n", mounts: []string{data},
			attrs: a("path", "/srv/data", "state", "unmounted"), ran: "umount -- /srv/data",
		},
		{
			name: "two lines", fstab: "a /srv/data ext4\n\nb /srv/data/ xfs\n", attrs: a("path", "/srv/data", "options", list("ro")),
			err: "cannot edit /etc/fstab:3: line 1 is for /srv/data, too; remove one of them",
		},
		{
			name: "neither line nor mount", attrs: a("path", "/srv/data", "options", list("ro")),
			err: "cannot mount at \"/srv/data\": there is no line for it in /etc/fstab, and nothing is mounted there; set device and type",
		},
		{
			name: "no type, and neither line nor mount", attrs: a("path", "/srv/data", "device", "/dev/sdb1"),
			err: "cannot mount at \"/srv/data\": there is no line for it in /etc/fstab, and nothing is mounted there; set type, such as type = \"ext4\"",
		},
		{
			name: "no directory", attrs: a("path", "/srv/none", "device", "tmpfs", "type", "tmpfs"),
			err: "cannot mount \"/srv/none\": there is no such directory; declare it: directory \"/srv/none\" {}",
		},
		{
			name: "mount makes the directory", attrs: a("path", "/srv/none", "device", "tmpfs", "type", "tmpfs", "options", list("x-mount.mkdir=0700")),
			ran: "mount -t tmpfs -o x-mount.mkdir=0700 -- tmpfs /srv/none", after: "tmpfs /srv/none tmpfs x-mount.mkdir=0700 0 0\n",
		},
		{
			name: "another device is mounted", mounts: []string{data}, attrs: a("path", "/srv/data", "device", "/dev/sdb1", "type", "ext4"),
			err: "cannot mount /dev/sdb1 at \"/srv/data\": /dev/sda1 (ext4) is mounted there; with remount = \"replace\" it is unmounted first",
		},
		{
			name: "another device that is not there replaces nothing", fstab: "/dev/sda1 /srv/data ext4 rw 0 2\n", mounts: []string{data},
			attrs: a("path", "/srv/data", "device", "/dev/none", "type", "xfs", "remount", "replace"),
			err:   "cannot mount \"/dev/none\" at \"/srv/data\": there is no such device or path",
		},
		{
			name: "a device that is not there", attrs: a("path", "/srv/data", "device", "/dev/none", "type", "xfs"),
			err: "cannot mount \"/dev/none\" at \"/srv/data\": there is no such device or path",
		},
		{
			name: "what cannot be replaced is mounted again", fstab: "/dev/sda1 /srv/data ext4 rw 0 2\n", mounts: []string{data},
			fail:  map[string]string{"/dev/sdb1 /srv/data": "mount: wrong fs type\n"},
			attrs: a("path", "/srv/data", "device", "/dev/sdb1", "type", "xfs", "remount", "replace"),
			ran:   "umount -- /srv/data; mount -t xfs -o rw -- /dev/sdb1 /srv/data; mount -t ext4 -o rw,relatime -- /dev/sda1 /srv/data",
			err:   "cannot mount \"/srv/data\": wrong fs type; what was mounted there is mounted again",
		},
		{
			name: "neither it nor what was there can be mounted", fstab: "/dev/sda1 /srv/data ext4 rw 0 2\n", mounts: []string{data},
			fail:  map[string]string{"1 /srv/data": "mount: no\n"},
			attrs: a("path", "/srv/data", "device", "/dev/sdb1", "type", "xfs", "remount", "replace"),
			ran:   "umount -- /srv/data; mount -t xfs -o rw -- /dev/sdb1 /srv/data; mount -t ext4 -o rw,relatime -- /dev/sda1 /srv/data",
			err:   "cannot mount \"/srv/data\": no; nothing is mounted there now, because what was cannot be mounted again: cannot mount \"/srv/data\": no",
		},
		{
			name: "another device is replaced", fstab: "/dev/sda1 /srv/data ext4 rw 0 2\n", mounts: []string{data},
			attrs: a("path", "/srv/data", "device", "/dev/sdb1", "type", "xfs", "remount", "replace"),
			ran:   "umount -- /srv/data; mount -t xfs -o rw -- /dev/sdb1 /srv/data", after: "/dev/sdb1 /srv/data xfs rw 0 2\n",
		},
		{
			name: "no options are declared: any will do", fstab: "tmpfs /dev/shm tmpfs nosuid 0 0\n", mounts: []string{one},
			attrs: a("path", "/dev/shm", "device", "tmpfs", "type", "tmpfs", "remount", "replace"),
		},
		{
			name: "a mount with those that it shows is cut off from them before", fstab: "/srv/from /srv/data none rbind 0 0\n",
			mounts: []string{"60 1 254:0 /srv/from /srv/data rw,relatime shared:1 - ext4 /dev/vda rw\n"},
			attrs:  a("path", "/srv/data", "state", "unmounted"), ran: "mount --make-rslave -- /srv/data; umount -R -- /srv/data",
		},
		{
			name: "a mount with those that it shows stays if it cannot be cut off", fstab: "/srv/from /srv/data none rbind 0 0\n",
			mounts: []string{"60 1 254:0 /srv/from /srv/data rw,relatime shared:1 - ext4 /dev/vda rw\n"},
			fail:   map[string]string{"--make-rslave -- /srv/data": "mount: no\n"},
			attrs:  a("path", "/srv/data", "state", "unmounted"), ran: "mount --make-rslave -- /srv/data",
			err: "cannot unmount \"/srv/data\": no",
		},
		{
			name: "a remount that is not possible", mounts: []string{one}, fail: map[string]string{"-- tmpfs /dev/shm": "mount: /dev/shm: mount point not mounted or bad option.\n       dmesg(1) may have more information after failed mount system call.\n"}, attrs: shm,
			ran: "mount -o remount,nosuid,noexec -t tmpfs -- tmpfs /dev/shm",
			err: "cannot remount \"/dev/shm\": /dev/shm: mount point not mounted or bad option.; with remount = \"replace\" it is unmounted and mounted again",
		},
		{
			name: "what cannot be mounted leaves no line", fail: map[string]string{"/srv/data": "mount.nfs: Connection refused\n"},
			attrs: a("path", "/srv/data", "device", "nas:/export", "type", "nfs", "options", list("vers=4.2")),
			ran:   "mount -t nfs -o vers=4.2 -- nas:/export /srv/data", err: "cannot mount \"/srv/data\": mount.nfs: Connection refused",
		},
		{
			name: "what cannot be mounted leaves no line with nofail either", fail: map[string]string{"-t ext4 -- /dev/sdb1 /srv/data": "mount: special device does not exist.\n"},
			attrs: a("path", "/srv/data", "device", "/dev/sdb1", "type", "ext4", "options", list("nofail")),
			ran:   "mount -t ext4 -- /dev/sdb1 /srv/data", err: "cannot mount \"/srv/data\": special device does not exist.",
		},
		{
			name: "what is mounted in the background only leaves no line", attrs: a("path", "/srv/data", "device", "nas:/export", "type", "nfs", "options", list("bg")),
			ran: "mount -t nfs -o bg -- nas:/export /srv/data",
			err: "cannot mount \"/srv/data\": mount reports no error, and nothing is mounted there; remove options by which it does not wait (bg)",
		},
		{
			name: "options that a remount ignores leave no line", mounts: []string{one}, fstab: "tmpfs /dev/shm tmpfs nosuid 0 0\n",
			attrs: a("path", "/dev/shm", "device", "tmpfs", "type", "tmpfs", "options", list("nosuid", "ignored=1", "gid=5", "mode=0700")),
			ran:   "mount -o remount,nosuid,ignored=1,gid=5,mode=0700 -t tmpfs -- tmpfs /dev/shm",
			err:   "cannot remount \"/dev/shm\": gid=5,mode=0700 did not take effect; with remount = \"replace\" it is unmounted and mounted again",
		},
		{
			name: "a bound file that was written anew is bound again", fstab: "/srv/from/sub /srv/data none bind 0 0\n",
			mounts: []string{"60 1 254:0 /srv/from/sub//deleted /srv/data rw,relatime - ext4 /dev/vda rw\n"},
			attrs:  a("path", "/srv/data", "device", "/srv/from/sub", "options", list("bind")),
			ran:    "umount -- /srv/data; mount -t none -o bind -- /srv/from/sub /srv/data",
		},
		{
			name: "a bind mount whose device is not declared", fstab: "/srv/from /srv/data none bind 0 0\n",
			mounts: []string{"60 1 254:0 /srv/from /srv/data rw,relatime - ext4 /dev/vda rw\n"},
			attrs:  a("path", "/srv/data", "options", list("bind", "nosuid")), after: "/srv/from /srv/data none bind,nosuid 0 0\n",
			ran: "mount -o remount,bind,nosuid -- /srv/data",
		},
		{
			name: "what is in use keeps its line", fstab: "/dev/sda1 /srv/data ext4 rw 0 2\n", mounts: []string{data, "61 60 8:2 / /srv/data/sub rw - ext4 /dev/sdb1 rw\n"},
			fail:  map[string]string{"/srv/data": "umount: /srv/data: target is busy.\n"},
			attrs: a("path", "/srv/data", "ensure", "absent"), ran: "umount -- /srv/data",
			err: "cannot unmount \"/srv/data\": /srv/data: target is busy.; mounted on it: /srv/data/sub",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newKernel(t, tt.fstab, tt.mounts...)
			for end, says := range tt.fail {
				k.fail[end] = says
			}
			err := converge(t, build(t, k.provider(), tt.attrs))
			if got := fmt.Sprint(err); got != tt.err && (err != nil || tt.err != "") {
				t.Errorf("%s\nwant %s", got, tt.err)
			}
			ran := slices.DeleteFunc(k.ran, func(l string) bool { return strings.HasPrefix(l, "findmnt") || strings.HasPrefix(l, "findfs") })
			if got := strings.Join(ran, "; "); got != tt.ran {
				t.Errorf("ran %q, want %q", got, tt.ran)
			}
			if tt.after == "" {
				tt.after = tt.fstab
			}
			if got := k.read("/etc/fstab"); got != tt.after {
				t.Errorf("fstab is %q, want %q", got, tt.after)
			}
		})
	}
}

// All mounts that are changed together are one writing of fstab, one check and one
// reload.
func TestManyAtOnce(t *testing.T) {
	k := newKernel(t, otherLines)
	p := k.provider()
	var cs []resource.Change
	for i := range 12 {
		at := fmt.Sprintf("/srv/%d", i)
		if err := os.Mkdir(k.root+at, 0o755); err != nil {
			t.Fatal(err)
		}
		r := build(t, p, resourcetest.Attrs("path", at, "device", "tmpfs", "type", "tmpfs"))
		r.Addr.Name = at
		c, err := plan(r)
		if err != nil {
			t.Fatal(err)
		}
		cs = append(cs, c)
	}
	k.fail["/srv/7"] = "mount: no\n"
	out := p.ApplyAll(t.Context(), cs, resource.Forecast{})
	for i := range cs {
		if (out.Err(i) != nil) != (i == 7) {
			t.Errorf("%d: %v", i, out.Err(i))
		}
	}
	if n := len(k.ran) - len(cs); n != 1 || k.reloads != 2 { // the second is of the line that was put back
		t.Errorf("%d checks and %d reloads: %q", n, k.reloads, k.ran)
	}
	if got := k.read("/etc/fstab"); strings.Count(got, "\n") != 2+11 || strings.Contains(got, "/srv/7") || !strings.HasPrefix(got, otherLines) {
		t.Errorf("fstab is %q", got)
	}
}

// wrote is a ledger with one digest.
type wrote string

func (w *wrote) Wrote(_, digest string) (same, known bool) {
	return string(*w) == digest, *w != ""
}

// An option that the kernel shows in words of its own is compared with what it showed
// when converge set it, in a later run as well; flags are compared always.
func TestOptionsThatTheKernelRewrites(t *testing.T) {
	k := newKernel(t, "")
	ledger := new(wrote)
	open := func() *Provider {
		p := k.provider()
		p.Ledger = ledger
		return p
	}
	attrs := resourcetest.Attrs("path", "/dev/shm", "device", "tmpfs", "type", "tmpfs", "options", list("noexec", "size=50%", "weird=1"))
	r := build(t, open(), attrs)
	c, err := plan(r)
	if err != nil {
		t.Fatal(err)
	}
	out := r.Provider().(*Provider).ApplyAll(t.Context(), []resource.Change{c}, resource.Forecast{})
	if out.Err(0) != nil {
		t.Fatal(out.Err(0))
	}
	text := resource.Must[resources.MountWant](out.MadeAs(0).Want).Live.Value
	sum := sha256.Sum256([]byte(text))
	*ledger = wrote(hex.EncodeToString(sum[:]))
	expect := func(summary string, want bool) {
		t.Helper()
		c, err := plan(build(t, open(), attrs))
		if err != nil || c.Empty() != want {
			t.Errorf("%s: %s, %v", summary, resourcetest.Names(c), err)
		}
	}
	expect("a later run", true)
	before := k.read("/proc/self/mountinfo")
	k.write("/proc/self/mountinfo", strings.Replace(before, "size=8165452k", "size=4k", 1))
	expect("another size", false)
	k.write("/proc/self/mountinfo", strings.Replace(before, ",noexec", "", 1))
	expect("a flag is gone", false)
	k.write("/proc/self/mountinfo", before)
	expect("as it was", true)
	k.write("/etc/fstab", strings.Replace(k.read("/etc/fstab"), "weird=1", "weird=2", 1))
	expect("another line", false)
	*ledger = ""
	expect("the ledger is lost", false)
}

// Prune, which knows no state, unmounts only what converge mounted.
func TestPruneUnmountsOnlyItsOwn(t *testing.T) {
	const mounted = "50 1 0:50 / /dev/shm rw,relatime - tmpfs tmpfs rw\n"
	sum := sha256.Sum256([]byte("tmpfs tmpfs rw,relatime"))
	for ledger, ran := range map[wrote]string{"": "", wrote(hex.EncodeToString(sum[:])): "umount -- /dev/shm"} {
		k := newKernel(t, "tmpfs /dev/shm tmpfs defaults 0 0\n", mounted)
		p := k.provider()
		p.Ledger = &ledger
		kind := resources.Mount(p)
		want, err := kind.Prepare(resource.Input{Attrs: resourcetest.Attrs("path", "/dev/shm", "ensure", "absent")})
		if err != nil {
			t.Fatal(err)
		}
		if err := converge(t, &resource.Resource{Kind: kind, Want: cty.ObjectVal(want)}); err != nil {
			t.Fatal(err)
		}
		ran2 := slices.DeleteFunc(k.ran, func(l string) bool { return strings.HasPrefix(l, "findmnt") || strings.HasPrefix(l, "findfs") })
		if got := strings.Join(ran2, "; "); got != ran {
			t.Errorf("ran %q, want %q", got, ran)
		}
		if got := k.read("/etc/fstab"); got != "" {
			t.Errorf("fstab is %q", got)
		}
	}
}

// What keeps a mount from being unmounted is named, with its number and how it does.
func TestUsersAreNamed(t *testing.T) {
	k := newKernel(t, "")
	for pid, link := range map[string][2]string{"7": {"cwd", "/srv/data/x"}, "8": {"exe", "/srv/data2/x"}, "9": {"root", "/"}, "10": {"fd/3", "/srv/data/log (deleted)"}} {
		dir := k.root + "/proc/" + pid
		if err := os.MkdirAll(dir+"/fd", 0o755); err != nil {
			t.Fatal(err)
		}
		k.write("/proc/"+pid+"/comm", "p"+pid+"\n")
		k.write("/proc/"+pid+"/maps", "7f00-7f01 r--p 0 00:00 0 [heap]\n")
		if err := os.Symlink(link[1], dir+"/"+link[0]); err != nil {
			t.Fatal(err)
		}
	}
	k.write("/proc/9/maps", "7f00-7f01 r-xp 00000000 08:01 12 /srv/data/lib.so (deleted)\n")
	got := strings.Join(processes{k.fs()}.users(t.Context(), "/srv/data"), ", ")
	if want := "p10 (process 10, open file), p7 (process 7, working directory), p9 (process 9, mapped file)"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// A server that is down has the mount wait, and neither the plan nor the check.
func TestServerIsDown(t *testing.T) {
	// Nothing at the mount point can be looked at: there is not even a directory.
	k := newKernel(t, "nas:/x /srv/gone nfs rw 0 0\n", "70 1 0:70 / /srv/gone rw,relatime - nfs4 nas:/x rw,vers=4.2\n")
	p := k.provider()
	if c, err := plan(build(t, p, resourcetest.Attrs("path", "/srv/gone", "device", "nas:/x/", "type", "nfs", "options", list("rw")))); err != nil || c.Differs("live") {
		t.Errorf("%s, %v", resourcetest.Names(c), err)
	}
	p.Run = func(ctx context.Context, c process.Command) (process.Result, error) {
		return process.Result{}, &process.Overdue{Limit: c.Timeout}
	}
	err := converge(t, build(t, p, resourcetest.Attrs("path", "/srv/data", "device", "nas:/y", "type", "nfs")))
	if want := `cannot mount "/srv/data": it took longer than 1m30s and was ended`; fmt.Sprint(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
	if got := k.read("/etc/fstab"); got != "nas:/x /srv/gone nfs rw 0 0\n" {
		t.Errorf("fstab is %q", got)
	}
}

// Where converge may not mount, the plan says so, and what can be done.
func TestMayNotMount(t *testing.T) {
	k := newKernel(t, "")
	p := k.provider()
	p.MayMount = func() bool { return false }
	_, err := plan(build(t, p, resourcetest.Attrs("path", "/srv/data", "device", "tmpfs", "type", "tmpfs")))
	if want := `cannot change what is mounted at "/srv/data": converge may not mount here; with state = "saved" only the line is managed`; fmt.Sprint(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// With --root only the line is managed.
func TestOtherRoot(t *testing.T) {
	k := newKernel(t, "")
	p := k.provider()
	p.Live = false
	r := build(t, p, resourcetest.Attrs("path", "/srv/none", "device", "tmpfs", "type", "tmpfs"))
	if err := converge(t, r); err != nil || len(k.ran) > 0 || k.read("/etc/fstab") != "tmpfs /srv/none tmpfs defaults 0 0\n" {
		t.Errorf("%v, %q, %q", err, k.ran, k.read("/etc/fstab"))
	}
}
