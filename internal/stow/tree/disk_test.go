package tree_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
	"converge/internal/stow/tree"
)

func open(t testing.TB, dir string) *tree.Disk {
	t.Helper()
	target, err := fsys.OpenDirAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := tree.New(target)
	t.Cleanup(func() {
		d.Close()
		target.Close()
	})
	return d
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"t/a/b", "s/p/d"} {
		if err := os.MkdirAll(filepath.Join(dir, p), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "s/p/f"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"t/a/dead": "nowhere", "t/a/loop": "loop", "t/p": "../s/p", "t/a/f": "../../s/p/f", "t/a/d": "../../s/p/d",
	} {
		if err := os.Symlink(text, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	long := strings.Repeat("x", 300)
	for _, listed := range []bool{false, true} {
		disk := open(t, filepath.Join(dir, "t"))
		if listed {
			for _, d := range []string{"", "a", "../s/p"} {
				if _, err := disk.List(d); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range []struct {
			path  string
			look  farm.Type
			text  string
			leads farm.Type
		}{
			{"", farm.Dir, "", farm.Dir},
			{"a", farm.Dir, "", farm.Dir},
			{"a/dead", farm.Symlink, "nowhere", farm.None},
			{"a/loop", farm.Symlink, "loop", farm.None},
			{"a/f", farm.Symlink, "../../s/p/f", farm.File},
			{"a/d", farm.Symlink, "../../s/p/d", farm.Dir},
			{"a/d/x", farm.None, "", farm.None},
			{"p/f", farm.File, "", farm.File},
			{"p/f/x", farm.None, "", farm.None},
			{"../s/p", farm.Dir, "", farm.Dir},
			{"..", farm.Dir, "", farm.Dir},
			{"gone", farm.None, "", farm.None},
			{"gone/too", farm.None, "", farm.None},
			{"a/loop/x", farm.None, "", farm.None},
			{long, farm.None, "", farm.None},
			{long + "/x", farm.None, "", farm.None},
		} {
			look, text, err := disk.Look(c.path)
			if err != nil || look != c.look || text != c.text {
				t.Errorf("listed %v: Look(%.20q) = %v, %q, %v; want %v, %q", listed, c.path, look, text, err, c.look, c.text)
			}
			leads, err := disk.Leads(c.path)
			if err != nil || leads != c.leads {
				t.Errorf("listed %v: Leads(%.20q) = %v, %v; want %v", listed, c.path, leads, err, c.leads)
			}
		}
	}
}

func TestDiskHoldsFewDirectoriesOpen(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		if err := os.MkdirAll(filepath.Join(dir, "d", strings.Repeat("x", i+1)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	disk := open(t, dir)
	for range 2 {
		for i := range 200 {
			if got, err := disk.Leads("d/" + strings.Repeat("x", i+1) + "/y"); err != nil || got != farm.None {
				t.Fatal(got, err)
			}
		}
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	if len(fds) > 100 {
		t.Errorf("%d file descriptors are open", len(fds))
	}
}

// Reads and SameFile work for existing and missing paths.
func TestDiskCompares(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"t/a", "s/p"} {
		if err := os.MkdirAll(filepath.Join(dir, p), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"t/l": "../s/p/f", "t/a/p": "../../s/p", "t/pp": "../s/p"} {
		if err := os.Symlink(text, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"s/p/f", "t/g"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	disk := open(t, filepath.Join(dir, "t"))
	for _, c := range []struct {
		dir, name, prefix string
		want              bool
	}{
		{"", "l", "../s/p/", false}, // the text is prefix and name
		{"", "pp", "../s/", false},
		{"a", "p", "../../s/", true},
		{"a", "p", "../s/", false},
		{"", "g", "", false},
		{"", "gone", "", false},
		{"gone", "p", "../../s/", false},
		{"", strings.Repeat("x", 300), "", false},
	} {
		if got, err := disk.Reads(c.dir, c.name, c.prefix); got != c.want || err != nil {
			t.Errorf("Reads(%q, %.20q, %q) = %v, %v", c.dir, c.name, c.prefix, got, err)
		}
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"pp/f", "a/p/f", true},
		{"pp/f", "../s/p/f", true},
		{"g", "pp/f", false},
		{"l", "pp/f", false},
		{"l", "l", true},
		{"gone/x", "g", false},
		{"g", "gone/x", false},
	} {
		if got, err := disk.SameFile(c.a, c.b); got != c.want || err != nil {
			t.Errorf("SameFile(%q, %q) = %v, %v", c.a, c.b, got, err)
		}
	}
}

// A path with more links than the kernel follows leads nowhere, as for any program, although each directory on it can be
// opened from the one above.
func TestDiskCountsLinks(t *testing.T) {
	dir := t.TempDir()
	path := ""
	for i := range 45 {
		name := filepath.Join(dir, "d"+strings.Repeat("x", i))
		if err := os.MkdirAll(name, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("../d"+strings.Repeat("x", i+1), filepath.Join(name, "n")); err != nil {
			t.Fatal(err)
		}
		path += "/n"
	}
	if err := os.MkdirAll(filepath.Join(dir, "d"+strings.Repeat("x", 45)), 0o755); err != nil {
		t.Fatal(err)
	}
	disk := open(t, dir)
	for links, want := range map[int]farm.Type{1: farm.Dir, 39: farm.Dir, 40: farm.Dir, 41: farm.None, 45: farm.None} {
		p := "d" + path[:2*links]
		if got, err := disk.Leads(p); got != want || err != nil {
			t.Errorf("%d links: %v, %v, want %v", links, got, err, want)
		}
		_, err := os.Stat(filepath.Join(dir, p))
		if (err == nil) != (want == farm.Dir) {
			t.Errorf("%d links: the kernel says %v", links, err)
		}
	}
}
