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
	m.site = archives.Site{Present: []string{"/opt/app/etc/app.conf", "/opt/app/etc/mine/x"}, Parts: []string{"/opt/app/bin/app"}}
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

// TestRefused: an archive that is refused leaves nothing, whatever the umask is.
func TestRefused(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	m := newMachine(t, "test")
	for name, tt := range map[string]struct {
		content []byte
		more    []any
		err     string
	}{
		"zip slip": {tarOf(t, entry{name: "a/../../../etc/evil", content: "x"}), nil, "leads out of the archive"},
		"a link":   {tarOf(t, entry{name: "a/l", content: "/etc", kind: tar.TypeSymlink}), nil, "leads out of the archive"},
		"a device": {tarOf(t, entry{name: "a/null", kind: tar.TypeChar}), nil, "neither a file nor a folder"},
		"a bomb":   {tarOf(t, entry{name: "a/b", content: strings.Repeat("\x00", 4<<20)}), []any{"max_unpacked", "1MiB"}, "more than 1048576 bytes"},
		"no one":   {[]byte("no archive"), nil, "neither a tar archive"},
	} {
		put(t, m.dir+"/bad", string(tt.content))
		before := dump(t, m.root, false)
		r := m.want(t, append([]any{"source", "bad"}, tt.more...)...)
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
