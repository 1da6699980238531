package archives_test

import (
	"archive/tar"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/archives"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// want builds a resource of the machine.
func (m *machine) want(t testing.TB, pairs ...any) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.Archive(m.p), m.world(), "x", resourcetest.Attrs(append([]any{"path", "/opt/app", "strip", 1}, pairs...)...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// gone is the resource that removes the archive.
func (m *machine) gone(t testing.TB) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.Archive(m.p), m.world(), "x", resourcetest.Attrs("path", "/opt/app", "ensure", "absent"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// back is the resource that takes a recorded change back.
func (m *machine) back(t testing.TB, c resource.Change) *resource.Resource {
	t.Helper()
	k := resources.Archive(m.p)
	us, err := k.Undo(resource.Past{Name: "x", Before: c.Have, After: c.Want})
	if err != nil || len(us) != 1 {
		t.Fatalf("%v, %v", us, err)
	}
	return &resource.Resource{Addr: c.Addr, Kind: k, Want: cty.ObjectVal(us[0].Want)}
}

func (m *machine) review(t testing.TB, r *resource.Resource) resource.Review {
	t.Helper()
	return m.p.Review(context.Background(), resourcetest.Plan(t, r), resource.Outlook{Ask: resource.AskForecast})
}

func (m *machine) read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(m.root + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// kept lists the old trees beside the folder.
func (m *machine) kept(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(m.root + "/opt/.*~converge-*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestStateLost: without its list a local archive is compared, a fetched one once it is
// fetched, and nothing is exchanged that is the same.
func TestStateLost(t *testing.T) {
	for _, isRemote := range []bool{false, true} {
		m := newMachine(t, "test")
		server := httptest.NewServer(http.FileServer(http.Dir(m.dir)))
		defer server.Close()
		source := []any{"source", "v1.tar.gz"}
		if isRemote {
			content, err := os.ReadFile(m.dir + "/v1.tar.gz")
			if err != nil {
				t.Fatal(err)
			}
			source = []any{"source", server.URL + "/v1.tar.gz", "sha256", digestOf(content)}
		}
		r := m.want(t, source...)
		resourcetest.Converge(t, r)
		before := dump(t, m.root+"/opt/app", true)
		if err := os.RemoveAll(m.state + "/" + archives.Folder); err != nil {
			t.Fatal(err)
		}
		if c := resourcetest.Plan(t, r); c.Empty() == isRemote {
			t.Errorf("remote %v: without its list the plan would %s", isRemote, c.Action)
		}
		resourcetest.Converge(t, r)
		if after := dump(t, m.root+"/opt/app", true); after != before || len(m.kept(t)) > 0 {
			t.Errorf("remote %v: what is the same was exchanged:\n%s\n%s", isRemote, before, after)
		}
		put(t, m.root+"/opt/app/bin/app", "edited")
		if c := resourcetest.Plan(t, r); c.Empty() {
			t.Errorf("remote %v: an edit is not seen", isRemote)
		}
		resourcetest.Converge(t, r)
		if got := m.read(t, "/opt/app/bin/app"); got != "#!1\n" {
			t.Errorf("remote %v: it is %q", isRemote, got)
		}
	}
}

// TestForeignFolder: a folder that converge did not unpack is left alone, unless all of it is
// in the archive, or it is to be replaced by force.
func TestForeignFolder(t *testing.T) {
	m := newMachine(t, "test")
	put(t, m.root+"/opt/app/bin/app", "mine")
	put(t, m.root+"/opt/app/data/db", "mine")
	r := m.want(t, "source", "v1.tar.gz")
	const refused = `cannot replace "/opt/app": converge did not unpack what is there, and it holds 1 path that is not in the archive ("data"); name a folder of its own, or set force = true`
	if v := m.review(t, r); v.Blocked == nil || v.Blocked.Error() != refused {
		t.Errorf("the plan says %v", v.Blocked)
	}
	if err := m.p.Apply(t.Context(), resourcetest.Plan(t, r)); err == nil || err.Error() != refused {
		t.Error(err)
	}
	if got := m.read(t, "/opt/app/data/db"); got != "mine" {
		t.Errorf("it is %q", got)
	}
	resourcetest.Converge(t, m.want(t, "source", "v1.tar.gz", "force", true))
	if all := m.kept(t); len(all) != 1 || m.read(t, strings.TrimPrefix(all[0], m.root)+"/data/db") != "mine" {
		t.Errorf("kept is %q", all)
	}
}

// TestKeep: as many old trees are kept as keep says, and the plan names what none of them
// will have.
func TestKeep(t *testing.T) {
	m := newMachine(t, "1")
	resourcetest.Converge(t, m.want(t, "source", "v1.tar.gz"))
	for i, v := range []string{"v2", "v3", "v1"} {
		m.open(t, string(rune('2'+i)))
		resourcetest.Converge(t, m.want(t, "source", v+".tar.gz", "keep", 3))
	}
	if all := m.kept(t); len(all) != 2 {
		t.Errorf("kept is %q", all)
	}
	put(t, m.root+"/opt/app/log", "mine")
	m.open(t, "5")
	r := m.want(t, "source", "v2.tar.gz", "keep", 1)
	if v := m.review(t, r); strings.Join(v.Removes, " ") != "/opt/app/log" {
		t.Errorf("the plan removes %q", v.Removes)
	}
	resourcetest.Converge(t, r)
	if all := m.kept(t); len(all) != 0 {
		t.Errorf("kept is %q", all)
	}
}

// TestKeptTreesOfOthers: what others had in a tree that was repaired lies in the kept one. The plan
// of the change that has no room for that one any more names it, and what a site declares in it stays
// in the tree.
func TestKeptTreesOfOthers(t *testing.T) {
	for _, c := range []struct {
		keep   int
		link   bool
		others []string // in the tree that is repaired
		names  string   // what the plan of the next change removes
	}{
		{2, false, []string{"log", "data/db"}, "KEPT/data KEPT/log"},
		{2, false, []string{"bin/mine"}, "KEPT/bin/mine"},
		{2, false, []string{"etc/declared"}, ""},
		{2, false, nil, ""},
		{3, false, []string{"log"}, ""},
		{2, true, []string{"log"}, "KEPT/log"},
	} {
		m := newMachine(t, "1")
		more, at := []any{"keep", c.keep}, "/opt/app"
		if c.link {
			more, at = append(more, "link", "/opt/current"), "/opt/app/"+versionOf(t, "1", 1)
		}
		m.site = archives.Site{Contents: []string{at + "/etc/declared"}}
		m.p.Declare(m.site)
		first := m.want(t, append(more, "source", "v1.tar.gz")...)
		resourcetest.Converge(t, first)
		for _, name := range c.others {
			put(t, m.root+at+"/"+name, "mine")
		}
		next := func(run string, drift bool) (*resource.Resource, resource.Review) {
			m.open(t, run)
			if drift {
				put(t, m.root+at+"/bin/app", "edited")
			}
			r := m.want(t, append(more, "source", "v1.tar.gz")...)
			return r, m.review(t, r)
		}
		r, v := next("2", true)
		if len(v.Removes) > 0 {
			t.Errorf("%+v: the repair removes %q", c, v.Removes)
		}
		resourcetest.Converge(t, r)
		r, v = next("3", true)
		want := strings.ReplaceAll(c.names, "KEPT", filepath.Join(filepath.Dir(at), "."+filepath.Base(at)+"~converge-2"))
		if got := strings.Join(v.Removes, " "); got != want {
			t.Errorf("%+v: the next change removes %q, want %q", c, got, want)
		}
		if want != "" && !strings.Contains(strings.Join(v.Notes, " "), "which an earlier run has replaced, with ") {
			t.Errorf("%+v: the notes are %q", c, v.Notes)
		}
		resourcetest.Converge(t, r)
		for _, p := range v.Removes {
			if _, err := os.Lstat(m.root + p); !os.IsNotExist(err) {
				t.Errorf("%+v: %s is still there: %v", c, p, err)
			}
		}
	}
}

// TestVersions: with a link each version has its folder, and the oldest go.
func TestVersions(t *testing.T) {
	m := newMachine(t, "1")
	for _, n := range []string{"1", "2", "3"} {
		resourcetest.Converge(t, m.want(t, "source", "v"+n+".tar.gz", "link", "/opt/current"))
		if text, err := os.Readlink(m.root + "/opt/current"); err != nil || text != "/opt/app/"+versionOf(t, n, 1) {
			t.Errorf("the link is %q, %v", text, err)
		}
	}
	for n, there := range map[string]bool{"1": false, "2": true, "3": true} {
		if _, err := os.Stat(m.root + "/opt/app/" + versionOf(t, n, 1) + "/bin/app"); (err == nil) != there {
			t.Errorf("version %s: %v", n, err)
		}
	}
}

// TestDeclaredBelow: what a site declares is taken along, and not compared.
func TestDeclaredBelow(t *testing.T) {
	m := newMachine(t, "1")
	m.site = archives.Site{Contents: []string{"/opt/app/etc/app.conf", "/opt/app/etc/mine/x"}, Parts: []string{"/opt/app/bin/app"}}
	m.p.Declare(m.site)
	resourcetest.Converge(t, m.want(t, "source", "v1.tar.gz"))
	for _, p := range []string{"/opt/app/etc/app.conf", "/opt/app/etc/mine/x", "/opt/app/bin/app"} {
		put(t, m.root+p, "declared")
	}
	if c := resourcetest.Plan(t, m.want(t, "source", "v1.tar.gz")); !c.Empty() {
		t.Errorf("the plan would change %s", resourcetest.Names(c))
	}
	resourcetest.Converge(t, m.want(t, "source", "v2.tar.gz"))
	for p, want := range map[string]string{"/opt/app/etc/app.conf": "declared", "/opt/app/etc/mine/x": "declared", "/opt/app/bin/app": "#!2\n"} {
		if got := m.read(t, p); got != want {
			t.Errorf("%s is %q", p, got)
		}
	}
}

// TestFoldersOnly: an archive of folders alone is removed, and comes back.
func TestFoldersOnly(t *testing.T) {
	m := newMachine(t, "test")
	put(t, m.dir+"/folders", string(tarOf(t, entry{name: "a/x/y/", kind: tar.TypeDir, mode: 0o750})))
	resourcetest.Converge(t, m.want(t, "source", "folders"))
	resourcetest.Converge(t, m.gone(t))
	if _, err := os.Lstat(m.root + "/opt/app"); !os.IsNotExist(err) {
		t.Errorf("it is there: %v", err)
	}
}

// TestRemovedOnAnotherFileSystem: what cannot be moved to the state folder is kept beside its
// place.
func TestRemovedOnAnotherFileSystem(t *testing.T) {
	m := newMachine(t, "1")
	other, err := os.MkdirTemp("/dev/shm", "converge-test-")
	if err != nil {
		t.Skip("there is no other file system to write to")
	}
	t.Cleanup(func() { os.RemoveAll(other) })
	m.state = other
	m.open(t, "1")
	for _, others := range []bool{false, true} {
		resourcetest.Converge(t, m.want(t, "source", "v1.tar.gz"))
		if others {
			put(t, m.root+"/opt/app/lib/mine", "mine")
		}
		r := m.gone(t)
		c := resourcetest.Plan(t, r)
		full, _, err := m.p.Record(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		before := dump(t, m.root, false)
		resourcetest.Converge(t, r)
		if got := len(m.kept(t)); got != 1 {
			t.Fatalf("others %v: %d trees are kept", others, got)
		}
		back := m.back(t, full)
		if v := m.review(t, back); v.Blocked != nil {
			t.Errorf("others %v: the rollback is blocked: %v", others, v.Blocked)
		}
		resourcetest.Converge(t, back)
		if after := dump(t, m.root, false); after != before {
			t.Errorf("others %v: it was\n%s\nand is\n%s", others, before, after)
		}
		m.open(t, "2")
	}
}

// TestRefused: an archive that is refused is refused by the plan, and leaves nothing, whatever
// the umask is.
func TestRefused(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	m := newMachine(t, "test")
	for name, tt := range map[string]struct {
		content []byte
		more    []any
		err     string
	}{
		"zip slip":     {tarOf(t, entry{name: "a/../../../etc/evil", content: "x"}), nil, "leads out of the archive"},
		"a link":       {tarOf(t, entry{name: "a/l", content: "/etc", kind: tar.TypeSymlink}), nil, "leads out of the archive"},
		"a device":     {tarOf(t, entry{name: "a/null", kind: tar.TypeChar}), nil, "neither a file nor a folder"},
		"a bomb":       {tarOf(t, entry{name: "a/b", content: strings.Repeat("\x00", 4<<20)}), []any{"max_unpacked", "1MiB"}, "more than 1048576 bytes"},
		"no owner":     {tarOf(t, entry{name: "a/b", content: "x"}), []any{"owner", "nobdy"}, `no user "nobdy"`},
		"no one":       {[]byte("no archive"), nil, "neither a tar archive"},
		"too much":     {tarOf(t, entry{name: "a/b", content: "x"}), []any{"max_size", "9"}, "max_size allows 9"},
		"below a link": {tarOf(t, entry{name: "a/l", content: "b", kind: tar.TypeSymlink}, entry{name: "a/l/x", content: "x"}), nil, "lies below"},
		"cut off":      {tarOf(t, entry{name: "a/b", content: strings.Repeat("x", 1<<16)})[:100], nil, "unexpected EOF"},
	} {
		put(t, m.dir+"/bad", string(tt.content))
		before := dump(t, m.root, false)
		m.open(t, "test")
		r := m.want(t, append([]any{"source", "bad"}, tt.more...)...)
		if v := m.review(t, r); v.Blocked == nil || !strings.Contains(v.Blocked.Error(), tt.err) {
			t.Errorf("%s: the plan says %v, want %q", name, v.Blocked, tt.err)
		}
		if err := m.p.Apply(t.Context(), resourcetest.Plan(t, r)); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v, want %q", name, err, tt.err)
		}
		if after := dump(t, m.root, false); after != before {
			t.Errorf("%s: it left\n%s", name, after)
		}
	}
	resourcetest.Converge(t, m.want(t, "source", "v1.tar.gz"))
	if info, err := os.Stat(m.root + "/opt/app/bin/app"); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
}

// TestOtherLink shows what becomes of a link that is at the path of the wanted one: one that
// converge did not make stays without force, and a plan names where a replaced one leads.
func TestOtherLink(t *testing.T) {
	for name, tt := range map[string]struct {
		made  bool // converge has made a link there before
		force bool
		text  string
		err   string
		note  string
	}{
		"somebody's":           {text: "/elsewhere", err: `cannot make the link "/opt/current": it is a link to "/elsewhere", which converge did not make`},
		"somebody's, by force": {text: "/elsewhere", force: true, note: `replaces the link "/opt/current", which leads to "/elsewhere"`},
		"turned by hand":       {text: "/elsewhere", made: true, note: `replaces the link "/opt/current", which leads to "/elsewhere"`},
		"to a version":         {text: "/opt/app/other"},
		"none":                 {},
	} {
		m := newMachine(t, "1")
		if tt.made {
			resourcetest.Converge(t, m.want(t, "source", "v1.tar.gz", "link", "/opt/current"))
			m.open(t, "2")
		}
		if tt.text != "" {
			_ = os.Remove(m.root + "/opt/current")
			if err := os.Symlink(tt.text, m.root+"/opt/current"); err != nil {
				t.Fatal(err)
			}
		}
		r := m.want(t, "source", "v2.tar.gz", "link", "/opt/current", "force", tt.force)
		v := m.review(t, r)
		if notes := strings.Join(v.Notes, "\n"); strings.Contains(notes, "replaces the link") != (tt.note != "") || !strings.Contains(notes, tt.note) {
			t.Errorf("%s: the plan notes %q, want %q", name, notes, tt.note)
		}
		err := m.p.Apply(t.Context(), resourcetest.Plan(t, r))
		for _, err := range []error{v.Blocked, err} {
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v, want %q", name, err, tt.err)
			}
		}
		want := "/opt/app/" + versionOf(t, "2", 1)
		if tt.err != "" {
			want = tt.text
		}
		if got, _ := os.Readlink(m.root + "/opt/current"); got != want {
			t.Errorf("%s: the link leads to %q, want %q", name, got, want)
		}
	}
}
