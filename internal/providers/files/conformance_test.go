package files_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// in turns a file operation in the machine's root into a step of a case.
func in(op func(root string) error) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if err := op(w.Root); err != nil {
			t.Fatal(err)
		}
	}
}

func chmod(path string, mode os.FileMode) func(testing.TB, *resourcetest.World) {
	return in(func(root string) error { return os.Chmod(root+path, mode) })
}

func chown(path string, uid, gid int) func(testing.TB, *resourcetest.World) {
	return in(func(root string) error { return os.Lchown(root+path, uid, gid) })
}

func write(path, content string) func(testing.TB, *resourcetest.World) {
	return in(func(root string) error { return os.WriteFile(root+path, []byte(content), 0o644) })
}

func remove(path string) func(testing.TB, *resourcetest.World) {
	return in(func(root string) error { return os.RemoveAll(root + path) })
}

func symlink(target, path string) func(testing.TB, *resourcetest.World) {
	return in(func(root string) error {
		os.Remove(root + path)
		return os.Symlink(target, root+path)
	})
}

// shows checks that one line of the machine's dump begins so.
func shows(line string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		d := w.Dump(t)
		if !bytes.Contains([]byte(d), []byte("\n"+line)) {
			t.Fatalf("the machine lacks the line %q:\n%s", line, d)
		}
	}
}

func missing(path string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if _, err := os.Lstat(w.Root + path); !os.IsNotExist(err) {
			t.Fatalf("%s is there: %v", path, err)
		}
	}
}

func gone(path string) map[string]cty.Value {
	return resourcetest.Attrs("path", path, "ensure", "absent")
}

func suite(kind func(resource.Provider) *resource.Kind, cases ...resourcetest.Case) resourcetest.Suite {
	without := map[resourcetest.Part]string{}
	if kind(nil).Name == "link" {
		without[resourcetest.Kept] = "a link has nothing besides its text"
	}
	return resourcetest.Suite{Kind: kind, Cases: cases, Named: named(kind), Without: without, World: func(t testing.TB) *resourcetest.World {
		w := newMachine(t, files.Options{}).world()
		w.Node = cty.ObjectVal(map[string]cty.Value{"hostname": cty.StringVal("h1")})
		return w
	}}
}

// named returns the simplest thing of a kind at a path.
func named(kind func(resource.Provider) *resource.Kind) resourcetest.Named {
	extra := map[string][]any{"file": {"content", "x"}, "template": {"inline", "x"}, "link": {"target", "x"}, "directory": {"parents", true}, "tree": {"type", "file", "source", "app.conf"}}[kind(nil).Name]
	return func(name string) (want, without map[string]cty.Value) {
		path := name
		if strings.Trim(name, "/") != "" {
			path = "/etc/" + strings.ReplaceAll(strings.Trim(name, "/"), "/", "-")
		}
		return resourcetest.Attrs(append([]any{"path", path}, extra...)...), gone(path)
	}
}

// hiddenStates are what a manifest that manages neither must not lose.
func hiddenStates(path string) []resourcetest.Hidden {
	lost := map[string]bool{"gone": true, "a file in the way": true}
	return []resourcetest.Hidden{
		{Name: "extended attribute", LostBy: lost, Do: in(func(root string) error {
			return unix.Setxattr(root+path, "user.note", []byte("kept"), 0)
		})},
		{Name: "access list", LostBy: lost, Do: in(func(root string) error {
			// user::rwx, user:7:r--, group::r-x, mask::r-x, other::r-x, as acl(5) has them in an attribute
			return unix.Setxattr(root+path, "system.posix_acl_access", []byte("\x02\x00\x00\x00"+
				"\x01\x00\x06\x00\xff\xff\xff\xff"+"\x02\x00\x04\x00\x07\x00\x00\x00"+"\x04\x00\x04\x00\xff\xff\xff\xff"+
				"\x10\x00\x04\x00\xff\xff\xff\xff"+"\x20\x00\x04\x00\xff\xff\xff\xff"), 0)
		})},
	}
}

// throughLink declares the same path through a link to its folder.
func throughLink(dir, base string, more ...any) func(testing.TB, *resourcetest.World) map[string]cty.Value {
	return func(t testing.TB, w *resourcetest.World) map[string]cty.Value {
		t.Helper()
		if err := os.Symlink(dir, w.Root+"/alias"); err != nil {
			t.Fatal(err)
		}
		return resourcetest.Attrs(append([]any{"path", "/alias/" + base}, more...)...)
	}
}

func fileDrifts(path string) []resourcetest.Drift {
	return []resourcetest.Drift{
		{Name: "gone", Do: remove(path)},
		{Name: "content", Attr: "content", Do: write(path, "edited\n"), Managed: "checked by the case that does not set it"},
		{Name: "mode", Attr: "mode", Do: chmod(path, 0o666)},
		{Name: "owner", Attr: "owner", Do: chown(path, 7, -1)},
		{Name: "group", Attr: "group", Do: chown(path, -1, 7)},
	}
}

