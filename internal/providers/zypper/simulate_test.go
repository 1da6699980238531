package zypper

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

func TestSolutionIsReadFromTheSummary(t *testing.T) {
	installed := pkg("demo", "1.0-1") + pkg("user", "1.0-1") + pkg("p01", "1.0-1")
	for _, c := range []struct {
		captured, command string
		words             []packages.Word
		want              []string
	}{
		{
			"mixed.xml", "install --auto-agree-with-licenses --force-resolution --dry-run -- demo p03 !p01",
			[]packages.Word{{Name: "demo"}, {Name: "p03"}, {Name: "p01", Remove: true}},
			[]string{"demo 1.0-1→3.0-1", "p03 →1.0-1", "p01 1.0-1→"},
		},
		{
			"reinstall.xml", "install --auto-agree-with-licenses --force --dry-run -- p01=1.0-1",
			[]packages.Word{{Name: "p01", Reinstall: true}}, []string{"p01 1.0-1→1.0-1"},
		},
		{
			"downgrade.xml", "install --auto-agree-with-licenses --oldpackage --dry-run -- demo=1.0-1",
			[]packages.Word{{Name: "demo", Version: "1.0-1", Downgrade: true}}, []string{"demo 2.0-1→1.0-1"},
		},
	} {
		f := &fake{installed: installed, out: captured(t, c.captured)}
		_, m := newMachine(t, f)
		s, err := m.Solver.Simulate(t.Context(), packages.Request{Words: c.words})
		if err != nil || len(s.Failed) > 0 {
			t.Fatal(c.captured, err, s.Failed)
		}
		var got []string
		for _, o := range s.Operations {
			got = append(got, fmt.Sprintf("%s %s→%s", o.Name, o.Old, o.New))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.captured, d)
		}
		if !strings.HasSuffix(f.ran[0], c.command) {
			t.Errorf("%s: the command is %s", c.captured, f.ran[0])
		}
	}
}

func TestFailuresAreOfTheirWords(t *testing.T) {
	for _, c := range []struct {
		captured, installed string
		status              int
		words               []packages.Word
		want                map[int]string
	}{
		{
			"impossible.xml", "", 104, []packages.Word{{Name: "nope"}, {Name: "p01"}, {Name: "p02", Version: "9.9-1"}},
			map[int]string{0: "it is in none of the package sources", 2: "it is not offered in version 9.9-1 by any package source"},
		},
		{
			"needs-new.xml", "", 4, []packages.Word{{Name: "needs-new"}, {Name: "p01"}, {Name: "demo"}},
			map[int]string{0: "nothing provides demo >= 9 needed by needs-new-1.0-1.noarch"},
		},
		{
			"conflict.xml", pkg("demo", "1.0-1") + pkg("user", "1.0-1"), 4, []packages.Word{{Name: "p05"}, {Name: "hates-demo"}},
			map[int]string{1: "user-1.0-1.noarch requires demo, but this requirement cannot be provided"},
		},
		{
			"held.xml", pkg("demo", "2.0-1"), 4, []packages.Word{{Name: "p05"}, {Name: "demo", Version: "3.0-1"}},
			map[int]string{1: "conflicting requests"},
		},
		{
			// zypper prints "Nothing to do" and exits with 0.
			"older.xml", pkg("demo", "2.0-1"), 0, []packages.Word{{Name: "demo", Version: "1.0-1", Downgrade: true}},
			map[int]string{0: "the solution leaves it out"},
		},
		{
			"install.xml", pkg("demo", "2.0-1"), 0, []packages.Word{{Name: "demo", Version: "1.0-1"}, {Name: "nope", Remove: true}},
			map[int]string{0: "version 1.0-1 is older than the installed 2.0-1", 1: "it is not installed"},
		},
	} {
		_, m := newMachine(t, &fake{installed: c.installed, out: captured(t, c.captured), status: c.status})
		s, err := m.Solver.Simulate(t.Context(), packages.Request{Words: c.words})
		if err != nil || len(s.Failed) != len(c.want) {
			t.Errorf("%s: %v %v", c.captured, err, s.Failed)
		}
		for i, want := range c.want {
			if got := s.Failed[i]; got == nil || !strings.HasPrefix(got.Error(), want) {
				t.Errorf("%s: %s: %v", c.captured, c.words[i].Name, got)
			}
		}
	}
}

func TestUnknownOutputIsAnError(t *testing.T) {
	whole := captured(t, "mixed.xml")
	for name, out := range map[string]string{
		"a list":     strings.ReplaceAll(whole, "to-upgrade", "to-transmogrify"),
		"a lost row": strings.Replace(whole, `packages-to-change="3"`, `packages-to-change="4"`, 1),
		"half of it": whole[:strings.Index(whole, "<to-remove>")],
		"no version": strings.Replace(whole, `edition-old="1.0-1"`, "", 1),
		"nothing":    "",
		"no XML":     "Nothing to do.\n",
		"no end":     strings.Replace(whole, "</stream>", "", 1),
		"a document": strings.ReplaceAll(whole, "stream>", "html>"),
	} {
		_, m := newMachine(t, &fake{out: out})
		words := packages.Request{Words: []packages.Word{{Name: "p03"}}}
		if s, err := m.Solver.Simulate(t.Context(), words); err == nil || !strings.Contains(err.Error(), "zypper answers in an unknown form: ") {
			t.Errorf("%s: %v %v", name, s, err)
		}
		if err := m.Solver.Commit(t.Context(), words); err == nil {
			t.Errorf("%s: a transaction that ends so has succeeded", name)
		}
	}
}

