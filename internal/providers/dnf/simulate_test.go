package dnf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

func TestSolutionIsReadFromTheTable(t *testing.T) {
	installed := pkg("demo", "1.0-1") + pkg("user", "1.0-1") + pkg("p01", "1.0-1")
	for _, c := range []struct {
		captured, script string
		words            []packages.Word
		want             []string
	}{
		{
			"mixed", "upgrade 'demo'|install 'p03'|remove 'p01'|transaction list|",
			[]packages.Word{{Name: "demo"}, {Name: "p03"}, {Name: "p01", Remove: true}},
			[]string{
				"a-very-long-package-name-that-does-not-fit-into-any-column-of-a-table →1.0.20261128gitabcdefabcdef-1",
				"p03 →1.0-1", "demo 1.0-1→3.0-1", "p01 1.0-1→",
			},
		},
		{
			"replaced", "install 'hates-demo'|transaction list|",
			[]packages.Word{{Name: "hates-demo"}},
			[]string{"hates-demo →1.0-1", "newdemo →1.0-1", "demo 1.0-1→", "p01 1.0-1→", "user 1.0-1→"},
		},
		{
			"reinstall", "reinstall 'p01-0:1.0-1'|transaction list|",
			[]packages.Word{{Name: "p01", Reinstall: true}}, []string{"p01 1.0-1→1.0-1"},
		},
	} {
		f := &fake{answers: map[string]string{"rpm ": installed, " shell": captured(t, c.captured)}}
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
		if got := strings.ReplaceAll(f.stdin[len(f.stdin)-1], "\n", "|"); got != c.script {
			t.Errorf("%s: the script is %s", c.captured, got)
		}
	}
}