func TestFileConformance(t *testing.T) {
	needRoot(t)
	suite(
		resources.File,
		resourcetest.Case{
			Name:      "content, mode and owner",
			Want:      resourcetest.Attrs("path", "/etc/motd", "content", "hello\n", "mode", "0640", "owner", "www", "group", "staff"),
			Check:     shows(`/etc/motd 0640 1001:50 "hello\n"`),
			Drifts:    fileDrifts("/etc/motd"),
			Hidden:    hiddenStates("/etc/motd")[:1],
			OtherName: throughLink("/etc", "motd", "content", "hello\n", "mode", "0640", "owner", "1001", "group", "50"),
			Gone:      gone("/etc/motd"), Removed: missing("/etc/motd"),
		},
		resourcetest.Case{
			Name: "content only",
			Want: resourcetest.Attrs("path", "/etc/plain", "content", "x"),
			Check: func(t testing.TB, w *resourcetest.World) {
				if b, err := os.ReadFile(w.Root + "/etc/plain"); string(b) != "x" {
					t.Fatal(string(b), err)
				}
			},
			Drifts: []resourcetest.Drift{{Name: "content", Attr: "content", Do: write("/etc/plain", "edited"), Managed: ""}},
			Hidden: hiddenStates("/etc/plain"),
			Gone:   gone("/etc/plain"), Removed: missing("/etc/plain"),
		},
		resourcetest.Case{
			Name:   "setuid, of a numbered owner",
			Want:   resourcetest.Attrs("path", "/etc/tool", "content", "#!\n", "mode", "u=rwxs,go=rx", "owner", "1001", "group", "50"),
			Check:  shows(`/etc/tool 4755 1001:50 "#!\n"`),
			Drifts: []resourcetest.Drift{{Name: "no setuid", Attr: "mode", Do: chmod("/etc/tool", 0o755)}},
			Gone:   gone("/etc/tool"),
		},
		resourcetest.Case{
			Name:   "source with its digest",
			Want:   resourcetest.Attrs("path", "/etc/app.conf", "source", "app.conf", "sha256", "186DBB238D050EDD6B55BF44C82CA2EE69250CE0C1033755F28D022F3C39508E"),
			Check:  shows(`/etc/app.conf 0644 0:0 "from a file\n"`),
			Drifts: []resourcetest.Drift{{Name: "content", Attr: "content", Do: write("/etc/app.conf", "from a fill\n"), Managed: "it comes from source"}},
			Gone:   gone("/etc/app.conf"),
		},
		resourcetest.Case{
			Name:   "through a link",
			Given:  in(func(root string) error { return os.Symlink("real.conf", root+"/etc/link.conf") }),
			Want:   resourcetest.Attrs("path", "/etc/real.conf", "content", "x", "follow", true),
			Check:  shows(`/etc/link.conf 0777 0:0 -> real.conf`),
			Drifts: []resourcetest.Drift{{Name: "content", Attr: "content", Do: write("/etc/link.conf", "y")}},
		},
		resourcetest.Case{
			Name: "verified, with a backup",
			Want: resourcetest.Attrs(
				"path", "/etc/checked.conf", "content", "good\n", "backup", true, "verify", []string{"grep", "-q", "good", "{path}"}),
			Check:  shows(`/etc/checked.conf 0644 0:0 "good\n"`),
			Drifts: []resourcetest.Drift{{Name: "content", Attr: "content", Do: write("/etc/checked.conf", "bad")}},
		},
	).Run(t)
}

func TestTemplateConformance(t *testing.T) {
	needRoot(t)
	suite(resources.Template, resourcetest.Case{
		Name:      "source",
		Want:      resourcetest.Attrs("path", "/etc/t.conf", "source", "app.conf.tmpl", "vars", map[string]any{"workers": 4}, "mode", "0600", "owner", "www", "group", "www"),
		Check:     shows(`/etc/t.conf 0600 1001:1002 "workers 4 on h1, 4\n"`),
		Drifts:    fileDrifts("/etc/t.conf"),
		Hidden:    hiddenStates("/etc/t.conf")[:1],
		OtherName: throughLink("/etc", "t.conf", "source", "app.conf.tmpl", "vars", map[string]any{"workers": 4}, "mode", "0600", "owner", "www", "group", "www"),
		Gone:      gone("/etc/t.conf"), Removed: missing("/etc/t.conf"),
	}, resourcetest.Case{
		Name:  "inline",
		Want:  resourcetest.Attrs("path", "/etc/i.conf", "inline", "{{ upper .vars.a }}", "vars", map[string]any{"a": "x"}),
		Check: shows(`/etc/i.conf 0644 0:0 "X"`),
	}).Run(t)
}