func TestFetchError(t *testing.T) {
	for text, want := range map[string]bool{
		"File './x86_64/p02-1.0-1.noarch.rpm' not found on medium 'http://localhost/r'":                                           true,
		"Failed to provide Package p02-1.0-1.noarch (fix). Do you want to retry retrieval?":                                       true,
		"Package p02-1.0-1.noarch (fix) seems to be corrupted during transfer. Do you want to retry retrieval?":                   true,
		"Download (curl) error for 'http://localhost/r/p02-1.0-1.noarch.rpm':\nError code: Connection failed":                     true,
		"Download (curl) error for 'http://localhost/r/repodata/repomd.xml':\nError code: Connection failed":                      false,
		"Installation of failpre-1.0-1.noarch failed:\nError: Subprocess failed. Error: RPM failed: File 'x.rpm' not found by it": false,
	} {
		if got := isFetchError([]string{"Problem occurred during or after installation", text}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestEndOfATransaction(t *testing.T) {
	for _, c := range []struct {
		captured, err string
		status        int
		scripts       map[string]string
		failed        []string
	}{
		{"install.xml", "", 0, nil, nil},
		{"kept.xml", "", 103, nil, nil},
		{"failpost.xml", "scripts of packages have failed: failpost: %post scriptlet failed, exit status 7", 107, map[string]string{"failpost": "%post scriptlet failed, exit status 7\n  about to fail"}, nil},
		{"failsignal.xml", "scripts of packages have failed", 107, map[string]string{"qb": "%post scriptlet failed, signal 9"}, nil},
		{"faillua.xml", "scripts of packages have failed", 0, map[string]string{"ql": "%post lua script failed, line 1: oops"}, nil},
		{"failpre.xml", "zypper failed: Installation of failpre-1.0-1.noarch failed:", 8, nil, []string{"failpre"}},
		{"failpreun.xml", "zypper failed: Removal of ", 8, nil, []string{"failpreun"}},
		{"missing-file.xml", "zypper failed: File './noarch/p02-1.0-1.noarch.rpm' not found", 8, nil, []string{"p02"}},
		{"fileconflict.xml", "zypper failed: cannot install cvt-thief: its file /usr/share/cvt-lib/version is in cvt-lib too", 8, nil, []string{"cvt-thief"}},
		{"unsigned.xml", "zypper failed: p05-1.0-1.noarch (Plain RPM files cache): Signature verification failed", 8, nil, []string{"p05"}},
	} {
		_, m := newMachine(t, &fake{out: captured(t, c.captured), status: c.status})
		err := m.Solver.Commit(t.Context(), packages.Request{Words: []packages.Word{{Name: "p03"}}})
		if c.err == "" != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: %v", c.captured, err)
		}
		var scripts *packages.ScriptError
		if errors.As(err, &scripts) != (c.scripts != nil) || scripts != nil && cmp.Diff(c.scripts, scripts.Packages) != "" {
			t.Errorf("%s: scripts: %v", c.captured, scripts)
		}
		var fetch *packages.FetchError
		if got := errors.As(err, &fetch); got != (c.captured == "missing-file.xml") {
			t.Errorf("%s: it counts as not fetched: %v", c.captured, got)
		}
		var failed *packages.PackagesError
		if errors.As(err, &failed) != (c.failed != nil) {
			t.Errorf("%s: packages: %v", c.captured, failed)
		}
		for _, name := range c.failed {
			if failed != nil && failed.Packages[name] == "" {
				t.Errorf("%s: packages: %v", c.captured, failed.Packages)
			}
		}
	}
}

func TestOnlyALostRaceForALockIsRunAgain(t *testing.T) {
	const rpms = "error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)\n"
	for name, c := range map[string]struct {
		res  tool.Result
		want bool
	}{
		"zypp's lock":              {tool.Result{Status: 7, Stdout: captured(t, "locked.xml")}, true},
		"rpm's lock":               {tool.Result{Status: 8, Stdout: captured(t, "locked-rpm.xml")}, true},
		"rpm's lock at the second": {tool.Result{Status: 8, Stdout: strings.Replace(captured(t, "locked-rpm.xml"), `done="0"`, `done="1"`, 1)}, false},
		"a script says rpm's":      {tool.Result{Status: 107, Stdout: strings.Replace(captured(t, "failpost.xml"), "about to fail\n", rpms, 1)}, false},
		"a script that fails":      {tool.Result{Status: 8, Stdout: strings.Replace(captured(t, "failpre.xml"), "pre says no\n", rpms, 1)}, false},
		"a transaction":            {tool.Result{Stdout: captured(t, "install.xml")}, false},
	} {
		if got := lostRace(c.res); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"mixed.xml", "conflict.xml", "held.xml", "failpost.xml", "failpre.xml", "missing-file.xml", "unsigned.xml", "search.txt"} {
		f.Add(captured(f, name))
	}
	f.Fuzz(func(t *testing.T, out string) {
		a := readAnswer(out)
		for _, o := range a.rows {
			if a.err == nil && (o.Name == "" || o.Old == "" && o.New == "") {
				t.Errorf("an operation without name or version: %v", o)
			}
		}
		sc := &script{
			request: packages.Request{Words: []packages.Word{{Name: "demo"}, {Name: "p02", Version: "9.9-1"}}},
			words:   []string{"demo", "p02=9.9-1"}, failed: map[int]error{},
		}
		_ = sc.findFailures(a)
		sc.checkAll(a)
		failedPackages(a.errors)
		_, _ = parseSearch(out)
	})
}
