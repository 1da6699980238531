package dnf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/resources"
)

const lockPlugin = "[main]\nenabled = 1\nlocklist = /etc/dnf/plugins/versionlock.list\n"

func TestInstalledPackages(t *testing.T) {
	f := &fake{answers: map[string]string{"rpm ": pkg("demo", "1.0-1") + pkg("dnf", "4.14-1") + pkg("other", "1-1") + pkg("user", "1.0-1"), "repoquery": "demo.noarch\tdependency\nuser.noarch\tuser\n"}}
	d, m := newMachine(t, f)
	writeFile(t, d, "/var/lib/dnf/history.sqlite", "x")
	writeFile(t, d, "/usr/lib/python3/dist-packages/dnf-plugins/versionlock.py", "")
	writeFile(t, d, lockPluginFile, lockPlugin)
	writeFile(t, d, lockListFile, "# a comment\n\nuser-0:1.0-1.*\n!demo-0:2.0-1.*\nother-0:0.9-1.*\n")
	writeFile(t, d, "/etc/dnf/protected.d/x.conf", "user\n# a comment\n")
	writeFile(t, d, mainFile, "[main]\nprotected_packages=other, glob:/etc/yum/protected.d/*.conf\n")
	want := []packages.Package{
		{Name: "demo", Version: "1.0-1", Arch: "noarch", Automatic: true},
		{Name: "dnf", Version: "4.14-1", Arch: "noarch", Essential: true},
		{Name: "other", Version: "1-1", Arch: "noarch", Held: true, HeldAtOther: true, Essential: true},
		{Name: "user", Version: "1.0-1", Arch: "noarch", Held: true, Essential: true},
	}
	for range 2 {
		got, err := m.Database.ReadInstalled(t.Context())
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Fatal(err, d)
		}
	}
	// A later run goes by what was kept, until dnf writes its history.
	later, err := New(Options{Options: tool.Options{Root: d.Root, Runner: f}})
	if err != nil {
		t.Fatal(err)
	}
	m = later.Parts()
	if _, err := m.Database.ReadInstalled(t.Context()); err != nil || len(f.ran) != 4 {
		t.Fatal(err, f.ran)
	}
	before, _ := m.Database.Stamp(t.Context())
	// A dnf that has only read leaves the database's bytes, with another time.
	if err := os.Chtimes(filepath.Join(d.Root, historyFile), time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if after, _ := m.Database.Stamp(t.Context()); after != before {
		t.Error("the stamp tells of a history that dnf has only read")
	}
	writeFile(t, d, "/var/lib/dnf/history.sqlite-wal", "y")
	if after, _ := m.Database.Stamp(t.Context()); after == before {
		t.Error("the stamp does not tell that dnf has written its history")
	}
	if _, err := m.Database.ReadInstalled(t.Context()); err != nil || len(f.ran) != 6 {
		t.Fatal(err, f.ran)
	}
}

func TestDatabaseIsReadOnceForAllDeclarations(t *testing.T) {
	f := &fake{answers: map[string]string{"rpm ": pkg("demo", "1.0-1"), "repoquery": "demo.noarch\tuser\n"}}
	d, m := newMachine(t, f)
	writeFile(t, d, "/var/lib/dnf/history.sqlite", "x")
	packagestest.CheckReadsOnce(t, m, "demo")
	if len(f.ran) != 2 || !strings.HasSuffix(f.ran[0], " -qa") || !strings.Contains(f.ran[1], " repoquery ") { // the second tells the marks
		t.Error(f.ran)
	}
}

