package files

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/fsys"
)

// What a path leads through is told by looking, and by nobody whose word would
// make root's things out of other names: another user's link to what is not that
// user's is none.
func TestSpot(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"/usr/lib", "/root", "/home/bob/own", "/tmp", "/srv/bob"} {
		if err := os.MkdirAll(root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for at, text := range map[string]string{
		"/lib": "usr/lib", "/new": "usr/not/yet", "/home/bob/ssh": "/root", "/home/bob/www": "own", "/home/bob/new": "/root/not/yet",
		"/home/bob/far": "ssh", "/home/bob/srv": "/srv/bob", "/tmp/planted": "/usr/lib",
	} {
		if err := os.Symlink(text, root+at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(root+"/f", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	isRoot := os.Geteuid() == 0
	if isRoot {
		for _, at := range []string{"/home/bob", "/home/bob/own", "/home/bob/ssh", "/home/bob/www", "/home/bob/new", "/home/bob/far", "/home/bob/srv", "/srv/bob", "/tmp/planted"} {
			if err := os.Lchown(root+at, 1001, 1001); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(root+"/tmp", 0o1777); err != nil {
			t.Fatal(err)
		}
	}
	fs, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	p := New(Options{FS: fs})
	for _, c := range []struct {
		path   string
		unsafe bool // root does not follow it
		want   Spot
	}{
		{path: "/gone"},
		{path: "/gone/deeper"},
		{path: "/f/below"},
		{path: "/f", want: Spot{Anything: true}},
		{path: "/lib", want: Spot{Anything: true, Link: "usr/lib"}},
		{path: "/new", want: Spot{Anything: true, Link: "usr/not/yet"}},
		{path: "/home/bob/www", want: Spot{Anything: true, Link: "own"}},
		{path: "/home/bob/ssh", unsafe: true, want: Spot{Anything: true, Link: "/root"}},
		{path: "/home/bob/far", unsafe: true, want: Spot{Anything: true, Link: "ssh"}},
		{path: "/home/bob/new", unsafe: true, want: Spot{Anything: true, Link: "/root/not/yet"}},
		{path: "/home/bob/srv", want: Spot{Anything: true, Link: "/srv/bob", Through: isRoot}}, // bob's, by a name that is root's
		{path: "/tmp/planted", unsafe: true, want: Spot{Anything: true, Link: "/usr/lib"}},
	} {
		if c.unsafe && isRoot {
			c.want.Link = ""
		}
		if d := cmp.Diff(c.want, p.Spot(context.Background(), c.path)); d != "" {
			t.Errorf("%s: %s", c.path, d)
		}
	}
	a, b := p.Spot(context.Background(), "/usr"), p.Spot(context.Background(), "/usr/lib")
	if a.Folder[1] == 0 || a.Folder == b.Folder {
		t.Errorf("two directories are %v and %v", a.Folder, b.Folder)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if d := cmp.Diff(Spot{}, p.Spot(ctx, "/usr")); d != "" {
		t.Error(d)
	}
}
