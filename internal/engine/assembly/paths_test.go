package assembly

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// disk is a tree in a few words: "/lib>usr/lib" is a link, "/usr/lib" a folder,
// "/var/run=7" a folder with that inode.
func disk(words string) func(string) Spot {
	spots := map[string]Spot{}
	ino := uint64(1000)
	for _, w := range strings.Fields(words) {
		ino++
		s := Spot{Anything: true, Folder: [2]uint64{1, ino}}
		at := w
		if link, text, ok := strings.Cut(w, ">"); ok {
			at, s = link, Spot{Anything: true, Link: text}
		} else if dir, n, ok := strings.Cut(w, "="); ok {
			at = dir
			_, _ = fmt.Sscan(n, &s.Folder[1])
		}
		spots[at] = s
	}
	return func(p string) Spot { return spots[p] }
}

func TestPaths(t *testing.T) {
	for _, c := range []struct{ summary, disk, declared, want string }{
		{"no links", "/etc /etc/a", "", "/etc/a/f:/etc/a/f /:/"},
		{"a relative link", "/lib>usr/lib /usr /usr/lib", "", "/lib/f:/usr/lib/f /usr/lib/f:/usr/lib/f /lib:/lib"},
		{"an absolute link", "/lib>/usr/lib /usr /usr/lib", "", "/lib/f:/usr/lib/f"},
		{"a link below a link", "/a>b /b /b/c>d /b/d", "", "/a/c/f:/b/d/f /b/c/f:/b/d/f"},
		{"a chain", "/a>b /b>/c /c>d/e /d /d/e", "", "/a/f:/d/e/f /b/f:/d/e/f /c/f:/d/e/f"},
		{"up from where a link leads", "/a>b/c /b /b/c /b/c/l>../x /b/x", "", "/a/l/f:/b/x/f"},
		{"up through a link, not past its name", "/a /a/l>../b/m/../x /b /b/m>/c/d /c /c/d /c/x", "", "/a/l/f:/c/x/f"},
		{"above the root is the root", "/a>../../b /b", "", "/a/f:/b/f"},
		{"dots and slashes in a link", "/a>.//b/./ /b", "", "/a/f:/b/f"},
		{"links in a circle lead nowhere", "/a>b /b>a", "", "/a/f:/b/f"},
		{"a link to itself", "/a>a", "", "/a/f:/a/f"},
		{"a link to nothing", "/a>gone/x", "", "/a/f:/gone/x/f"},
		{"nothing there", "", "", "/x/y/z:/x/y/z"},
		{"a declared link to what will be there", "", "/cur>v2", "/cur/f:/v2/f /cur:/cur"},
		{"a declared link turns away from where it leads now", "/cur>v1 /v1 /v2", "/cur>v2", "/cur/f:/v2/f"},
		{"a declared link through a link that is there", "/v2>store/2 /store /store/2", "/cur>v2", "/cur/f:/store/2/f"},
		{"declared links behind each other", "", "/a>b /b>c /c>d", "/a/f:/d/f /b/f:/d/f"},
		{"a declared link below a declared link", "", "/a>b /a/l>m", "/a/l/f:/b/m/f /b/l/f:/b/m/f"},
		{"a declared link below one that turns", "/a>old /old /old/l>x", "/a>b /a/l>m", "/a/l/f:/b/m/f /old/l/f:/old/x/f"},
		{"a link that is to go", "/cur>v1 /v1", "/cur>", "/cur/f:/cur/f"},
		{"a folder mounted in two places", "/run=7 /var /var/run=7 /var/run/a=8 /run/a=8", "", "/run/f:/run/f /var/run/f:/run/f /var/run/a/f:/run/a/f"},
		{"the same, met the other way round", "/run=7 /var /var/run=7", "", "/var/run/f:/var/run/f /run/f:/var/run/f"},
	} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			p := newPaths(disk(c.disk))
			links := map[string]string{}
			for _, w := range strings.Fields(c.declared) {
				at, text, _ := strings.Cut(w, ">")
				links[at] = text
			}
			p.declare(links)
			for _, w := range strings.Fields(c.want) {
				spelled, want, _ := strings.Cut(w, ":")
				if got := p.place(spelled); got != want {
					t.Errorf("%s is %s, want %s", spelled, got, want)
				}
			}
		})
	}
}

