package zypper

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
	"converge/resources"
)

func TestInstalledPackages(t *testing.T) {
	d, m := newMachine(t, &fake{installed: pkg("demo", "1.0-1") + pkg("fakesh", "1-1") + pkg("glibc", "1-1") + pkg("p01", "1.0-1") + pkg("sudo", "1-1") + pkg("zypper", "1-1")})
	writeFile(t, d, automaticFile, captured(t, "automatic.txt"))
	writeFile(t, d, locksFile, captured(t, "locks.txt"))
	writeFile(t, d, "/etc/zypp/systemCheck", "# requires:demo\nrequires:glibc\nconflicts:p01\n")
	writeFile(t, d, "/etc/dnf/protected.d/x.conf", "sudo\n")
	want := []packages.Package{
		{Name: "demo", Version: "1.0-1", Arch: "noarch", Held: true},
		{Name: "fakesh", Version: "1-1", Arch: "noarch", Automatic: true},
		{Name: "glibc", Version: "1-1", Arch: "noarch", Essential: true},
		{Name: "p01", Version: "1.0-1", Arch: "noarch", Held: true},
		{Name: "sudo", Version: "1-1", Arch: "noarch", Essential: true},
		{Name: "zypper", Version: "1-1", Arch: "noarch", Essential: true},
	}
	got, err := m.Database.ReadInstalled(t.Context())
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Fatal(err, d)
	}
	before, _ := m.Database.Stamp(t.Context())
	if err := m.Holds.SetAutomatic(t.Context(), map[string]bool{"demo": true, "fakesh": false}); err != nil {
		t.Fatal(err)
	}
	if after, _ := m.Database.Stamp(t.Context()); after == before {
		t.Error("the stamp does not tell that marks were set")
	}
	text, err := rpm.ReadFile(d.Host, automaticFile)
	if err != nil || !strings.HasSuffix(text, "#\ndemo\n") || strings.Contains(text, "fakesh") {
		t.Errorf("%v %s", err, text)
	}
}

const oneLock = "\ntype: package\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: demo\n"

func TestDatabaseIsReadOnceForAllDeclarations(t *testing.T) {
	f := &fake{installed: pkg("demo", "1.0-1")}
	_, m := newMachine(t, f)
	packagestest.CheckReadsOnce(t, m, "demo")
	if len(f.queries) != 1 || !strings.HasSuffix(f.queries[0], " -qa") || len(f.ran) != 0 {
		t.Error(f.queries, f.ran)
	}
}

func TestHoldsAreLocks(t *testing.T) {
	other := strings.ReplaceAll(oneLock, "demo", "other")
	for _, c := range []struct {
		before string
		wanted map[string]bool
		after  string
		err    string
	}{
		{"", map[string]bool{"demo": true}, oneLock, ""},
		{oneLock, map[string]bool{"demo": true}, oneLock, ""},
		{oneLock + "\n" + other, map[string]bool{"demo": false}, "\n" + other, ""},
		{other, map[string]bool{"demo": true}, other + oneLock, ""},
		{captured(t, "locks.txt"), map[string]bool{"p03": false}, captured(t, "locks.txt"), `cannot release p03: lock "p0*" in /etc/zypp/locks holds it`},
		{oneLock + "version: < 3\n", map[string]bool{"demo": false}, oneLock + "version: < 3\n", ""},
		{oneLock + "repo: x\n", map[string]bool{"demo": true}, oneLock + "repo: x\n" + oneLock, ""},
	} {
		got, err := editLocks(c.before, c.wanted)
		if got != c.after || c.err == "" != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%q %v: %q, %v", c.before, c.wanted, got, err)
		}
	}
}

func TestHoldThatCannotBeReleasedIsKnownBefore(t *testing.T) {
	d, m := newMachine(t, &fake{})
	writeFile(t, d, locksFile, captured(t, "locks.txt")+oneLock)
	for name, ok := range map[string]bool{"p03": false, "demo": true, "other": true} {
		if err := m.Holds.(packages.Releaser).CheckRelease(packages.Package{Name: name}); (err == nil) != ok {
			t.Error(name, err)
		}
	}
}

