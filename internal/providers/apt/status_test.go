package apt

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/packages/tool"
	"converge/resources"
)

// fakeRoot is a tree with a dpkg database: the captured one of a host on which
// dpkg was killed in the middle of configuring slow-postinst, unless status is
// given.
func fakeRoot(t testing.TB, status string) string {
	t.Helper()
	root := t.TempDir()
	for _, d := range []string{updatesDir, infoDir, listsDir, sourcesDir, "/tmp"} {
		if err := os.MkdirAll(root+d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if status == "" {
		data, err := os.ReadFile("testdata/status")
		if err != nil {
			t.Fatal(err)
		}
		status = string(data)
		if err := os.CopyFS(root+updatesDir, os.DirFS("testdata/updates")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(root+statusFile, []byte(status), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func fakeProvider(t testing.TB, root string, r tool.Runner) *Provider {
	t.Helper()
	p, err := New(Options{Root: root, Progress: func(s string) { t.Log(s) }, run: r})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestObserveCapturedDatabase(t *testing.T) {
	p := fakeProvider(t, fakeRoot(t, ""), nil)
	for _, c := range []struct {
		name string
		attr attrs
		want string // the change that would be made
	}{
		{"archy", nil, ""},
		{"archy:amd64", nil, ""},
		{"archy:i386", nil, "create archy:i386 ensure=→present"},
		{"svc-a:i386", nil, ""}, // for all architectures
		{"archy", attrs{"version": "1.0"}, ""},
		{"archy", attrs{"version": ">= 0.9, < 2"}, ""},
		{"archy", attrs{"version": ">= 2"}, "update archy version=1.0→>= 2"},
		{"archy", attrs{"hold": true}, "update archy hold=no→yes"},
		{"archy", attrs{"ensure": "absent"}, "delete archy ensure=present→absent"},
		{"svc-a", attrs{"hold": true}, ""},
		{"svc-a", attrs{"hold": false}, "update svc-a hold=yes→no"},
		{"hello-conf", nil, "create hello-conf ensure=→present"}, // configuration files are no package
		{"hello-conf", attrs{"ensure": "absent"}, ""},
		{"hello-conf", attrs{"ensure": "purged"}, "delete hello-conf ensure=config-files→purged"},
		{"bad-postinst", nil, "update bad-postinst ensure=half-configured→present"},
		{"bad-postinst", attrs{"ensure": "absent"}, "delete bad-postinst ensure=half-configured→absent"},
		{"slow-postinst", nil, "update slow-postinst ensure=half-configured→present"}, // the journal overrides "unpacked"
		{"nope", attrs{"ensure": "absent"}, ""},
		{"nope", attrs{"ensure": "purged"}, ""},
	} {
		m := &machine{Provider: p, kind: resources.Package(p)}
		got := strings.Join(summary(m.diff(t, m.resource(t, c.name, c.attr))), "; ")
		if got != c.want {
			t.Errorf("%s %v: %q, want %q", c.name, c.attr, got, c.want)
		}
	}
	have, err := p.Observe(t.Context(), cty.ObjectVal(map[string]cty.Value{
		"name": cty.StringVal("svc-a"), "ensure": cty.StringVal("present"), "version": cty.StringVal("> 1"), "hold": cty.False,
	}))
	if got := word(have.GetAttr("version")) + " " + word(have.GetAttr("installed")); err != nil || got != "> 1 1.1" {
		t.Errorf("%s %v: what was there is not known", got, err)
	}
}

// A database behind an absolute link is that of the tree: the link starts at its root.
func TestObserveThroughAnAbsoluteLink(t *testing.T) {
	root := fakeRoot(t, "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n")
	if err := firstErr(os.MkdirAll(root+"/data", 0o755), os.Rename(root+"/var/lib/dpkg", root+"/data/dpkg"), os.Symlink("/data/dpkg", root+"/var/lib/dpkg")); err != nil {
		t.Fatal(err)
	}
	have, err := fakeProvider(t, root, nil).Observe(t.Context(), cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("a"), "ensure": cty.StringVal("present")}))
	if err != nil || have.GetAttr("ensure").AsString() != "present" {
		t.Errorf("%#v, %v", have, err)
	}
}

// What cannot be told is an error and never "absent".
func TestObserveCannotTell(t *testing.T) {
	want := cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("a"), "ensure": cty.StringVal("absent")})
	for name, c := range map[string]struct {
		damage func(root string) error
		err    string
	}{
		"no database": {func(root string) error { return os.Remove(root + statusFile) }, "no such file"},
		"a folder": {func(root string) error {
			return firstErr(os.Remove(root+statusFile), os.Mkdir(root+statusFile, 0o755))
		}, "not a regular file"},
		"damaged": {func(root string) error {
			return os.WriteFile(root+statusFile, []byte("Package: a\nStatus: install ok installed\n\nPackage: b\ngarbage\n"), 0o644)
		}, "line 5: \"garbage\" is not a field"},
		"damaged journal": {func(root string) error {
			return os.WriteFile(root+updatesDir+"/0002", []byte("Package: a\nStatus: what ever\n"), 0o644)
		}, "updates/0002\": at the end: package \"a\": status \"what ever\" is not three words"},
		"a link to a file of this machine, and not of the tree": {func(root string) error {
			return firstErr(os.Remove(root+statusFile), os.Symlink(filepath.Join(root, statusFile), root+statusFile))
		}, "no such file"},
		"a link that is in the tree a link to itself": {func(root string) error {
			return firstErr(os.Remove(root+statusFile), os.Symlink("/var/lib/dpkg/status", root+statusFile))
		}, "too many levels of symbolic links"},
	} {
		t.Run(name, func(t *testing.T) {
			root := fakeRoot(t, "")
			p := fakeProvider(t, root, nil)
			if err := c.damage(root); err != nil {
				t.Fatal(err)
			}
			_, err := p.Observe(t.Context(), want)
			if err == nil || !strings.HasPrefix(err.Error(), "cannot tell which packages are installed: ") || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v, want %q", err, c.err)
			}
		})
	}
}

func TestDatabaseIsReadAgainWhenChanged(t *testing.T) {
	root := fakeRoot(t, "Package: a\nStatus: install ok installed\nVersion: 1\n")
	p := fakeProvider(t, root, nil)
	version := func() string {
		p.cache.looked = time.Time{}
		db, err := p.currentDatabase()
		if err != nil {
			t.Fatal(err)
		}
		a, _ := db.findByName("a")
		return a.version
	}
	first := version()
	if db, _ := p.currentDatabase(); db != p.cache.db {
		t.Error("read twice")
	}
	replace := func(file, version string) {
		data := fmt.Sprintf("Package: a\nStatus: install ok installed\nVersion: %s\n", version)
		if err := firstErr(os.WriteFile(root+"/new", []byte(data), 0o644), os.Rename(root+"/new", root+file)); err != nil {
			t.Fatal(err)
		}
	}
	replace(statusFile, "2")
	second := version()
	replace(updatesDir+"/0000", "3")
	if got := []string{first, second, version()}; !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Error(got)
	}
}

func TestParseStatusStates(t *testing.T) {
	for in, want := range map[string]pkg{
		"Package: a\n": {name: "a", selection: "unknown", state: "not-installed"},
		"Package: a\nStatus: hold ok unpacked\nVersion: 1:2-3\nArchitecture: all":                             {name: "a", selection: "hold", state: "unpacked", version: "1:2-3", arch: "all"},
		"\n\nPackage: a\nProtected: yes\nStatus: install reinstreq half-installed\n\n\n":                      {name: "a", selection: "install", broken: true, state: "half-installed", essential: true},
		"Package: a\nConffiles:\n /etc/a 12\n /etc/b 34\nVersion: 2\n":                                        {name: "a", selection: "unknown", state: "not-installed", version: "2"},
		"Package: a\nDescription: x\nVersion: 1\nArchitecture: all\nDescription: x\nVersion: not looked at\n": {name: "a", selection: "unknown", state: "not-installed", version: "1", arch: "all"},
	} {
		var got []pkg
		if err := parseStatus([]byte(in), func(p pkg) { got = append(got, p) }); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%q: %+v %v", in, got, err)
		}
	}
	for _, in := range []string{"Version: 1\n", "Package: a\nStatus: install ok\n", "Package: a\nStatus: install ok happy\n", ":\n", "\x00\x01"} {
		if err := parseStatus([]byte(in), func(pkg) {}); err == nil {
			t.Errorf("%q is taken", in)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	data, err := os.ReadFile("testdata/status")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("Package: a\nStatus: install ok installed\n\n\nPackage: b\n x\n\ty"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		err := parseStatus(data, func(p pkg) {
			n++
			if p.name == "" || p.state == "" || strings.ContainsAny(p.name+p.version+p.arch, "\n") {
				t.Errorf("%+v", p)
			}
		})
		if err == nil && n == 0 && len(bytes.Trim(data, "\n")) > 0 {
			t.Error("something was read as nothing")
		}
	})
}

// manyInstalled is a database like a real one, of n packages.
func manyInstalled(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `Package: package-number-%d
Status: install ok installed
Priority: optional
Section: libs
Installed-Size: 1234
Maintainer: Some Body <somebody@example.invalid>
Architecture: amd64
Multi-Arch: same
Version: 1:%d.2.3-4+deb12u%d
Depends: libc6 (>= 2.34), libgcc-s1 (>= 3.0), libstdc++6 (>= 11), zlib1g (>= 1:1.2.0)
Conffiles:
 /etc/some/conffile.conf 0123456789abcdef0123456789abcdef
Description: a package that has a description
 %s
Homepage: https://example.invalid/

`, i, i, i, strings.Repeat("It goes on for some lines, as descriptions do.\n ", 12)+"End.")
	}
	return b.String()
}

// What 200 packages cost to observe, against reading the file that it takes.
func BenchmarkObserve200(b *testing.B) {
	p, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	db, err := p.currentDatabase()
	if err != nil {
		b.Skip("this machine has no dpkg: ", err)
	}
	var wants []cty.Value
	for name, p := range db.eachPackage {
		if p.isInstalled() && len(wants) < 200 {
			wants = append(wants, cty.ObjectVal(map[string]cty.Value{
				"name": cty.StringVal(name), "ensure": cty.StringVal("present"),
			}))
		}
	}
	b.Run("observe", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p, err := New(Options{})
			if err != nil {
				b.Fatal(err)
			}
			for _, w := range wants {
				if v, err := p.Observe(context.Background(), w); err != nil || v.IsNull() {
					b.Fatal(v, err)
				}
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := os.ReadFile(statusFile); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func firstErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func BenchmarkParseStatus(b *testing.B) {
	data := []byte(manyInstalled(2000))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := parseStatus(data, func(pkg) { n++ }); err != nil || n != 2000 {
			b.Fatal(n, err)
		}
	}
}
