package files_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

// fault is a machine that refuses, and what becomes of a change on it.
type fault struct {
	name   string
	setup  func(t *testing.T, root string)
	given  []string
	want   []any // attributes of a file
	notes  []string
	stops  bool   // the plan foresees that the change will fail
	unseen string // the error of looking, which is all that happens then
	err    string
	tree   []string // nil: as given
}

func mount(t *testing.T, source, target, typ string, flags uintptr, data string) {
	t.Helper()
	if err := syscall.Mount(source, target, typ, flags, data); err != nil {
		t.Fatalf("mount %s: %v", target, err)
	}
	t.Cleanup(func() { syscall.Unmount(target, syscall.MNT_DETACH) })
}

func remount(t *testing.T, root string, flags uintptr) {
	t.Helper()
	if err := syscall.Mount("", root, "", syscall.MS_REMOUNT|syscall.MS_BIND|flags, ""); err != nil {
		t.Fatal(err)
	}
}

func chattr(t *testing.T, flag, path string) {
	t.Helper()
	if out, err := exec.Command("chattr", flag, path).CombinedOutput(); err != nil {
		t.Fatalf("chattr %s: %v\n%s", flag, err, out)
	}
	if flag[0] == '+' {
		t.Cleanup(func() { exec.Command("chattr", "-"+flag[1:], path).Run() })
	}
}

func faults() []fault {
	big := strings.Repeat("x", 1<<20)
	return []fault{
		{
			name: "read-only mount", given: []string{"d /d", "f /d/a old"}, want: []any{"path", "/d/a", "content", "new"},
			setup: func(t *testing.T, root string) {
				mount(t, root+"/d", root+"/d", "", syscall.MS_BIND, "")
				remount(t, root+"/d", syscall.MS_RDONLY)
			},
			stops: true,
			err:   `cannot replace "/d/a": read-only file system: the file system is mounted read-only`,
		},
		{
			name: "full disk", given: []string{"d /full", "f /full/a old"}, want: []any{"path", "/full/a", "content", big},
			setup: func(t *testing.T, root string) {
				mount(t, "tmpfs", root+"/full", "tmpfs", 0, "size=64k")
				os.WriteFile(root+"/full/a", []byte("old"), 0o644)
			},
			err: `cannot replace "/full/a": no space left on device`, tree: []string{"/full/ 1777", `/full/a 0644 "old"`},
		},
		{
			name: "immutable file", given: []string{"f /a old"}, want: []any{"path", "/a", "content", "new"},
			setup: func(t *testing.T, root string) { chattr(t, "+i", root+"/a") },
			stops: true,
			err:   `cannot replace "/a": operation not permitted: it is immutable or append-only (see chattr)`,
		},
		{
			name: "immutable directory", given: []string{"d /d", "f /d/a old"}, want: []any{"path", "/d/a", "content", "new"},
			setup: func(t *testing.T, root string) { chattr(t, "+i", root+"/d") },
			err:   `cannot replace "/d/a": operation not permitted: its directory is immutable or append-only (see chattr)`,
		},
		{
			name: "immutable file to remove", given: []string{"f /a old"}, want: []any{"path", "/a", "ensure", "absent"},
			setup: func(t *testing.T, root string) { chattr(t, "+i", root+"/a") },
			stops: true,
			err:   `cannot remove "/a": operation not permitted: it is immutable or append-only (see chattr)`,
		},
		{
			name: "bind-mounted file", given: []string{"f /a old", "f /b inner"}, want: []any{"path", "/a", "content", "new", "mode", "0600"},
			setup: func(t *testing.T, root string) { mount(t, root+"/b", root+"/a", "", syscall.MS_BIND, "") },
			notes: []string{"it is a mount point: written in place, which is not atomic"},
			tree:  []string{`/a 0600 "new"`, `/b 0600 "new"`},
		},
		{
			name: "bind-mounted file in a read-only directory", given: []string{"d /d", "f /d/a old", "f /b inner"},
			want: []any{"path", "/d/a", "content", "new", "backup", false, "verify", []string{"grep", "-q", "new", "{path}"}},
			setup: func(t *testing.T, root string) {
				mount(t, root+"/d", root+"/d", "", syscall.MS_BIND, "")
				mount(t, root+"/b", root+"/d/a", "", syscall.MS_BIND, "")
				remount(t, root+"/d", syscall.MS_RDONLY)
			},
			notes: []string{"it is a mount point: written in place, which is not atomic"},
			tree:  []string{`/b 0644 "new"`, "/d/ 0755", `/d/a 0644 "new"`},
		},
		{
			name: "bind-mounted file on a full disk", given: []string{"d /full", "f /a old"}, want: []any{"path", "/a", "content", big},
			setup: func(t *testing.T, root string) {
				mount(t, "tmpfs", root+"/full", "tmpfs", 0, "size=64k")
				os.WriteFile(root+"/full/b", []byte("inner"), 0o644)
				mount(t, root+"/full/b", root+"/a", "", syscall.MS_BIND, "")
			},
			notes: []string{"it is a mount point: written in place, which is not atomic"},
			err:   `cannot replace "/a": no space left on device`,
			tree:  []string{`/a 0644 "inner"`, "/full/ 1777", `/full/b 0644 "inner"`},
		},
		{
			name: "mount point to remove", given: []string{"f /a old", "f /b inner"}, want: []any{"path", "/a", "ensure", "absent"},
			setup: func(t *testing.T, root string) { mount(t, root+"/b", root+"/a", "", syscall.MS_BIND, "") },
			stops: true, err: `cannot remove "/a": a file system is mounted there`, tree: []string{`/a 0644 "inner"`, `/b 0644 "inner"`},
		},
		{
			name: "link planted in a directory for all", given: []string{"d /pub", "d /victim", "l /pub/x /victim"},
			want: []any{"path", "/pub/x/a", "content", "new"},
			setup: func(_ *testing.T, root string) {
				syscall.Chmod(root+"/pub", 0o1777)
				os.Lchown(root+"/pub/x", 1001, 1001)
			},
			unseen: `cannot look at "/pub/x/a": "/pub/x" is a link of user 1001 in a directory that anyone can write to: user 1001 may have planted it; remove it, or use the path without it`,
			tree:   []string{"/pub/ 1777", "/pub/x -> /victim", "/victim/ 0755"},
		},
		{
			name: "hard link planted to be given away", given: []string{"d /home", "f /secret x"},
			want: []any{"path", "/home/f", "owner", "1001"},
			setup: func(_ *testing.T, root string) {
				os.Chown(root+"/home", 1001, 1001)
				os.Link(root+"/secret", root+"/home/f")
			},
			stops: true,
			err:   `cannot change "/home/f": it has other names (hard links) and others can write to its directory: remove the other names, or put a copy in its place`,
			tree:  []string{"/home/ 0755", `/home/f 0644 "x"`, `/secret 0644 "x"`},
		},
		{
			name: "other names of a replaced file", given: []string{"f /a old"}, want: []any{"path", "/a", "content", "new"},
			setup: func(_ *testing.T, root string) { os.Link(root+"/a", root+"/b") },
			notes: []string{"it has 2 names (hard links): the others keep the old content"},
			tree:  []string{`/a 0644 "new"`, `/b 0644 "old"`},
		},
	}
}

