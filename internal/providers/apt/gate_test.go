package apt

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// A stand-in for apt-get runs the hook as apt does: with sh, and with the operations as its input.
func comeToGate(t testing.TB, inherited []*os.File, told string) error {
	t.Helper()
	c := exec.Command("sh", "-c", gateHook)
	c.Stdin, c.ExtraFiles, c.Stderr = strings.NewReader(told), inherited, os.Stderr
	return c.Run()
}

const toldInstall = "VERSION 3\nAPT::Architecture=amd64\n\n" +
	"a - - none < 1.0 all none /var/cache/apt/archives/a_1.0_all.deb\n" +
	"a - - none < 1.0 all none **CONFIGURE**\n"

func TestGate(t *testing.T) {
	for name, c := range map[string]struct {
		told   string
		refuse error
		passes bool
		ops    string
	}{
		"agreed":          {told: toldInstall, passes: true, ops: "[{a:all  1.0 false}]"},
		"refused":         {told: toldInstall, refuse: errors.New("no"), ops: "[{a:all  1.0 false}]"},
		"another version": {told: strings.Replace(toldInstall, "VERSION 3", "VERSION 2", 1), ops: "[]"},
		"no head":         {told: "", ops: "[]"},
		"much":            {told: strings.Replace(toldInstall, "amd64", strings.Repeat("x", 1<<20), 1), passes: true, ops: "[{a:all  1.0 false}]"},
		"half a line":     {told: "VERSION 3\n\na - - none < 1.0\n", ops: "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []operation
			g, err := openGate(func(ops []operation) error { got = ops; return c.refuse })
			if err != nil {
				t.Fatal(err)
			}
			err = comeToGate(t, g.inherited(), c.told)
			g.close()
			if (err == nil) != c.passes || g.isShut() == c.passes || !g.asked || fmt.Sprint(got) != c.ops {
				t.Errorf("hook: %v, asked %v, reason %v, %v", err, g.asked, g.reason, got)
			}
		})
	}
}

// Without an answer nothing goes through: converge was killed.
func TestGateWithoutAnswer(t *testing.T) {
	g, err := openGate(nil)
	if err != nil {
		t.Fatal(err)
	}
	theirs := slices.Clone(g.theirs)
	g.theirs = nil
	g.close()
	g.theirs = theirs
	if err := comeToGate(t, g.inherited(), toldInstall); err == nil {
		t.Error("it went through")
	}
	for _, f := range theirs {
		f.Close()
	}
}

// Where apt has closed the pipes, too.
func TestGateWithoutPipes(t *testing.T) {
	c := exec.Command("sh", "-c", gateHook)
	c.Stdin = strings.NewReader(toldInstall)
	if err := c.Run(); err == nil {
		t.Error("it went through")
	}
}