func TestNamedPackagesAreReleasedForTheTransaction(t *testing.T) {
	f := &fake{installed: pkg("demo", "1.0-1"), out: captured(t, "mixed.xml")}
	d, m := newMachine(t, f)
	writeFile(t, d, locksFile, captured(t, "locks.txt"))
	writeFile(t, d, "/tmp/x", "")
	if _, err := m.Solver.Simulate(t.Context(), packages.Request{Words: []packages.Word{{Name: "demo"}}}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(f.ran[0], "env ZYPP_CONF=/tmp/converge-zypper-") {
		t.Error(f.ran[0])
	}
	left, err := filepath.Glob(filepath.Join(d.Root, "tmp/converge-*"))
	if err != nil || len(left) > 0 {
		t.Error(err, left)
	}
	got := withLocks("## x\n[main]\nlocksfile.path = /old\na = 1\n", "/new")
	if got != "## x\n[main]\nlocksfile.path = /new\na = 1\n" {
		t.Errorf("%q", got)
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
	writeFile(t, d, reposFolder+"/fix.repo", "[fix]\nname=fix\n[off]\nenabled=0\n")
	stale(false, "repository fix has not been fetched yet")
	const index = cacheFolder + "/raw/fix/repodata/repomd.xml"
	writeFile(t, d, index, "")
	stale(true, "")
	old := time.Now().Add(-25 * time.Hour)
	for _, name := range []string{reposFolder + "/fix.repo", index, filepath.Dir(index)} {
		if err := os.Chtimes(filepath.Join(d.Root, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	stale(false, "")
	stale(true, "repository fix was fetched 25h0m0s ago")
	if err := m.Index.Refresh(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	stale(true, "")
	ago := time.Now().Add(-time.Hour) // two writes in a row can have the same time
	if err := os.Chtimes(d.Root+tool.KeptFile(refreshFile), ago, ago); err != nil {
		t.Fatal(err)
	}
	writeFile(t, d, reposFolder+"/fix.repo", "[fix]\npriority=1\n")
	stale(false, "fix.repo has changed since repository fix was fetched")

	const key = "/etc/pki/rpm-gpg/RPM-GPG-KEY-acme corp"
	writeFile(t, d, key, "")
	writeFile(t, d, reposFolder+"/fix.repo", "[fix]\ngpgkey=https://x/y,\n  file:///etc/pki/rpm-gpg/RPM-GPG-KEY-acme%20corp\n")
	for name, at := range map[string]time.Time{reposFolder + "/fix.repo": old, index: old.Add(time.Hour), key: old} {
		if err := os.Chtimes(filepath.Join(d.Root, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(d.Root + tool.KeptFile(refreshFile)); err != nil {
		t.Fatal(err)
	}
	stale(false, "")
	writeFile(t, d, key, "rotated")
	stale(false, key+" has changed since repository fix was fetched")
}

func TestOffers(t *testing.T) {
	d, m := newMachine(t, &fake{out: captured(t, "search.txt")})
	writeFile(t, d, reposFolder+"/fix.repo", "[fix]\n")
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

// TestOrigins reads output of zypper 1.14.42.
func TestOrigins(t *testing.T) {
	_, m := newMachine(t, &fake{out: captured(t, "packages.txt")})
	within, beside, err := m.Index.(packages.OriginIndex).ListOrigins(t.Context(), "[dist]\nname=The dist\n[acme-10]\n")
	if got := fmt.Sprint(within, beside, err); got != "[base nginx php tool] [app nginx nginx php tool] <nil>" {
		t.Error(got)
	}
}

func TestUnknownListOfPackagesIsAnError(t *testing.T) {
	whole := captured(t, "packages.txt")
	for _, out := range []string{"", "Loading repository data...\n", strings.ReplaceAll(whole, "| Name", "| Nombre"), whole + "cut off | acme\n"} {
		_, m := newMachine(t, &fake{out: out})
		if within, beside, err := m.Index.(packages.OriginIndex).ListOrigins(t.Context(), "[acme]\n"); err == nil {
			t.Errorf("%q: %v %v", out, within, beside)
		}
	}
}

func TestUnknownSearchIsAnError(t *testing.T) {
	for _, c := range []struct {
		out    string
		status int
		fails  bool
	}{
		{"Loading repository data...\nNo matching items found.\n", statusUnknown, false},
		{"", 0, true},
		{strings.ReplaceAll(captured(t, "search.txt"), "| Name", "| Nombre"), 0, true},
	} {
		d, m := newMachine(t, &fake{out: c.out, status: c.status})
		writeFile(t, d, reposFolder+"/fix.repo", "[fix]\n")
		if got, err := m.Index.ListOffers(t.Context(), []string{"demo"}); c.fails != (err != nil) {
			t.Errorf("%q: %v %v", c.out, got, err)
		}
	}
}

func TestNameWithAnArchitecture(t *testing.T) {
	_, m := newMachine(t, &fake{installed: pkg("demo", "1.0-1")})
	p := packages.New(m, packages.Options{})
	for name, there := range map[string]bool{"demo": true, "demo.noarch": true, "demo.x86_64": false, "de.mo": false} {
		have, err := p.Observe(t.Context(), packagestest.Want(t, resources.Package(p), "", name, "ensure", "absent").Want)
		if err != nil || have.IsNull() == there {
			t.Errorf("%s: %#v %v", name, have, err)
		}
	}
}

func TestPlanByRepositoriesThatAreToCome(t *testing.T) {
	f := &fake{out: "<stream></stream>"}
	d, m := newMachine(t, f)
	writeFile(t, d, "/tmp/x", "")
	writeFile(t, d, reposFolder+"/dist.repo", "[dist]\n")
	for _, part := range []string{"raw", "solv"} {
		writeFile(t, d, cacheFolder+"/"+part+"/dist/x", "")
	}
	end, err := m.Index.(packages.PreviewIndex).Preview(t.Context(), map[string][]byte{reposFolder + "/acme.repo": []byte("[acme]\n")}, false)
	if err != nil {
		t.Fatal(err)
	}
	v := d.standin.Now()
	borrowed, err := filepath.Glob(filepath.Join(d.Root, v.Cache, "*/dist"))
	if err != nil || len(borrowed) != 2 || len(f.ran) != 1 || !strings.HasSuffix(f.ran[0], "--cache-dir="+v.Cache+" --reposd-dir="+v.Repos+" --xmlout refresh acme") {
		t.Errorf("it ran %q, and uses %q", f.ran, borrowed)
	}
	end()
	if left, _ := filepath.Glob(filepath.Join(d.Root, "tmp/converge-*")); len(left) > 0 || d.standin.Now().Cache != "" {
		t.Error("something is left of it:", left)
	}
}

func FuzzLocks(f *testing.F) {
	f.Add(captured(f, "locks.txt"))
	f.Add(oneLock)
	f.Fuzz(func(t *testing.T, text string) {
		wanted := map[string]bool{"demo": true}
		edited, err := editLocks(text, wanted)
		if err != nil {
			return
		}
		if again, err := editLocks(edited, wanted); err != nil || again != edited {
			t.Errorf("edited again: %q, %q, %v", edited, again, err)
		}
		marked := editAutomatic(text, wanted)
		if !parseAutomatic(marked)["demo"] || editAutomatic(marked, wanted) != marked {
			t.Errorf("marks: %q", marked)
		}
	})
}