// A mount point is known by its own path, whatever is mounted there; what is below a
// bind mount is known by the folder that is mounted.
func TestMountPoints(t *testing.T) {
	p := newPaths(disk("/a=7 /b=7 /a/x=8 /b/x=8 /l>a /srv /srv/own"))
	p.declare(nil)
	p.show(map[string]string{"/b": "/a", "/srv": "/srv", "/srv/own": "/srv/own/in", "/m": "/l", "/c": "/d", "/d": "/c"})
	for spelled, want := range map[string]string{"/b": "/b", "/l/x": "/a/x", "/b/x": "/b/x", "/l": "/l", "/": "/"} {
		if got := p.point(spelled); got != want {
			t.Errorf("the mount point %s is %s, want %s", spelled, got, want)
		}
	}
	for spelled, want := range map[string]string{"/b/f": "/a/f", "/b/x/f": "/a/x/f", "/a/x/f": "/a/x/f", "/srv/f": "/srv/f", "/srv/own/in/f": "/srv/own/in/f", "/m/f": "/a/f"} {
		if got := p.place(spelled); got != want {
			t.Errorf("%s is %s, want %s", spelled, got, want)
		}
	}
	p.place("/c/f") // in a circle, which ends
	if !p.isShown("/b") || p.isShown("/a") || p.isShown("/srv") {
		t.Error("not the bind mounts are those")
	}
}

// A link that may only be gone through names what is below, and gives the folder that it leads to no second name.
func TestLinksToGoThrough(t *testing.T) {
	tree := disk("/u /u/keys>/srv/b /u/own>d /u/d /srv /srv/b")
	p := newPaths(func(at string) Spot {
		s := tree(at)
		s.Through = at == "/u/keys"
		return s
	})
	p.declare(nil)
	if got := p.place("/u/keys/f"); got != "/srv/b/f" {
		t.Errorf("what is below it is %s", got)
	}
	for spelled, want := range map[string]bool{"/": true, "/u/keys": false, "/u/keys/f": true, "/u/own": true, "/srv/b": true, "/gone": true} {
		if got := p.isNamed(spelled); got != want {
			t.Errorf("%s is a name: %t", spelled, got)
		}
	}
}

// A folder is looked at once, however many things lie in it and however often
// it is named; what lies in nothing is not looked for.
func TestPathsLookOnce(t *testing.T) {
	looked := map[string]int{}
	tree := disk("/lib>usr/lib /usr /usr/lib /usr/lib/d")
	p := newPaths(func(at string) Spot { looked[at]++; return tree(at) })
	p.declare(map[string]string{"/cur": "v1"})
	for i := range 1000 {
		p.place(fmt.Sprintf("/lib/d/f%d", i))
		p.place(fmt.Sprintf("/usr/lib/d/g%d", i))
		p.place(fmt.Sprintf("/gone/a/b/c%d", i))
	}
	for at, n := range looked {
		if n != 1 {
			t.Errorf("%s was looked at %d times", at, n)
		}
	}
	if len(looked) != 5 {
		t.Errorf("looked at %v", looked)
	}
}

// Links that each lead through the one before twice are given up, as the kernel
// does: going through all of them would take for ever.
func TestPathsGiveUp(t *testing.T) {
	tree := "/l0>d /d"
	for i := range 60 {
		tree += fmt.Sprintf(" /l%d>l%d/../l%d", i+1, i, i)
	}
	p := newPaths(disk(tree))
	if got := p.place("/l2/f"); got != "/d/f" {
		t.Errorf("a few are followed: %s", got)
	}
	if got := p.place("/l60/f"); got == "/d/f" {
		t.Error("many are as well")
	}
}

// On any tree, a folder's own path is where the kernel says it leads, and naming
// a place by its own path changes nothing.
func TestPathsAreTheKernels(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		root := filepath.Join(base, fmt.Sprint(n))
		name := rapid.SampledFrom([]string{"a", "b", "c"})
		where := func(label string) string {
			parts := rapid.SliceOfN(name, 1, 3).Draw(t, label)
			return path.Join(parts...)
		}
		if err := os.MkdirAll(root, 0o755); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 6).Draw(t, "things") {
			at := filepath.Join(root, where("at"))
			if rapid.Bool().Draw(t, "link") {
				up := strings.Repeat("../", rapid.IntRange(0, 1).Draw(t, "up"))
				text := up + where("text")
				if rapid.Bool().Draw(t, "absolute") {
					text = root + "/" + where("text")
				}
				_ = os.Symlink(text, at) // where there is room for it
			} else {
				_ = os.MkdirAll(at, 0o755)
			}
		}
		p := newPaths(func(at string) Spot {
			info, err := os.Lstat(at)
			if err != nil {
				return Spot{}
			}
			s := Spot{Anything: true}
			if info.Mode()&os.ModeSymlink != 0 {
				s.Link, _ = os.Readlink(at)
			}
			return s
		})
		for range 5 {
			spelled := filepath.Join(root, where("spelled"))
			want, err := filepath.EvalSymlinks(spelled)
			got := p.leads(spelled)
			if err == nil && got != want {
				t.Fatalf("%s leads to %s, want %s", spelled, got, want)
			}
			if again := p.leads(got); err == nil && again != got {
				t.Fatalf("%s, where %s leads, leads to %s", got, spelled, again)
			}
		}
	})
}
