package files_test

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/internal/userdb"
	"converge/resources"
)

func TestForesee(t *testing.T) {
	for _, c := range []struct {
		summary string
		want    []any
		err     string
	}{
		{"a folder that is there", []any{"path", "/a", "content", "x"}, ""},
		{"a folder that is not there", []any{"path", "/no/a", "content", "x"}, `cannot create "/no/a": there is no directory "/no"; declare it: directory "/no" {}, or name what brings it in depends_on`},
		{"an owner that is not there", []any{"path", "/a", "content", "x", "owner", "nobodyhere"}, `cannot write "/a": no user "nobodyhere" for owner: neither this host nor the manifest has it (user "nobodyhere" { … } would make it)`},
		{"an owner by number needs not be there", []any{"path", "/a", "content", "x", "owner", "12345"}, ""},
		{"a check whose program is not there", []any{"path", "/a", "content", "x", "verify", []string{"no-such-program", "{path}"}}, `cannot verify "/a": cannot find program "no-such-program" on the PATH; install what brings it first, or declare that: package "NAME"`},
		{"one that is named by its path", []any{"path", "/a", "content", "x", "verify", []string{"/no/program", "{path}"}}, `cannot verify "/a": cannot run /no/program: no such file or directory; install what brings it first, or declare that: package "NAME"`},
	} {
		t.Run(c.summary, func(t *testing.T) {
			m := newMachine(t, files.Options{})
			r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs(c.want...))
			if err != nil {
				t.Fatal(err)
			}
			if err := m.p.Review(t.Context(), resourcetest.Plan(t, r), resource.Outlook{}).Blocked; text(err) != c.err {
				t.Errorf("got %v, want %s", err, c.err)
			}
		})
	}
}

// What lies in folders of several users that are still to be made is refused as
// it will be then.
func TestForeseeUnsafeWay(t *testing.T) {
	needRoot(t)
	for _, c := range []struct {
		summary string
		owners  [3]string // of /d, /d/e and /d/e/f
		err     string
	}{
		{"one user's", [3]string{"1001", "1001", "1001"}, ""},
		{"root's above a user's", [3]string{"0", "1001", "1001"}, ""},
		{"the last one another's", [3]string{"1001", "1001", "1002"}, ""},
		{"a user's in another's", [3]string{"1001", "1002", "1003"}, `cannot change "/d/e/f": "/d" belongs to user 1001, and "e" in it to user 1002: user 1001 may have put it there; look at it, then give it to user 1001 (chown) or remove it, or use a path outside of what belongs to user 1001`},
	} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			m := newMachine(t, files.Options{})
			var cs []resource.Change
			for i, path := range []string{"/d", "/d/e", "/d/e/f"} {
				r, err := resourcetest.Build(resources.Directory(m.p), m.world(), "x", attrs("path", path, "owner", c.owners[i]))
				if err != nil {
					t.Fatal(err)
				}
				cs = append(cs, resource.Diff(r, resource.Absent))
			}
			known := resource.Outlook{Pending: resource.KnownPending, Expected: &resource.Expected{Changes: cs}}
			for i, change := range cs {
				want := ""
				if i == 2 {
					want = c.err
				}
				if err := m.p.Review(t.Context(), change, known).Blocked; text(err) != want {
					t.Errorf("got %v, want %s", err, want)
				}
			}
		})
	}
}

func TestForeseeRemovals(t *testing.T) {
	for _, c := range []struct {
		summary string
		want    []any
		site    files.Site
		err     string
	}{
		{
			summary: "a folder that is not empty", want: []any{"path", "/etc", "ensure", "absent"},
			err: `cannot remove "/etc": directory not empty (it holds "group"): set purge = true to remove what is in it`,
		},
		{summary: "a folder that goes with all that is in it", want: []any{"path", "/etc", "ensure", "absent", "purge", true}},
		{
			summary: "a folder of which all that is in it goes", want: []any{"path", "/etc", "ensure", "absent"},
			site: files.Site{Paths: []string{"/etc", "/etc/passwd", "/etc/group"}},
		},
		{
			summary: "a folder of which something stays", want: []any{"path", "/etc", "ensure", "absent"},
			site: files.Site{Paths: []string{"/etc", "/etc/passwd", "/etc/group"}, Present: []string{"/etc/passwd"}},
			err:  `cannot remove "/etc": directory not empty (it holds "passwd"): set purge = true to remove what is in it`,
		},
	} {
		t.Run(c.summary, func(t *testing.T) {
			m := newMachine(t, files.Options{})
			m.p.Declare(c.site)
			r, err := resourcetest.Build(resources.Directory(m.p), m.world(), "x", attrs(c.want...))
			if err != nil {
				t.Fatal(err)
			}
			if err := m.p.Review(t.Context(), resourcetest.Plan(t, r), resource.Outlook{}).Blocked; text(err) != c.err {
				t.Errorf("got %v, want %s", err, c.err)
			}
		})
	}
}

