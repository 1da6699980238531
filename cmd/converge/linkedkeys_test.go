package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newLinkedTree is an old tree in which the folder of a user's keys is a link to a folder of the user, in a folder of
// root.
func newLinkedTree(t *testing.T) *oldTree {
	o := newOldTree(t)
	o.write("root/srv/b/own", "")
	o.write("path.hcl", strings.Replace(o.read("key.hcl"), "user = \"bk\"", "path = \"/home/bk/.ssh/authorized_keys\"", 1))
	o.write("line.hcl", "settings { name = \"x\" }\nline \"l\" {\n  path   = \"/home/bk/.ssh/authorized_keys\"\n  line   = \""+oldKeysLine+"\"\n  create = true\n}\n")
	o.write("host.hcl", "settings { name = \"x\" }\nknown_host \"h\" {\n  user = \"bk\"\n  keys = [\""+oldKeysLine+"\"]\n}\n")
	if os.Geteuid() == 0 { // otherwise all folders belong to one user
		o.write("root/etc/passwd", "bk:x:12345:12345::/home/bk:/bin/sh\n")
		o.write("root/etc/group", "bk:x:12345:\n")
		for _, dir := range []string{"root/home/bk", "root/srv/b"} {
			if err := os.Chown(filepath.Join(o.dir, dir), 12345, 12345); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Symlink("/srv/b", filepath.Join(o.dir, "root/home/bk/.ssh")); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *oldTree) read(name string) string {
	o.Helper()
	text, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.Fatal(err)
	}
	return string(text)
}

// isBare requires that the linked folder is unchanged, and the ledger empty.
func (o *oldTree) isBare(after string) {
	o.Helper()
	entries, err := os.ReadDir(filepath.Join(o.dir, "root/srv/b"))
	if err != nil || len(entries) != 1 {
		o.Errorf("it holds %v (%v) after\n%s", entries, err, after)
	}
	if ledger := o.read("root/var/lib/converge/ledger"); strings.Contains(ledger, "was:") {
		o.Errorf("it is still known:\n%s", ledger)
	}
}

// TestKeysInALinkedFolder: keys of a user whose folder of keys is a link have the same key of the ledger from the first
// run on, and are removed by any kind of undo, with the file that was made for them.
func TestKeysInALinkedFolder(t *testing.T) {
	t.Parallel()
	prune := []string{"apply", "--prune", "none.hcl"}
	for _, site := range []string{"key.hcl", "path.hcl", "user.hcl", "host.hcl", "line.hcl"} {
		for name, undo := range map[string][]string{"rollback": {"rollback"}, "prune": prune} {
			t.Run(site+", "+name, func(t *testing.T) {
				t.Parallel()
				o := newLinkedTree(t)
				o.converge("apply", site)
				if ledger := o.read("root/var/lib/converge/ledger"); strings.Contains(ledger, "part:/home") || !strings.Contains(ledger, "making:/srv/b/") {
					t.Errorf("the ledger names it\n%s", ledger)
				}
				o.isBare(o.converge(undo...))
				o.converge("apply", site)
				o.isBare(o.converge(prune...))
			})
		}
	}
}

// TestKeysNamedByALinkGo: a key whose file an older version recorded by the path of the link is removed, and so is the file.
func TestKeysNamedByALinkGo(t *testing.T) {
	t.Parallel()
	for _, site := range []string{"key.hcl", "path.hcl", "user.hcl", "host.hcl"} {
		for name, undo := range map[string][]string{"rollback": {"rollback"}, "prune": {"apply", "--prune", "none.hcl"}} {
			t.Run(site+", "+name, func(t *testing.T) {
				t.Parallel()
				o := newLinkedTree(t)
				o.converge("apply", site)
				o.age(func(text string) string { return strings.ReplaceAll(text, "/srv/b", "/home/bk/.ssh") })
				o.isBare(o.converge(undo...))
			})
		}
	}
}