func TestTransactionTellsTheMarks(t *testing.T) {
	f := &fake{answers: map[string]string{"rpm ": pkg("demo", "1.0-1"), " shell": "Complete!\n> M\tdemo.noarch\tweak-dependency\nM\tuser.noarch\tuser\n> Leaving Shell\n"}}
	d, m := newMachine(t, f)
	writeFile(t, d, historyFile, "x")
	if err := m.Solver.Commit(t.Context(), packages.Request{Words: []packages.Word{{Name: "user"}}}); err != nil {
		t.Fatal(err)
	}
	list, err := m.Database.ReadInstalled(t.Context())
	if err != nil || !list[0].Automatic || slices.ContainsFunc(f.ran, func(c string) bool { return strings.Contains(c, "repoquery") }) {
		t.Error(err, list, f.ran)
	}
}

func TestDnf5IsRefused(t *testing.T) {
	f := &fake{answers: map[string]string{"rpm ": ""}}
	d, m := newMachine(t, f)
	writeFile(t, d, "/usr/bin/dnf5", "#!/bin/sh\n")
	if err := errors.Join(os.Chmod(filepath.Join(d.Root, "usr/bin/dnf5"), 0o755), os.Symlink("dnf5", filepath.Join(d.Root, "usr/bin/dnf"))); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Database.ReadInstalled(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := m.Solver.Simulate(t.Context(), packages.Request{Words: []packages.Word{{Name: "demo"}}}); !errors.Is(err, errDnf5) {
		t.Error(err)
	}
}

func TestHoldsAreEntriesOfVersionlock(t *testing.T) {
	installed := []packages.Package{{Name: "demo", Version: "2.0-1", Arch: "noarch"}, {Name: "user", Version: "1:1.0-1", Arch: "noarch"}}
	for _, c := range []struct {
		before string
		wanted map[string]bool
		after  string
		err    string
	}{
		{"", map[string]bool{"demo": true, "user": true}, "demo-0:2.0-1.*\nuser-1:1.0-1.*\n", ""},
		{"# mine\ndemo-0:1.0-1.*\n", map[string]bool{"demo": true}, "# mine\ndemo-0:2.0-1.*\n", ""},
		{"demo-0:2.0-1.*\nuser-1:1.0-1.*", map[string]bool{"demo": false}, "user-1:1.0-1.*", ""},
		{"demo\nother-0:1-1.*\n", map[string]bool{"demo": false}, "other-0:1-1.*\n", ""},
		{"de*\n", map[string]bool{"demo": false}, "de*\n", "cannot release demo: entry de* of versionlock holds it"},
		{"!demo-0:3.0-1.*\n", map[string]bool{"demo": false}, "!demo-0:3.0-1.*\n", ""},
		{"", map[string]bool{"gone": true}, "", "cannot hold gone: it is not installed"},
	} {
		got, err := editLocks(c.before, c.wanted, installed)
		if got != c.after || c.err == "" != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%q %v: %q, %v", c.before, c.wanted, got, err)
		}
	}
}

// TestHoldThatCannotBeReleasedIsKnownBefore asks about a package that is not installed yet.
func TestHoldThatCannotBeReleasedIsKnownBefore(t *testing.T) {
	for _, c := range []struct {
		list, version string
		ok            bool
	}{
		{"p*\n", "", false}, {"p?-0:1.0-1.*\n", "1.0-1", false}, {"p?-0:1.0-1.*\n", "2.0-1", true}, {"p1\n", "1.0-1", true}, {"", "", true},
	} {
		d, m := newMachine(t, &fake{})
		writeFile(t, d, lockPluginFile, "[main]\nenabled=1\n")
		writeFile(t, d, "/usr/lib/python3/dist-packages/dnf-plugins/versionlock.py", "")
		writeFile(t, d, lockListFile, c.list)
		if err := m.Holds.(packages.Releaser).CheckRelease(packages.Package{Name: "p1", Version: c.version, Arch: "noarch"}); (err == nil) != c.ok {
			t.Errorf("%q %s: %v", c.list, c.version, err)
		}
	}
}

func TestPackageFileThatIsNoneIsNamedOnce(t *testing.T) {
	_, m := newMachine(t, &fake{answers: map[string]string{"rpm ": ""}})
	if _, err := m.Files.ReadPackageFile(t.Context(), "/srv/junk"); err == nil || err.Error() != "it holds 0 packages" {
		t.Error(err) // package packages names the file
	}
}