func TestDirectoryConformance(t *testing.T) {
	needRoot(t)
	below := in(func(root string) error {
		if err := os.MkdirAll(root+"/srv/tree/sub", 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(root+"/srv/tree/sub/f", nil, 0o600); err != nil {
			return err
		}
		return errors.Join(os.Chown(root+"/srv/tree/sub", 1001, -1), os.Chown(root+"/srv/tree/sub/f", 1001, -1))
	})
	suite(resources.Directory, resourcetest.Case{
		Name:  "mode and owner",
		Want:  resourcetest.Attrs("path", "/etc/app", "mode", "2750", "owner", "www", "group", "staff"),
		Check: shows(`/etc/app/ 2750 1001:50`),
		Drifts: []resourcetest.Drift{
			{Name: "gone", Do: remove("/etc/app")},
			{Name: "mode", Attr: "mode", Do: chmod("/etc/app", 0o777)},
			{Name: "owner", Attr: "owner", Do: chown("/etc/app", 7, -1)},
			{Name: "group", Attr: "group", Do: chown("/etc/app", -1, 7)},
		},
		Hidden:    hiddenStates("/etc/app")[:1],
		OtherName: throughLink("/etc", "app", "mode", "2750", "owner", "www", "group", "staff"),
		Gone:      gone("/etc/app"), Removed: missing("/etc/app"),
	}, resourcetest.Case{
		Name:   "parents, recurse and purge",
		Want:   resourcetest.Attrs("path", "/srv/tree", "parents", true, "recurse", true, "purge", true, "mode", "u=rwX,g=rX,o=", "owner", "www"),
		Check:  shows(`/srv/tree/ 0750 1001:0`),
		Drifts: []resourcetest.Drift{{Name: "something below", Attr: "undeclared", Do: below}},
		Gone:   resourcetest.Attrs("path", "/srv/tree", "ensure", "absent", "purge", true), Removed: missing("/srv/tree"),
	}).Run(t)
}

func TestLinkConformance(t *testing.T) {
	suite(resources.Link, resourcetest.Case{
		Name: "relative",
		Want: resourcetest.Attrs("path", "/etc/l", "target", "../usr/share/x"),
		Check: func(t testing.TB, w *resourcetest.World) {
			if to, _ := os.Readlink(filepath.Join(w.Root, "etc/l")); to != "../usr/share/x" {
				t.Fatal(to)
			}
		},
		Drifts: []resourcetest.Drift{
			{Name: "gone", Do: remove("/etc/l")},
			{Name: "target", Attr: "target", Do: symlink("/elsewhere", "/etc/l"), Managed: "a link has a target"},
		},
		OtherName: throughLink("/etc", "l", "target", "../usr/share/x"),
		Gone:      gone("/etc/l"), Removed: missing("/etc/l"),
	}, resourcetest.Case{
		Name: "force",
		Want: resourcetest.Attrs("path", "/etc/m", "target", "/x", "force", true),
		Drifts: []resourcetest.Drift{{Name: "a file in the way", Attr: "type", Do: in(func(root string) error {
			os.Remove(root + "/etc/m")
			return os.WriteFile(root+"/etc/m", []byte("in the way"), 0o644)
		})}},
		Gone: gone("/etc/m"),
	}).Run(t)
}

// treeEntry is the kind tree as one of its resources has it: with the attributes that
// the tree sets for each.
func treeEntry(p resource.Provider) *resource.Kind {
	k := resources.Tree(p)
	for i := range k.Attrs {
		switch a := &k.Attrs[i]; a.Name {
		case "type", "target", "ensure":
			a.Computed = false
		}
	}
	return k
}

func TestTreeConformance(t *testing.T) {
	needRoot(t)
	drifts := fileDrifts("/etc/x.conf")
	drifts[1].Managed = "it comes from source"
	suite(treeEntry, resourcetest.Case{
		Name:      "a file",
		Want:      resourcetest.Attrs("type", "file", "path", "/etc/x.conf", "source", "app.conf", "mode", "0640", "owner", "www", "group", "staff"),
		Check:     shows(`/etc/x.conf 0640 1001:50 "from a file\n"`),
		Drifts:    drifts,
		Hidden:    hiddenStates("/etc/x.conf")[:1],
		OtherName: throughLink("/etc", "x.conf", "type", "file", "source", "app.conf", "mode", "0640", "owner", "www", "group", "staff"),
		Gone:      gone("/etc/x.conf"), Removed: missing("/etc/x.conf"),
	}, resourcetest.Case{
		Name:  "its folder, purged",
		Want:  resourcetest.Attrs("type", "directory", "path", "/etc/x", "purge", true, "mode", "0750"),
		Check: shows(`/etc/x/ 0750 0:0`),
		Drifts: []resourcetest.Drift{
			{Name: "gone", Do: remove("/etc/x")},
			{Name: "something in it", Attr: "undeclared", Do: write("/etc/x/more", "x")},
		},
		Gone: gone("/etc/x"), Removed: missing("/etc/x"),
	}, resourcetest.Case{
		Name:   "a link",
		Want:   resourcetest.Attrs("type", "link", "path", "/etc/x.link", "target", "../usr/x"),
		Drifts: []resourcetest.Drift{{Name: "target", Attr: "target", Do: symlink("/elsewhere", "/etc/x.link"), Managed: "a link has a target"}},
		Gone:   gone("/etc/x.link"), Removed: missing("/etc/x.link"),
	}).Run(t)
}
