package service

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTreeRemovesDanglingLinks: links that enable a unit without a file are found, and removed if the unit must be
// disabled.
func TestTreeRemovesDanglingLinks(t *testing.T) {
	t.Parallel()
	root := newTree(t)
	for link, target := range map[string]string{
		"etc/systemd/system/multi-user.target.wants/gone.service": "/usr/lib/systemd/system/gone.service",
		"etc/systemd/system/x.target.requires/gone.service":       "/usr/lib/systemd/system/gone.service",
		"etc/systemd/system/alias.service":                        "/usr/lib/systemd/system/gone.service",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	p := New(Options{Root: root})
	equal(t, "gone", converge(t, p, attrs{"name": "gone", "enabled": false, "running": false}), "enabled")
	equal(t, "alias", converge(t, p, attrs{"name": "alias", "enabled": false}), "enabled")
	equal(t, "again", converge(t, p, attrs{"name": "gone", "enabled": false}), "")
	equal(t, "links", links(t, root), "")
}

// TestIdentify: the name of a unit is that of its file, through links from one unit folder to another; a link to any
// other folder defines a unit of its own.
func TestIdentify(t *testing.T) {
	t.Parallel()
	root := newTree(t)
	for link, target := range map[string]string{
		"etc/systemd/system/web2.service":       "/usr/lib/systemd/system/web.service",
		"etc/systemd/system/web3.service":       "web2.service",
		"etc/systemd/system/ttyx@.service":      "/usr/lib/systemd/system/get@.service",
		"etc/systemd/system/linked.service":     "/opt/other.service",
		"etc/systemd/system/masked.service":     "/dev/null",
		"etc/systemd/system/circle1.service":    "circle2.service",
		"etc/systemd/system/circle2.service":    "circle1.service",
		"etc/systemd/system/wrong.timer":        "web.service",
		"etc/systemd/system/default.target":     "/usr/lib/systemd/system/graphical.target",
		"usr/lib/systemd/system/vendor.service": "web.service",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	p := New(Options{Root: root})
	got, err := p.Identify(t.Context(), []string{
		"unit:web.service", "unit:web2.service", "unit:web3.service", "unit:ttyx@1.service", "unit:ttyx@.service", "unit:get@1.service",
		"unit:linked.service", "unit:masked.service", "unit:wrong.timer", "unit:default.target", "unit:vendor.service", "unit:nope.service",
		"path:/etc/systemd/system/web2.service", "unit:bad name",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"unit:web2.service": "unit:web.service", "unit:web3.service": "unit:web.service", "unit:vendor.service": "unit:web.service",
		"unit:ttyx@1.service": "unit:get@1.service", "unit:ttyx@.service": "unit:get@.service",
		"unit:default.target": "unit:graphical.target",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := p.Identify(t.Context(), []string{"unit:circle1.service"}); err != nil {
		t.Errorf("a circle: %v", err)
	}
}

func TestInChroot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		first, own string
		want       bool
	}{
		{dir, dir, false},
		{dir, "/", true},
		{dir + "/nothing", "/", true}, // no /proc
	} {
		if got := inChroot(c.first, c.own); got != c.want {
			t.Errorf("%q, %q: got %v", c.first, c.own, got)
		}
	}
}