// What apt tells at the gate is allowed, or solved again without one.
func TestGateJudgesByThePlan(t *testing.T) {
	const mixed = "VERSION 3\n\na - - none < 1.0 all none /a.deb\n"
	solvedAgain := []step{{starts: "apt-get -s", res: tool.Result{Stdout: solved}}, {starts: "apt-get -y -q"}}
	for name, c := range map[string]struct {
		told string
		then []step
	}{
		"as planned":             {told: mixed},
		"another version":        {told: strings.Replace(mixed, "1.0", "1.1", 1)},
		"one more":               {told: mixed + "d - - none < 1 all none /d.deb\n"},
		"an upgrade":             {told: mixed + "b 1 all none < 2 all none /b.deb\n"},
		"a removal":              {told: mixed + "b 1 all none > - - none **REMOVE**\n", then: solvedAgain},
		"a downgrade":            {told: mixed + "b 1 all none > 0 all none /b.deb\n", then: solvedAgain},
		"what is held":           {told: mixed + "held 1 all none < 2 all none /h.deb\n", then: solvedAgain},
		"what the system needs":  {told: mixed + "dpkg 1 all none > - - none **REMOVE**\n", then: solvedAgain},
		"what others declare":    {told: mixed + "c - - none < 1 all none /c.deb\n", then: solvedAgain},
		"nothing about it":       {told: "VERSION 3\n\nd - - none < 1 all none /d.deb\n", then: append([]step{{starts: "apt-cache -q "}}, solvedAgain...)},
		"something it can't say": {told: "VERSION 4\n\n", then: solvedAgain},
		"it does not come":       {then: solvedAgain},
	} {
		t.Run(name, func(t *testing.T) {
			root := fakeRoot(t, "Package: dpkg\nEssential: yes\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"+
				stateOf("b", "install ok installed", "1")+"\n"+stateOf("held", "hold ok installed", "1"))
			first := []step{{starts: "apt-get -s", res: tool.Result{Stdout: solved}}, {starts: "apt-get -y -q", told: c.told}}
			s := &script{t: t, steps: append(first, c.then...)}
			p := fakeProvider(t, root, s)
			m := &machine{Provider: p, kind: resources.Package(p)}
			absent := m.resource(t, "c", attrs{"ensure": "absent"})
			p.Declare([]*resource.Resource{absent})
			cs := m.diff(t, m.resource(t, "a", nil))
			f, err := p.Solve(t.Context(), cs, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.ApplyAll(t.Context(), cs, f).Err(0); err != nil || len(s.steps) > 0 {
				t.Error(err, s.steps)
			}
		})
	}
}

// An apt-get that a signal has ended is not started again, whether or not it came to the gate.
func TestGateAndSignals(t *testing.T) {
	for name, told := range map[string]string{"before the gate": "", "after the gate": "VERSION 3\n\na - - none < 1.0 all none /a.deb\n"} {
		t.Run(name, func(t *testing.T) {
			root := fakeRoot(t, "Package: dpkg\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
			s := &script{t: t, steps: []step{
				{starts: "apt-get -s", res: tool.Result{Stdout: solved}},
				{starts: "apt-get -y -q", told: told, res: tool.Result{Status: -1, Signal: unix.SIGKILL, Stdout: "Reading package lists...\n"}},
			}}
			p := fakeProvider(t, root, s)
			m := &machine{Provider: p, kind: resources.Package(p)}
			cs := m.diff(t, m.resource(t, "a", nil))
			f, err := p.Solve(t.Context(), cs, nil)
			if err != nil {
				t.Fatal(err)
			}
			const want = "cannot change a: apt-get has not installed it: a signal ended the program: killed\n  Reading package lists..."
			if err := p.ApplyAll(t.Context(), cs, f).Err(0); err == nil || err.Error() != want || len(s.steps) > 0 {
				t.Error(err, s.steps)
			}
		})
	}
}

// What apt of Debian 12 has handed to the hook; see testdata/README.
func TestOperations(t *testing.T) {
	files, err := filepath.Glob("testdata/gate/*.told")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		told, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseOperations(string(told))
		want, wantErr := os.ReadFile(strings.TrimSuffix(file, ".told") + ".ops")
		if wantErr != nil {
			t.Fatal(wantErr)
		}
		var text strings.Builder
		for _, o := range got {
			fmt.Fprintf(&text, "%s %s→%s\n", o.name, o.old, o.new)
		}
		if err != nil || text.String() != string(want) {
			t.Errorf("%s: %v\n%s", file, err, text.String())
		}
	}
}

func FuzzOperations(f *testing.F) {
	f.Add(toldInstall)
	f.Add("VERSION 3\n\nb 1 amd64 same > - - none **REMOVE**\n")
	f.Fuzz(func(t *testing.T, told string) {
		ops, err := parseOperations(told)
		for _, o := range ops {
			if err == nil && (o.name == "" || o.old == "" && o.new == "" && !strings.Contains(told, "**REMOVE**")) {
				t.Errorf("%q: %+v", told, o)
			}
		}
	})
}