// TestFaults makes the machine refuse. The mounts are made in a mount
// namespace of the test's own.
func TestFaults(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			m := newMachine(t, files.Options{Keep: &kept{}})
			os.RemoveAll(m.root + "/etc")
			effect{given: f.given}.arrange(t, m.root)
			before := perms(t, m.root)
			f.setup(t, m.root)
			r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs(f.want...))
			if err != nil {
				t.Fatal(err)
			}
			if f.unseen != "" {
				if _, err := m.p.Observe(t.Context(), r.Want); text(err) != f.unseen {
					t.Errorf("observe: %v\nwant: %s", err, f.unseen)
				}
				return
			}
			c := resourcetest.Plan(t, r)
			if d := cmp.Diff(f.notes, m.p.Review(t.Context(), c, resource.Outlook{Pending: resource.UnknownPending}).Notes); d != "" {
				t.Errorf("notes (-want +got):\n%s", d)
			}
			if err := m.p.Review(t.Context(), c, resource.Outlook{}).Blocked; (err != nil) != f.stops {
				t.Errorf("foreseen: %v", err)
			}
			if err := m.p.Apply(t.Context(), c); text(err) != f.err {
				t.Errorf("apply: %v\nwant: %s", err, f.err)
			}
			if f.err == "" && !resourcetest.Plan(t, r).Empty() {
				t.Error("applied, and yet there is something to do")
			}
			if f.tree == nil {
				f.tree = before
			}
			if d := cmp.Diff(f.tree, perms(t, m.root)); d != "" {
				t.Errorf("the machine after (-want +got):\n%s", d)
			}
		})
	}
}

// inNamespace runs the calling test again in a mount namespace of its own, and
// reports whether this is that run.
func inNamespace(t *testing.T) bool {
	t.Helper()
	needRoot(t)
	if os.Getenv("CONVERGE_TEST_NAMESPACE") == t.Name() {
		return true
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^"+t.Name()+"$", "-test.v="+map[bool]string{true: "true", false: "false"}[testing.Verbose()])
	cmd.Env = append(os.Environ(), "CONVERGE_TEST_NAMESPACE="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		testhost.Cannot(t, "needs a mount namespace of its own: "+err.Error())
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	} else if testing.Verbose() {
		t.Logf("%s", out)
	}
	return false
}

// TestBatchGoesOn: one of many that fails takes no other with it, and nothing
// staged is left.
func TestBatchGoesOn(t *testing.T) {
	m := newMachine(t, files.Options{})
	var cs []resource.Change
	for _, a := range [][]any{
		{"path", "/etc/a", "content", "a"},
		{"path", "/missing/b", "content", "b"},
		{"path", "/etc/c", "content", "c", "verify", []string{"false", "{path}"}},
		{"path", "/etc/d", "content", "d"},
	} {
		r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs(a...))
		if err != nil {
			t.Fatal(err)
		}
		cs = append(cs, resourcetest.Plan(t, r))
	}
	errs := m.p.ApplyAll(t.Context(), cs, resource.Forecast{}).Errs
	for i, want := range []bool{false, true, true, false} {
		if (errs[i] != nil) != want {
			t.Errorf("change %d: %v", i, errs[i])
		}
	}
	names, _ := filepath.Glob(m.root + "/etc/*")
	hidden, _ := filepath.Glob(m.root + "/etc/.*")
	if got := len(names) + len(hidden); got != 4 { // passwd, group, a, d
		t.Errorf("left in /etc: %v %v", names, hidden)
	}
}
