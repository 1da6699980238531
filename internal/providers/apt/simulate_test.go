package apt

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/testhost"
	"converge/internal/version"

	"converge/internal/process"

	"converge/internal/providers/packages/tool"
)

// captured is what apt-get -s of Debian 12 has said; see testdata/README.
func captured(t testing.TB, name string) (out, errs string) {
	t.Helper()
	o, err := os.ReadFile("testdata/simulate/" + name + ".stdout")
	if err != nil {
		t.Fatal(err)
	}
	e, err := os.ReadFile("testdata/simulate/" + name + ".stderr")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(o), string(e)
}

func TestSimulation(t *testing.T) {
	for name, want := range map[string][]string{
		"install":    {"asker →1.0", "hello-conf 1.0→2.0"},
		"mixed":      {"mta-x 1.0→", "mta-y →1.0", "rec 1.0→", "svc-a 1.0→", "hates-svc →1.0", "hello-conf 1.0→2.0"},
		"purge":      {"svc-a 1.0→ purge", "hello-conf 1.0→2.0"},
		"downgrade":  {"epoch 1:0.9-1→2.0~beta1 down"},
		"remove-dep": {"needs-mail 1.0→", "mta-x 1.0→"},
		"systemd":    {"systemd-sysv 252.39-1~deb12u2→", "systemd 252.39-1~deb12u2→"},
		"nothing":    nil,
		"errors":     nil,
		"conflict":   nil,
	} {
		out, _ := captured(t, name)
		var got []string
		for _, o := range parseSimulation(out) {
			s := fmt.Sprintf("%s %s→%s", o.name, o.old, o.new)
			if o.purge {
				s += " purge"
			}
			if o.downgrades() {
				s += " down"
			}
			got = append(got, s)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestSimulationLines(t *testing.T) {
	for line, want := range map[string]operation{
		"Inst libc6 [2.31-13] (2.36-9 Debian:12.1/stable [amd64]) [libc-bin:amd64 on libc6:amd64]": {name: "libc6", old: "2.31-13", new: "2.36-9"},
		"Inst libc6:i386 (2.36-9 Debian:12.1/stable [i386]) []":                                    {name: "libc6:i386", new: "2.36-9"},
		"Inst x (1.1 converge-test:stable, local-deb [all])":                                       {name: "x", new: "1.1"},
		"Remv mta-x [1.0] [needs-mail:amd64 ]":                                                     {name: "mta-x", old: "1.0"},
		"Purg a [1]":                                                                               {name: "a", old: "1", purge: true},
	} {
		if got := parseSimulation(line + "\n"); len(got) != 1 || got[0] != want {
			t.Errorf("%q: %+v", line, got)
		}
	}
	for _, line := range []string{"", "Inst", "Inst x", "Inst x [1", "Inst x ()", "Inst x 1", "Installing x (1 y)", "Conf x (1 y [all])", "Remv "} {
		if got := parseSimulation(line + "\n"); len(got) != 0 {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

func TestProblems(t *testing.T) {
	for name, want := range map[string][]problem{
		"errors": {
			{"nope", "it is in none of the package sources", true, false},
			{"hello-conf", "it is not offered in version 9.9 by any package source", true, false},
			{"virtual-mail", "it is a virtual package; name one that provides it: mta-y, mta-x", false, false},
			{"nopenope", "it is in none of the package sources", true, false},
		},
		"unmet": {
			{"needs-new", "Depends: hello-conf (>= 3) but 1.0 is to be installed", false, false},
			{"", "Unable to correct problems, you have held broken packages.", false, false},
		},
		"conflict": {
			{"hates-svc", "Conflicts: svc-a but 1.1 is to be installed", false, false},
			{"", "Unable to correct problems, you have held broken packages.", false, false},
		},
	} {
		out, errs := captured(t, name)
		if d := cmp.Diff(want, parseProblems(out, errs), cmp.AllowUnexported(problem{})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	broken := parseProblems("", "E: The package a:i386 needs to be reinstalled, but I can't find an archive for it.\n")
	if d := cmp.Diff([]problem{{"a:i386", "dpkg left it broken, and no package source has it to install it again", true, true}}, broken, cmp.AllowUnexported(problem{})); d != "" {
		t.Error(d)
	}
	out, errs := captured(t, "essential")
	got := parseProblems(out, errs)
	if len(got) < 4 || got[1].name != "grep" ||
		got[1].msg != "Depends: dpkg (>= 1.15.4) but it is not going to be installed or; install-info but it is not installable" {
		t.Errorf("%+v", got)
	}
}

func FuzzSimulation(f *testing.F) {
	entries, err := os.ReadDir("testdata/simulate")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile("testdata/simulate/" + e.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range parseSimulation(s) {
			if o.name == "" || strings.ContainsAny(o.name+o.old+o.new, "\n") {
				t.Errorf("%+v", o)
			}
		}
		for _, p := range parseProblems(s, s) {
			if p.msg == "" && p.name == "" && !strings.Contains(s, "E: ") {
				t.Errorf("%+v", p)
			}
		}
		parsePolicy(s)
		dpkgErrors(s)
		reverseProvides(s)
		parseMarks([]byte(s), func(name, _ string) {
			if name == "" {
				t.Error("a mark of nothing")
			}
		})
		for name := range parseProvides(s) {
			if name == "" {
				t.Error("it provides nothing")
			}
		}
		updateWarnings(tool.Result{Stdout: s})
		firstErrors(tool.Result{Stdout: s})
		_, _ = parseDeb(s)
	})
}

func TestPolicy(t *testing.T) {
	data, err := os.ReadFile("testdata/policy.stdout")
	if err != nil {
		t.Fatal(err)
	}
	got := parsePolicy(string(data) + `ph:
  Installed: 1.0
  Candidate: 1.1
  Version table:
     1.1 500 (phased 10%)
        500 file:/srv/deb ./ Packages
 *** 1.0 500
        100 /var/lib/dpkg/status
`)
	want := map[string]offer{
		"hello-conf":   {candidate: "2.0", versions: []string{"2.0", "1.1", "1.0"}, listed: true},
		"svc-a":        {candidate: "1.1", versions: []string{"1.1", "1.0"}, listed: true},
		"virtual-mail": {},
		"epoch":        {candidate: "1:0.9-1", versions: []string{"1:0.9-1", "2.0~beta1"}, listed: true},
		"bash":         {candidate: "5.2.15-2+b13", versions: []string{"5.2.15-2+b13"}},
		"libc6":        {candidate: "2.36-9+deb12u14", versions: []string{"2.36-9+deb12u14"}},
		"asker":        {candidate: "1.0", versions: []string{"1.0"}, listed: true},
		"ph":           {candidate: "1.1", versions: []string{"1.1", "1.0"}, listed: true, phased: map[string]string{"1.1": "10%"}},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(offer{})); d != "" {
		t.Error(d)
	}
	for set, want := range map[string]string{
		">= 1.0": "2.0", "< 2": "1.1", "> 1.0, < 2, != 1.1": "", "<= 1.0": "1.0", "> 2.0": "", "!= 2.0": "1.1",
	} {
		s, err := parseVersionSet(set)
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := got["hello-conf"].chooseVersion(s); v != want {
			t.Errorf("%s: %q, want %q", set, v, want)
		}
	}
}

func TestReverseProvides(t *testing.T) {
	out := `Package: foo1
Versions: 

Reverse Depends: 
  other,foo1 1
  foo1t64,foo1
Dependencies: 
Provides: 
Reverse Provides: 
foo1t64 1.3 (= 1.3)
foo1t64 1.2 (= 1.2)
Package: mail
Versions: 

Reverse Depends: 
Dependencies: 
Provides: 
Reverse Provides: 
m2 1 (= )
Package: real
Versions: 
1 (/var/lib/dpkg/status)
 Description Language: 

Reverse Provides: 
`
	want := map[string][]offeredAs{
		"foo1": {{"foo1t64", "1.3", "1.3"}, {"foo1t64", "1.2", "1.2"}},
		"mail": {{"m2", "1", ""}},
	}
	if d := cmp.Diff(want, reverseProvides(out), cmp.AllowUnexported(offeredAs{})); d != "" {
		t.Error(d)
	}
}

func TestProvidedNames(t *testing.T) {
	status := ""
	for _, p := range []string{
		"Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n",
		"Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\nProvides: x (= 1:1.2), y, z:any (= 3)\nDepends: q\n",
		"Package: b\nStatus: install ok installed\nArchitecture: i386\nVersion: 2\nProvides: x\n",
		"Package: c\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 2\nProvides: x\n",
		"Package: y\nStatus: hold ok installed\nArchitecture: all\nVersion: 7\nProvides: y (= 8)\n",
	} {
		status += p + "\n"
	}
	var list []pkg
	if err := parseStatus([]byte(status), func(p pkg) { list = append(list, p) }); err != nil {
		t.Fatal(err)
	}
	db := newDatabase(list)
	for name, want := range map[string]string{"x": "a 1:1.2", "x:amd64": "a 1:1.2", "x:i386": "b ", "y": "a ", "z": "a 3", "q": ""} {
		got := ""
		for _, o := range db.providersOf(name) {
			got += o.by.name + " " + o.version
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	var got []string
	parseMarks([]byte("Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: b\nArchitecture: amd64\nAuto-Installed: 0\n\nAuto-Installed: 1\n\nPackage: c\nAuto-Installed: 1\nArchitecture: i386"),
		func(name, arch string) { got = append(got, name+":"+arch) })
	if d := cmp.Diff([]string{"a:amd64", "c:"}, got); d != "" {
		t.Error(d)
	}
}

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;31mred\x1b[0m":                     "red",
		"\x1b]0;title\x07a\x1b]8;;x\x1b\\b":        "ab",
		"a\tb\x00\x7f\r":                           "a\tb",
		"\xe2\x97\x8f cvd.service - \x1b[K\x1bM x": "● cvd.service -  x",
	} {
		if got := process.Plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestComplaints(t *testing.T) {
	out := "Hit:1 http://x\nW: GPG error: http://x InRelease: NO_PUBKEY 1\nE: The repository 'http://x' is not signed.\nE: The repository 'http://x' is not signed.\nW: Some index files failed to download. They have been ignored.\n"
	if got := updateWarnings(tool.Result{Stdout: out, Stderr: "W: Download is performed unsandboxed as root\n"}); got != "GPG error: http://x InRelease: NO_PUBKEY 1; The repository 'http://x' is not signed." {
		t.Error(got)
	}
}

func TestDpkgErrors(t *testing.T) {
	out := `Setting up a (1) ...
a has something to say
Setting up bad-postinst (1.0) ...
` + "\x1b[31m" + `postinst says no` + "\x1b[0m" + `
dpkg: error processing package bad-postinst (--configure):
 installed bad-postinst package post-installation script subprocess returned error exit status 7
Setting up cvd (1) ...
Job for cvd.service failed because the control process exited with error code.
See "systemctl status cvd.service" for details.
dpkg: error processing package cvd (--configure):
 installed cvd package post-installation script subprocess returned error exit status 1
Setting up old (1) ...
invoke-rc.d: initscript old, action "start" failed.
dpkg: error processing package old (--configure):
 exit status 2
dpkg: error processing archive /tmp/apt-dpkg-install-XYZ/0-b_1%3a2.0_all.deb (--unpack):
 trying to overwrite '/usr/bin/x', which is also in package a 1.0
dpkg: error processing archive /var/cache/apt/archives/7zip_1_all.deb (--unpack):
 no space left
dpkg: error processing package c:i386 (--configure):
dpkg: dependency problems prevent configuration of d:
`
	want := map[string]dpkgFailure{
		"bad-postinst": {why: "installed bad-postinst package post-installation script subprocess returned error exit status 7", said: "postinst says no\n"},
		"cvd": {
			why: "installed cvd package post-installation script subprocess returned error exit status 1", unit: "cvd.service",
			said: "Job for cvd.service failed because the control process exited with error code.\nSee \"systemctl status cvd.service\" for details.\n",
		},
		"old":  {why: "exit status 2", unit: "old.service", said: "invoke-rc.d: initscript old, action \"start\" failed.\n"},
		"b":    {why: "trying to overwrite '/usr/bin/x', which is also in package a 1.0"},
		"7zip": {why: "no space left"},
	}
	if d := cmp.Diff(want, dpkgErrors(out), cmp.AllowUnexported(dpkgFailure{})); d != "" {
		t.Error(d)
	}
}

func TestTail(t *testing.T) {
	in := "a\n(Reading ... 5%\r(Reading ... 10%\rdone.\n\n  b  \n"
	if got := tool.LastLines(in, 2); got != "done.\n  b" {
		t.Errorf("%q", got)
	}
}

// The library orders versions as dpkg does.
func TestCompareVersions(t *testing.T) {
	if _, err := exec.LookPath("dpkg"); err != nil {
		testhost.Cannot(t, "there is no dpkg on this machine to compare with")
	}
	versions := []string{
		"1", "1.0", "1.00", "1.0-0", "1.0-1", "1.0~rc1", "1.0~", "1.0~~", "1.0+b1", "1:0.9", "0:1.0", "2.0~beta1", "1.0a", "1.0.a",
		"1.0-1+deb12u10", "1.0-1+deb12u9", "20240101", "1.2.3-4ubuntu0.1", "1.0-1~bpo12+1",
	}
	var script strings.Builder
	for _, a := range versions {
		for _, b := range versions {
			fmt.Fprintf(&script, "dpkg --compare-versions '%s' lt '%s' && echo -1 || { dpkg --compare-versions '%s' gt '%s' && echo 1 || echo 0; }\n", a, b, a, b)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh")
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Fields(string(out))
	for i, a := range versions {
		for k, b := range versions {
			if got := fmt.Sprint(version.Compare(a, b)); got != answers[i*len(versions)+k] {
				t.Errorf("%s, %s: %s, dpkg says %s", a, b, got, answers[i*len(versions)+k])
			}
		}
	}
}