func TestHoldWithoutThePlugin(t *testing.T) {
	_, m := newMachine(t, &fake{})
	err := m.Holds.SetHolds(t.Context(), map[string]bool{"demo": true})
	if err == nil || !strings.Contains(err.Error(), "install python3-dnf-plugin-versionlock") {
		t.Error(err)
	}
	if err := m.Holds.SetHolds(t.Context(), map[string]bool{"demo": false}); err != nil {
		t.Error(err)
	}
}

func TestIndexIsStale(t *testing.T) {
	d, m := newMachine(t, &fake{})
	stale := func(latest bool, want string) {
		t.Helper()
		if got, err := m.Index.WhyStale(t.Context(), latest); err != nil || !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	stale(true, "")
	writeFile(t, d, "/etc/yum.repos.d/a.repo", "[fix]\nname=fix\n[off]\nenabled=0\n")
	stale(false, "repository fix has not been fetched yet")
	const index = "/var/cache/dnf/fix-17fe14f926d9cf14/repodata/repomd.xml"
	writeFile(t, d, index, "")
	stale(true, "")
	old := time.Now().Add(-25 * time.Hour)
	for _, name := range []string{"/etc/yum.repos.d/a.repo", index} {
		if err := os.Chtimes(filepath.Join(d.Root, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	stale(false, "")
	stale(true, "repository fix was fetched 25h0m0s ago")
	const list = "/var/cache/dnf/fix-17fe14f926d9cf14/repodata/0a1b-primary.xml.gz"
	writeFile(t, d, list, "") // as dnf does when the repository has not changed
	stale(true, "")
	if err := os.Remove(filepath.Join(d.Root, list)); err != nil {
		t.Fatal(err)
	}
	writeFile(t, d, "/etc/yum.repos.d/a.repo", "[fix]\npriority=1\n")
	stale(false, "/etc/yum.repos.d/a.repo has changed since repository fix was fetched")

	const key = "/etc/pki/rpm-gpg/RPM-GPG-KEY-acme corp"
	writeFile(t, d, key, "")
	writeFile(t, d, "/etc/yum.repos.d/a.repo", "[fix]\ngpgkey=https://x/y,\n  file:///etc/pki/rpm-gpg/RPM-GPG-KEY-acme%20corp\n")
	for name, at := range map[string]time.Time{"/etc/yum.repos.d/a.repo": old, index: old.Add(time.Hour), key: old} {
		if err := os.Chtimes(filepath.Join(d.Root, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	stale(false, "")
	writeFile(t, d, key, "rotated")
	stale(false, key+" has changed since repository fix was fetched")
}

func TestOffers(t *testing.T) {
	d, m := newMachine(t, &fake{answers: map[string]string{"repoquery": captured(t, "offers")}})
	writeFile(t, d, "/etc/yum.repos.d/a.repo", "[fix]\n")
	got, err := m.Index.ListOffers(t.Context(), []string{"demo", "epo", "mail-server", "nope"})
	if err != nil {
		t.Fatal(err)
	}
	offer := func(name, version string) packages.Offer {
		return packages.Offer{Name: name, Version: version, Arch: "noarch", Source: "fix"}
	}
	x, y := offer("mta-x", "1.0-1"), offer("mta-y", "1.0-1")
	x.Virtual, x.Provides, y.Virtual = true, "5", true
	want := map[string][]packages.Offer{
		"demo": {offer("demo", "3.0-1"), offer("demo", "2.0-1"), offer("demo", "1.0-1")},
		"epo":  {offer("epo", "2:0.5-1"), offer("epo", "1:1.0-1")}, "mail-server": {x, y}, "nope": nil,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPriorityComesBeforeVersion(t *testing.T) {
	d, m := newMachine(t, &fake{answers: map[string]string{"repoquery": "P\tdemo\t0:2-1\tnoarch\tlow\ndemo = 2-1\nP\tdemo\t0:1-1\tnoarch\thigh\ndemo = 1-1\nP\tdemo\t0:9-1\ti686\thigh\ndemo = 9-1\n"}})
	writeFile(t, d, "/etc/yum.repos.d/a.repo", "[low]\n[high]\npriority=10\n")
	got, err := m.Index.ListOffers(t.Context(), []string{"demo"})
	if err != nil || len(got["demo"]) != 2 || got["demo"][0].Source != "high" {
		t.Error(err, got)
	}
}

// As dnf 4.14 wrote it. The file has two sections for one repository.
func TestOrigins(t *testing.T) {
	const answer = "app\tacme\nbase\tdist\nmine\tacme\nnginx\tacme-10\nnginx\tdist\nphp\tacme\nphp\tdist\n"
	_, m := newMachine(t, &fake{answers: map[string]string{"repoquery": answer}})
	within, beside, err := m.Index.(packages.OriginIndex).ListOrigins(t.Context(), "[acme]\nenabled=1\n[acme-10]\npriority=10\n")
	if got := fmt.Sprint(within, beside, err); got != "[app mine nginx php] [base nginx php] <nil>" {
		t.Error(got)
	}
}

func TestPlanByRepositoriesThatAreToCome(t *testing.T) {
	f := &fake{answers: map[string]string{"makecache": "", "repoquery": ""}}
	d, m := newMachine(t, f)
	writeFile(t, d, "/tmp/x", "")
	writeFile(t, d, "/etc/yum.repos.d/dist.repo", "[dist]\n")
	writeFile(t, d, "/var/cache/dnf/dist-17fe14f926d9cf14/repodata/repomd.xml", "")
	for _, tt := range []struct {
		all            bool
		borrowed, want string
	}{{false, "dist-17fe14f926d9cf14", "--repo=acme makecache"}, {true, "", "--refresh makecache"}} {
		f.ran = nil
		end, err := m.Index.(packages.PreviewIndex).Preview(t.Context(), map[string][]byte{"/etc/yum.repos.d/acme.repo": []byte("[acme]\n")}, tt.all)
		if err != nil {
			t.Fatal(err)
		}
		v := d.standin.Now()
		borrowed, err := filepath.Glob(filepath.Join(d.Root, v.Cache, "*"))
		if err != nil || len(f.ran) != 1 || !strings.Contains(f.ran[0], "--setopt=cachedir="+v.Cache+" --setopt=reposdir="+v.Repos) || !strings.HasSuffix(f.ran[0], tt.want) {
			t.Errorf("all %v: it ran %q", tt.all, f.ran)
		}
		if names := strings.Join(borrowed, " "); (tt.borrowed == "") != (names == "") || !strings.HasSuffix(names, tt.borrowed) {
			t.Errorf("all %v: it uses %q", tt.all, names)
		}
		if s, err := d.readSettings(); err != nil || len(s.repos) != 2 {
			t.Error(s, err)
		}
		end()
		if left, _ := filepath.Glob(filepath.Join(d.Root, "tmp/converge-*")); len(left) > 0 || strings.Contains(strings.Join(d.argv(), " "), "reposdir") {
			t.Error("something is left of it:", left)
		}
	}
	f.ran = nil
	if end, err := m.Index.(packages.PreviewIndex).Preview(t.Context(), map[string][]byte{"/etc/yum.repos.d/dist.repo": nil}, true); err != nil || len(f.ran) > 0 {
		t.Errorf("there is nothing to fetch: %v, %q", err, f.ran)
	} else {
		end()
	}
	f.answers["makecache"] = captured(t, "refresh")
	if _, err := m.Index.(packages.PreviewIndex).Preview(t.Context(), map[string][]byte{"/etc/yum.repos.d/bad.repo": []byte("[bad]\n")}, false); err == nil || d.standin.Now().Cache != "" {
		t.Error("it cannot be fetched:", err)
	}
}

func TestRepositoryThatCannotBeFetched(t *testing.T) {
	_, m := newMachine(t, &fake{answers: map[string]string{"makecache": captured(t, "refresh")}})
	err := m.Index.Refresh(t.Context(), false)
	if err == nil || !strings.Contains(err.Error(), "Failed to download metadata for repo 'bad'") {
		t.Error(err)
	}
}

// TestSkippedRepositoryIsLeftOut does without a repository that was never fetched and that dnf may do without.
func TestSkippedRepositoryIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		name, main, down string
		fetched, out     bool
	}{
		{"its own option", "", "skip_if_unavailable=1\n", false, true},
		{"by default", "[main]\nskip_if_unavailable=True\n", "", false, true},
		{"not by default", "[main]\nskip_if_unavailable=True\n", "skip_if_unavailable=0\n", false, false},
		{"it must be there", "", "", false, false},
		{"it was fetched", "", "skip_if_unavailable=1\n", true, false},
	} {
		f := &fake{answers: map[string]string{"rpm ": pkg("p01", "1.0-1"), " shell": captured(t, "nothing"), "repoquery": captured(t, "offers"), "makecache": captured(t, "refresh")}}
		d, m := newMachine(t, f)
		writeFile(t, d, mainFile, c.main)
		writeFile(t, d, "/etc/yum.repos.d/fix.repo", "[fix]\n[bad]\n"+c.down)
		writeFile(t, d, "/var/cache/dnf/fix-0123456789abcdef/repodata/repomd.xml", "")
		if c.fetched {
			writeFile(t, d, "/var/cache/dnf/bad-0123456789abcdef/repodata/repomd.xml", "")
		}
		_, offerErr := m.Index.ListOffers(t.Context(), []string{"p03"})
		words := []packages.Word{{Name: "p01", Remove: true}}
		_, err := m.Solver.Simulate(t.Context(), packages.Request{Words: words})
		_ = m.Solver.Commit(t.Context(), packages.Request{Words: words}) // the answer is that of another command
		if offerErr != nil || err != nil {
			t.Error(c.name, offerErr, err)
		}
		for _, line := range f.ran {
			if strings.Contains(line, "dnf ") && strings.Contains(line, "--disablerepo=bad") != c.out || strings.Contains(line, "--disablerepo=fix") {
				t.Errorf("%s: %s", c.name, line)
			}
		}
		if err := m.Index.Refresh(t.Context(), true); err == nil {
			t.Error(c.name, "a repository that cannot be fetched is no error")
		}
	}
}

func TestNameWithAnArchitecture(t *testing.T) {
	_, m := newMachine(t, &fake{answers: map[string]string{"rpm ": pkg("demo", "1.0-1")}})
	p := packages.New(m, packages.Options{})
	for name, there := range map[string]bool{"demo": true, "demo.noarch": true, "demo.x86_64": false, "de.mo": false} {
		have, err := p.Observe(t.Context(), packagestest.Want(t, resources.Package(p), "", name, "ensure", "absent").Want)
		if err != nil || have.IsNull() == there {
			t.Errorf("%s: %#v %v", name, have, err)
		}
	}
}

func FuzzFiles(f *testing.F) {
	f.Add(captured(f, "offers"))
	f.Add(captured(f, "reasons"))
	f.Add("demo-0:1.0-1.*\n!x\nde*\n[\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = parseOffers(text)
		_, _ = parseReasons(text)
		wanted := map[string]bool{"demo": true}
		list := []packages.Package{{Name: "demo", Version: "2.0-1", Arch: "noarch"}}
		edited, err := editLocks(text, wanted, list)
		if err != nil {
			return
		}
		if again, err := editLocks(edited, wanted, list); err != nil || again != edited {
			t.Errorf("edited again: %q, %q, %v", edited, again, err)
		}
		if !parseLocks(edited).holds(list[0]) {
			t.Error("it is not held")
		}
	})
}
