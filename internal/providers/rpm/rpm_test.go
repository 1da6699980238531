package rpm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// captured returns the output of a real rpm 4.18, in testdata.
func captured(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestQuery(t *testing.T) {
	list, err := parseQuery(captured(t, "installed.txt"))
	if err != nil || len(list) < 5 {
		t.Fatal(err, list)
	}
	want := packages.Package{Name: "fakesh", Version: "1-1", Arch: "noarch", Provides: []packages.Provided{{Name: "/bin/sh"}}}
	if d := cmp.Diff(want, list[0]); d != "" {
		t.Error(d)
	}
	keyed, err := parseQuery("P\tgpg-pubkey\t0:1-2\t(none)\np\tgpg(x)\t4:1-2\nP\ta\t3:1-2\tx86_64\np\ta\t3:1-2\np\ta(x86-64)\t3:1-2\n")
	want = packages.Package{Name: "a", Version: "3:1-2", Arch: "x86_64", Provides: []packages.Provided{{Name: "a(x86-64)", Version: "3:1-2"}}}
	if d := cmp.Diff([]packages.Package{want}, keyed); err != nil || d != "" {
		t.Error(err, d)
	}
	for _, bad := range []string{"x\n", "p\ta\t1\n", "P\t\t1\tnoarch\n", "error: x\n"} {
		if list, err := parseQuery(bad); err == nil {
			t.Errorf("%q: %v", bad, list)
		}
	}
}

func TestContents(t *testing.T) {
	got, err := parseContents(captured(t, "contents.txt") + "f\t64\t/run/ghost\n")
	want := packages.Contents{Paths: []string{"/opt/demo/conf", "/opt/demo/data"}, Config: []string{"/opt/demo/conf"}}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	if got, err := parseContents(""); err != nil || len(got.Paths) > 0 {
		t.Error(got, err)
	}
	if got, err := parseContents("package x is not installed\n"); err == nil {
		t.Error(got)
	}
}

func TestFailedScripts(t *testing.T) {
	const out = "Installing a\nwarning: %post(a-b-0:1.0-1.noarch) scriptlet failed, exit status 7\nInstalling c\nsaid\nerror: %prein(c-2:1-1.x86_64) scriptlet failed, signal 9\nwarning: something else\n"
	isOwn := func(line string) bool { return strings.HasPrefix(line, "Installing ") }
	if d := cmp.Diff(map[string]string{"a-b": "%post scriptlet failed, exit status 7"}, FailedScripts(out, isOwn)); d != "" {
		t.Error("of packages that are installed all the same:", d)
	}
	got := ParseScriptFailures(out, isOwn)
	want := []ScriptFailure{
		{Package: "a-b", Reason: "%post scriptlet failed, exit status 7"},
		{Package: "c", Reason: "%prein scriptlet failed, signal 9", Printed: "said\n", Fatal: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestOnlyALostRaceForTheLockIsRunAgain(t *testing.T) {
	const lock = "error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)\n"
	for name, c := range map[string]struct {
		res  tool.Result
		want bool
	}{
		"the lock":              {tool.Result{Status: 1, Stdout: "warning: x\n" + lock}, true},
		"it was done":           {tool.Result{Stdout: lock}, false},
		"a script says it":      {tool.Result{Status: 1, Stdout: lock + "error: %preun(a-1-1.noarch) scriptlet failed, exit status 1\nerror: a-1-1.noarch: erase failed\n"}, false},
		"a script says as much": {tool.Result{Status: 1, Stdout: "I " + lock}, false},
	} {
		if got := LostRace(c.res); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNamesAndVersions(t *testing.T) {
	for nevra, want := range map[string]string{"a-b-0:1.0-1.noarch": "a-b", "a-1-1": "a", "a": "a"} {
		if got := NameOf(nevra); got != want {
			t.Errorf("%s: %s", nevra, got)
		}
	}
	if IsVersionOf("demo-data-1.0-1.noarch", "demo") || !IsVersionOf("demo-1.0-1.noarch", "demo") || IsVersionOf("demo-", "demo") {
		t.Error("demo-data is no version of demo")
	}
	if ShortVersion("0:1-1") != "1-1" || ShortVersion("1:1-1") != "1:1-1" || LongVersion("1-1") != "0:1-1" || LongVersion("1:1-1") != "1:1-1" {
		t.Error("epochs")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(captured(f, "installed.txt"))
	f.Add(captured(f, "contents.txt"))
	f.Add("[a]\nx=1\n y\n;z\n")
	f.Add("warning: %post(a-0:1-1.noarch) scriptlet failed, exit status 7\nwarning: /a created as /a.rpmnew\n")
	f.Fuzz(func(t *testing.T, text string) {
		if list, err := parseQuery(text); err == nil {
			merged, doubles := mergeVersions(list)
			if len(merged)+len(doubles) != len(list) {
				t.Error("more packages than there are, or fewer")
			}
		}
		_, _ = parseContents(text)
		ParseIni(text)
		for _, s := range ParseScriptFailures(text, func(string) bool { return false }) {
			if s.Package == "" {
				t.Error("a script of no package")
			}
		}
		ParseKeptFiles(text)
		IsVersionOf(text, "a")
	})
}