// What keeps an entry below a directory from being removed or changed, the plan says, unless what
// is pending may set it free.
func TestForeseeFixedBelow(t *testing.T) {
	needRoot(t)
	const mounted = `cannot remove "/etc/d/m": a file system is mounted there: unmount it, or declare what is to stay`
	const fixed = `cannot remove "/etc/d/f": it is immutable or append-only (see chattr)`
	mount := func(t *testing.T, root string) { mount(t, root+"/other", root+"/etc/d/m", "", syscall.MS_BIND, "") }
	chattr := func(t *testing.T, root string) {
		if out, err := exec.Command("chattr", "+i", root+"/etc/d/f").CombinedOutput(); err != nil {
			t.Skipf("no immutable files here: %v: %s", err, out)
		}
		t.Cleanup(func() { exec.Command("chattr", "-i", root+"/etc/d/f").Run() })
	}
	const held = `cannot remove "/etc/d/f": its directory is immutable or append-only (see chattr)`
	holding := func(flag string) func(t *testing.T, root string) {
		return func(t *testing.T, root string) {
			if out, err := exec.Command("chattr", "+"+flag, root+"/etc/d").CombinedOutput(); err != nil {
				t.Skipf("no such directories here: %v: %s", err, out)
			}
			t.Cleanup(func() { exec.Command("chattr", "-"+flag, root+"/etc/d").Run() })
		}
	}
	declared := files.Site{Paths: []string{"/etc/d/m", "/etc/passwd", "/etc/group"}}
	for _, c := range []struct {
		summary string
		setup   func(t *testing.T, root string)
		want    []any
		site    files.Site
		err     string
	}{
		{summary: "mounted below what goes", setup: mount, want: []any{"path", "/etc/d", "ensure", "absent", "purge", true}, err: mounted},
		{summary: "mounted below what is purged", setup: mount, want: []any{"path", "/etc/d", "purge", true}, err: mounted},
		{summary: "mounted deep in what is purged", setup: mount, want: []any{"path", "/etc", "purge", true}, err: mounted},
		{summary: "mounted and declared", setup: mount, want: []any{"path", "/etc/d", "purge", true}, site: files.Site{Paths: []string{"/etc/d/m"}}},
		{summary: "what is mounted is not handed down to", setup: mount, want: []any{"path", "/etc/d", "mode", "0700", "recurse", true}},
		{summary: "immutable in what goes", setup: chattr, want: []any{"path", "/etc/d", "ensure", "absent", "purge", true}, err: fixed},
		{summary: "immutable in what is purged", setup: chattr, want: []any{"path", "/etc/d", "purge", true}, err: fixed},
		{summary: "in an immutable directory that stays", setup: holding("i"), want: []any{"path", "/etc", "purge", true}, site: declared, err: held},
		{summary: "in an append-only directory that stays", setup: holding("a"), want: []any{"path", "/etc", "purge", true}, site: declared, err: held},
		{
			summary: "immutable below", setup: chattr, want: []any{"path", "/etc/d", "mode", "0700", "recurse", true},
			err: `cannot change "/etc/d/f": it is immutable or append-only (see chattr)`,
		},
	} {
		t.Run(c.summary, func(t *testing.T) {
			m := newMachine(t, files.Options{Keep: &kept{}})
			if err := errors.Join(
				os.MkdirAll(m.root+"/etc/d/m", 0o755), os.Mkdir(m.root+"/other", 0o755), os.WriteFile(m.root+"/other/precious", nil, 0o644), os.WriteFile(m.root+"/etc/d/f", nil, 0o644),
			); err != nil {
				t.Fatal(err)
			}
			c.setup(t, m.root)
			m.p.Declare(c.site)
			r, err := resourcetest.Build(resources.Directory(m.p), m.world(), "x", attrs(c.want...))
			if err != nil {
				t.Fatal(err)
			}
			plan := resourcetest.Plan(t, r)
			if err := m.p.Review(t.Context(), plan, resource.Outlook{}).Blocked; text(err) != c.err {
				t.Errorf("got %v, want %s", err, c.err)
			}
			if err := m.p.Review(t.Context(), plan, resource.Outlook{Pending: resource.UnknownPending}).Blocked; err != nil {
				t.Errorf("what is pending may set it free, and yet: %v", err)
			}
			m.p.Solve(t.Context(), []resource.Change{plan}, func(yield func(resource.Change) bool) {
				yield(resource.Change{Kind: &resource.Kind{Opaque: true}, Action: resource.Run})
			})
			beside := m.p.Review(t.Context(), plan, resource.Outlook{})
			isBelow := strings.HasPrefix(c.err, "cannot remove")
			if noted := strings.Contains(strings.Join(beside.Notes, "\n"), "as things stand, "+c.err); isBelow && (beside.Blocked != nil || !noted) {
				t.Errorf("a command of the plan may set it free, and yet: %v, %q", beside.Blocked, beside.Notes)
			}
			if c.err != "" {
				return
			}
			if err := m.p.Apply(t.Context(), plan); err != nil {
				t.Errorf("apply: %v", err)
			}
			if info, err := os.Stat(m.root + "/other"); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("what is mounted was changed: %v, %v", info.Mode(), err)
			}
			if _, err := os.Stat(m.root + "/other/precious"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestInterfacesOfTheKernel looks at the host's own, and changes none.
func TestInterfacesOfTheKernel(t *testing.T) {
	f, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	p := files.New(files.Options{FS: f, Accounts: userdb.New("/")})
	ports, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		testhost.Cannot(t, "needs a network: "+err.Error())
	}
	words := strings.Join(strings.Fields(string(ports)), " ")
	for _, c := range []struct {
		want   []any
		action resource.Action
		err    string
	}{
		{[]any{"path", "/proc/sys/net/ipv4/ip_local_port_range", "content", string(ports)}, resource.None, ""},
		{[]any{"path", "/proc/sys/net/ipv4/ip_local_port_range", "content", words}, resource.None, ""},
		{[]any{"path", "/proc/sys/net/ipv4/ip_local_port_range", "content", "1 2"}, resource.Update, ""},
		{[]any{"path", "/proc/sys/net/nothing", "content", "x"}, resource.Create, `cannot create "/proc/sys/net/nothing": the kernel has no such interface (is a module not loaded?)`},
		{[]any{"path", "/sys/nothing", "content", "x"}, resource.Create, `cannot create "/sys/nothing": the kernel has no such interface (is a module not loaded?)`},
		{[]any{"path", "/proc/version", "ensure", "absent"}, resource.Delete, `cannot remove "/proc/version": it is an interface of the kernel's`},
		{[]any{"path", "/proc/sys/kernel/hostname", "mode", "0440"}, resource.Update, `cannot change mode or owner of "/proc/sys/kernel/hostname": the kernel has settings keep theirs`},
		{[]any{"path", "/proc/version", "mode", "0440"}, resource.Update, ""},
		{[]any{"path", "/proc/version", "content", "x", "backup", true}, resource.Update, `cannot back up "/proc/version": it is an interface of the kernel's`},
	} {
		r, err := resourcetest.Build(resources.File(p), &resourcetest.World{Provider: p}, "x", attrs(c.want...))
		if err != nil {
			t.Fatal(err)
		}
		plan := resourcetest.Plan(t, r)
		if plan.Action != c.action {
			t.Errorf("%v: %s, want %s", c.want, plan.Action, c.action)
		}
		if plan.Empty() {
			continue
		}
		if err := p.Review(t.Context(), plan, resource.Outlook{}).Blocked; text(err) != c.err {
			t.Errorf("%v: %v, want %s", c.want, err, c.err)
		}
	}
}

// TestNewInAnotherUsersDirectory: what is made there belongs to that user,
// unless the manifest says otherwise, which the plan then warns of.
func TestNewInAnotherUsersDirectory(t *testing.T) {
	needRoot(t)
	for _, c := range []struct {
		want  []any
		notes string
		tree  []string // of /home/bob
	}{
		{[]any{"path", "/home/bob/d"}, "", []string{"/d/ 0755 1001:1003"}},
		{[]any{"path", "/home/bob/a/b", "parents", true, "mode", "0700"}, "", []string{"/a/ 0755 1001:1003", "/a/b/ 0700 1001:1003"}},
		{[]any{"path", "/home/bob/a/b", "parents", true, "owner", "www"}, "", []string{"/a/ 0755 1001:1003", "/a/b/ 0755 1001:1003"}},
		{
			[]any{"path", "/home/bob/d", "owner", "0"},
			`cannot manage what lies in "/home/bob/d": "/home/bob" belongs to www, and "d" in it to root: www may have put it there; look at it, then give it to www (chown) or remove it, or use a path outside of what belongs to www`,
			[]string{"/d/ 0755 0:0"},
		},
	} {
		m := newMachine(t, files.Options{})
		if err := errors.Join(os.MkdirAll(m.root+"/home/bob", 0o755), os.Chown(m.root+"/home/bob", 1001, 1003)); err != nil {
			t.Fatal(err)
		}
		r, err := resourcetest.Build(resources.Directory(m.p), m.world(), "x", attrs(c.want...))
		if err != nil {
			t.Fatal(err)
		}
		plan := resourcetest.Plan(t, r)
		if got := strings.Join(m.p.Review(t.Context(), plan, resource.Outlook{Pending: resource.UnknownPending}).Notes, "\n"); got != c.notes {
			t.Errorf("%v: notes %q, want %q", c.want, got, c.notes)
		}
		if err := m.p.Apply(t.Context(), plan); err != nil {
			t.Errorf("%v: %v", c.want, err)
		}
		got := strings.Split(strings.TrimSpace(tree(t, m.root+"/home/bob", false)), "\n")[1:]
		if !slices.Equal(got, c.tree) {
			t.Errorf("%v: %q, want %q", c.want, got, c.tree)
		}
	}
}

// TestFoldersOnTheWay: the plan names the folders that a directory brings with it,
// once, as no resource stands for them.
func TestFoldersOnTheWay(t *testing.T) {
	m := newMachine(t, files.Options{})
	var plans []resource.Change
	for _, path := range []string{"/srv", "/srv/a/b/c", "/srv/a/d"} {
		r, err := resourcetest.Build(resources.Directory(m.p), m.world(), "x", attrs("path", path, "parents", true))
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, resourcetest.Plan(t, r))
	}
	known := resource.Outlook{Pending: resource.KnownPending, Expected: &resource.Expected{Changes: plans}}
	for i, want := range []string{"", `makes on the way, and leaves when it goes: "/srv/a", "/srv/a/b"`, ""} {
		if got := strings.Join(m.p.Review(t.Context(), plans[i], known).Notes, "\n"); got != want {
			t.Errorf("%s: %q, want %q", plans[i].Addr, got, want)
		}
	}
}

// TestNoFileAtAHome: what comes with a new user is a directory.
func TestNoFileAtAHome(t *testing.T) {
	m := newMachine(t, files.Options{})
	known := resource.Outlook{Pending: resource.KnownPending, Expected: &resource.Expected{Made: []string{"/home"}}}
	for _, c := range []struct {
		kind func(resource.Provider) *resource.Kind
		want []any
		err  string
	}{
		{resources.File, []any{"path", "/home"}, `cannot create "/home": the home of a user is made there before: set create_home = false, or have the user depend on this`},
		{resources.Link, []any{"path", "/home", "target", "/srv"}, `cannot create "/home": the home of a user is made there before: set create_home = false, or have the user depend on this`},
		{resources.Directory, []any{"path", "/home"}, ""},
		{resources.File, []any{"path", "/home/f"}, ""},
	} {
		r, err := resourcetest.Build(c.kind(m.p), m.world(), "x", attrs(c.want...))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.p.Review(t.Context(), resourcetest.Plan(t, r), known).Blocked; text(err) != c.err {
			t.Errorf("%v: %v, want %s", c.want, err, c.err)
		}
	}
}