func TestFailuresAreOfTheirWords(t *testing.T) {
	for _, c := range []struct {
		captured, installed string
		words               []packages.Word
		want                map[int]string
	}{
		{
			"impossible", "",
			[]packages.Word{{Name: "nope"}, {Name: "p01"}, {Name: "p02", Version: "9.9-1"}, {Name: "needs-new"}, {Name: "demo"}},
			map[int]string{
				0: "it is in none of the package sources", 2: "it is not offered in version 9.9-1 by any package source",
				3: "nothing provides demo >= 9 needed by needs-new-1.0-1.noarch",
			},
		},
		{
			"conflict", pkg("demo", "1.0-1") + pkg("user", "1.0-1"),
			[]packages.Word{{Name: "p05"}, {Name: "hates-demo"}},
			map[int]string{1: "problem with installed package user-1.0-1.noarch; package user-1.0-1.noarch requires demo"},
		},
		{
			"install", pkg("demo", "2.0-1"),
			[]packages.Word{{Name: "demo", Version: "1.0-1"}, {Name: "nope", Remove: true}},
			map[int]string{0: "version 1.0-1 is older than the installed 2.0-1", 1: "it is not installed"},
		},
		{
			"nothing", pkg("demo", "2.0-1"), []packages.Word{{Name: "demo"}, {Name: "p03"}},
			map[int]string{1: "the solution leaves it out"},
		},
	} {
		_, m := newMachine(t, &fake{answers: map[string]string{"rpm ": c.installed, " shell": captured(t, c.captured)}})
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

// TestPackageFilesComeFirst names all package files in one line: dnf refuses to read any after another line.
func TestPackageFilesComeFirst(t *testing.T) {
	f := &fake{answers: map[string]string{"--qf": pkg("p01", "1.0-1"), " shell": captured(t, "nothing")}}
	_, m := newMachine(t, f)
	_, err := m.Solver.Simulate(t.Context(), packages.Request{Words: []packages.Word{
		{Name: "p03", Version: "1.0-1"}, {Name: "p02", File: "/srv/p02.rpm"}, {Name: "p01", Remove: true},
		{Name: "p01", File: "/srv/it's.rpm", Reinstall: true},
	}})
	const want = "install '/srv/p02.rpm' '/srv/it'\"'\"'s.rpm'\ninstall 'p03-0:1.0-1'\nremove 'p01'\nreinstall 'p01-0:1.0-1.noarch'\ntransaction list\n"
	if got := f.stdin[len(f.stdin)-1]; err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestWeakDependenciesOfSomeWords asks first about the words that may bring some: what the
// others ask for is not missing in that answer.
func TestWeakDependenciesOfSomeWords(t *testing.T) {
	table := func(names ...string) string {
		out := " Package  Architecture  Version  Repository  Size\n===\nInstalling:\n"
		for _, name := range names {
			if name == "weak" {
				out += "Installing weak dependencies:\n"
			}
			out += " " + name + "  noarch  1.0-1  fix  6.1 k\n"
		}
		return fmt.Sprintf("> \n%s\nTransaction Summary\n===\nInstall  %d Packages\n\n> Leaving Shell\n", out, len(names))
	}
	f := &fake{answers: map[string]string{"rpm ": "", " shell": table("p03", "weak")}}
	f.then = func() { f.answers[" shell"] = table("p03", "p05", "weak") }
	_, m := newMachine(t, f)
	none := false
	s, err := m.Solver.Simulate(t.Context(), packages.Request{Words: []packages.Word{{Name: "p03"}, {Name: "p05", Recommends: &none}}})
	if err != nil || len(s.Failed) > 0 || len(s.Operations) != 3 {
		t.Fatal(err, s)
	}
	if last := f.stdin[len(f.stdin)-1]; last != "install 'p03'\ninstall 'p05'\ninstall 'weak-0:1.0-1.noarch'\ntransaction list\n" {
		t.Error(last)
	}
}

func TestUnknownOutputIsAnError(t *testing.T) {
	table := captured(t, "mixed")
	for name, out := range map[string]string{
		"a section":  strings.Replace(table, "Upgrading:", "Transmogrifying:", 1),
		"a row":      strings.Replace(table, " p03                                                                     noarch", " p03", 1),
		"a lost row": strings.Replace(table, "Install  2 Packages", "Install  3 Packages", 1),
		"no summary": strings.Replace(table, "Transaction Summary", "", 1),
		"an error":   "> Error: Something new has happened\n",
		"nothing":    "",
		"no end":     "Last metadata expiration check: 0:00:45 ago\n> ",
		"a language": "> " + strings.Repeat("=", 80) + "\n Paket     Architektur\n" + strings.Repeat("=", 80) + "\nInstallieren:\n p03  noarch  1.0-1  fix  6.1 k\n> Leaving Shell\n",
		"a summary":  "\n Package  Architecture\n===\n\nTransaction Summary\n===\nInstallieren  1 Paket\n> Leaving Shell\n",
	} {
		_, m := newMachine(t, &fake{answers: map[string]string{"rpm ": "", " shell": out}})
		if s, err := m.Solver.Simulate(t.Context(), packages.Request{Words: []packages.Word{{Name: "p03"}}}); err == nil {
			t.Errorf("%s: %v", name, s)
		}
	}
}

func TestFetchError(t *testing.T) {
	for out, want := range map[string]bool{
		"[MIRROR] p02-1.0-1.noarch.rpm: Status code: 404 for http://localhost/r/p02-1.0-1.noarch.rpm\nError: Error downloading packages:\n  Status code: 404 for http://localhost/r/p02-1.0-1.noarch.rpm\n": true,
		"Running transaction\n  Running scriptlet: p02\nError downloading packages, says the script\nError: Transaction failed\n":                                                                           false,
		"Error: Transaction test error:\n  file /x from install of b-1-1.noarch conflicts with file from package a-1-1.noarch\n":                                                                            false,
	} {
		if got := isFetchError(out); got != want {
			t.Errorf("%q: %v", out, got)
		}
	}
}

func TestEndOfATransactionIsInItsOutput(t *testing.T) {
	for _, c := range []struct {
		captured, err string
		scripts       map[string]string
		failed        map[string]string
	}{
		{"install", "", nil, nil},
		{"kept", "", nil, nil},
		{"failpost", "scripts of packages have failed: failpost: %post scriptlet failed, exit status 7", map[string]string{"failpost": "%post scriptlet failed, exit status 7\n  about to fail"}, nil},
		{"failsignal", "scripts of packages have failed", map[string]string{"qb": "%post scriptlet failed, signal 9"}, nil},
		{"failsignal-preun", "dnf failed: Transaction failed\n", nil, map[string]string{"qb": "%preun scriptlet failed, signal 9"}},
		{"faillua", "scripts of packages have failed", map[string]string{"ql": "%post lua script failed, line 1: oops"}, nil},
		{"failpre", "dnf failed: Transaction failed\n", nil, map[string]string{"failpre": "%prein scriptlet failed, exit status 3\n  pre says no"}},
		{"failpreun", "dnf failed: Transaction failed\n", nil, map[string]string{"failpreun": "%preun scriptlet failed, exit status 3\n  preun says no"}},
		{
			"missing-file", "dnf failed: Some packages from local repository have incorrect checksum\n", nil,
			map[string]string{"p02": `Package "p02-1.0-1.noarch" from local repository "fix" has incorrect checksum`},
		},
	} {
		_, m := newMachine(t, &fake{answers: map[string]string{"rpm ": "", " shell": captured(t, c.captured)}})
		err := m.Solver.Commit(t.Context(), packages.Request{Words: []packages.Word{{Name: "p03"}}})
		if c.err == "" != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: %v", c.captured, err)
		}
		var scripts *packages.ScriptError
		if errors.As(err, &scripts) != (c.scripts != nil) || scripts != nil && cmp.Diff(c.scripts, scripts.Packages) != "" {
			t.Errorf("%s: scripts: %v", c.captured, scripts)
		}
		var fetch *packages.FetchError
		if got := errors.As(err, &fetch); got != (c.captured == "missing-file") {
			t.Errorf("%s: it counts as not fetched: %v", c.captured, got)
		}
		var failed *packages.PackagesError
		if errors.As(err, &failed) != (c.failed != nil) || failed != nil && cmp.Diff(c.failed, failed.Packages) != "" {
			t.Errorf("%s: packages: %v", c.captured, failed)
		}
	}
}

func TestOnlyALostRaceForALockIsRunAgain(t *testing.T) {
	const rpms = "error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)\n"
	script := func(name, prints string) string { // the same, with a script that prints something
		return strings.Replace(captured(t, name), "about to fail\n", prints, 1)
	}
	for name, c := range map[string]struct {
		res  tool.Result
		want bool
	}{
		"dnf's lock":               {tool.Result{Stdout: captured(t, "locked")}, true},
		"rpm's lock":               {tool.Result{Stdout: captured(t, "locked-rpm")}, true},
		"a command but shell":      {tool.Result{Status: 200}, true},
		"a transaction":            {tool.Result{Stdout: captured(t, "install")}, false},
		"a failing one":            {tool.Result{Stdout: captured(t, "failpre")}, false},
		"a script says dnf's":      {tool.Result{Stdout: script("failpost", "Error: RPMDB already locked by 7\n")}, false},
		"a script says rpm's":      {tool.Result{Stdout: script("failpost", "RPM: "+rpms+rpms+"Error: Could not run transaction.\n")}, false},
		"a description":            {tool.Result{Stdout: "see: Error: RPMDB already locked by 7\n"}, false},
		"a failure with its words": {tool.Result{Status: 1, Stderr: "Error: x " + rpms}, false},
	} {
		if got := lostRace(c.res); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestTransactionThatLostARaceIsRunAgain has the shell end with 0, as dnf does.
func TestTransactionThatLostARaceIsRunAgain(t *testing.T) {
	f := &fake{answers: map[string]string{"rpm ": "", " shell": captured(t, "locked-rpm")}}
	f.then = func() { f.answers[" shell"] = captured(t, "install") }
	m, err := New(Options{Options: tool.Options{Root: t.TempDir(), Runner: f, LockTimeout: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Parts().Solver.Commit(t.Context(), packages.Request{Words: []packages.Word{{Name: "p03"}}}); err != nil {
		t.Fatal(err)
	}
	shells := slices.DeleteFunc(f.ran, func(c string) bool { return !strings.HasSuffix(c, " shell") })
	if len(shells) != 2 {
		t.Error(f.ran)
	}
}

func TestScriptsDoNotSpeakForDnf(t *testing.T) {
	for _, c := range []struct {
		captured, printed, instead string
		well                       bool
	}{
		{"failpost", "about to fail\n", "Error: not dnf's\n", true},
		{"failpre", "pre says no\n", "Complete!\n", false},
		{"failpreun", "preun says no\n", "Nothing to do.\n", false},
	} {
		out := strings.Replace(captured(t, c.captured), c.printed, c.instead, 1)
		if got := endsWell(out); got != c.well || !strings.Contains(out, c.instead) {
			t.Errorf("%s: %v", c.captured, got)
		}
	}
}

func FuzzOutput(f *testing.F) {
	for _, name := range []string{"mixed", "replaced", "impossible", "conflict", "failpost", "failpre", "missing-file", "refresh"} {
		f.Add(captured(f, name))
	}
	f.Fuzz(func(t *testing.T, out string) {
		rows, err := parseTable(out)
		if err == nil && slices.ContainsFunc(rows, func(r row) bool { return r.name == "" || r.version == "" }) {
			t.Error("a row without name or version")
		}
		sc := &script{
			request: packages.Request{Words: []packages.Word{{Name: "demo"}, {Name: "p02", Version: "9.9-1"}}},
			specs:   []string{"demo", "p02-0:9.9-1"}, failed: map[int]error{},
		}
		_ = sc.findFailures(tool.Result{Stdout: out})
		for name := range failedPackages(out) {
			if name == "" {
				t.Error("a failed package without a name")
			}
		}
		endsWell(out)
		_ = skippedRepos(out)
	})
}
