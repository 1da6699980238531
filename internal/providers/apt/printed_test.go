package apt

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/packages/tool"
	"converge/resources"
)

// What apt-get of Debian 11 to 13 has printed; see testdata/README.
func TestPrinted(t *testing.T) {
	want := map[string]string{
		"install":     "asker→1.0 kubeadm→1.32.0 kubectl→1.32.0 kubelet→1.32.0 p03→1.0 [p01]",
		"remove":      "needs-mail→ p02→ p04→1.0 [p01]",
		"purge":       "docker-ce→* p04→1.0 [containerd.io p01]",
		"foreign":     "foreign:i386→1:2.0~rc1+b1-3 [p01]",
		"debian11":    "mawk→ jq→1.6-2.1 libjq1→1.6-2.1 libonig5→6.9.6-1.1 original-awk→2018-08-27-1 xz-utils→5.2.5-2.1~deb11u1 []",
		"debian13":    "mawk→ jq→1.7.1-6+deb13u4 libjq1→1.7.1-6+deb13u4 libonig5→6.9.9-1+b1 original-awk→2025-01-16-1 xz-utils→5.8.1-1+deb13u2 []",
		"upgrade":     `"1 upgraded, 1 newly installed, 0 to remove and 3 not upgraded." does not count new and removed packages alone`,
		"downgrade":   `"0 upgraded, 0 newly installed, 1 downgraded, 0 to remove and 4 not upgraded." does not count new and removed packages alone`,
		"reinstall":   `"0 upgraded, 1 newly installed, 1 reinstalled, 0 to remove and 4 not upgraded." does not count new and removed packages alone`,
		"held":        "The following held packages will be changed:",
		"unfinished":  "1 not fully installed or removed.",
		"other-words": `"  p01" is no entry of a list`,
		"version30":   `"" does not count new and removed packages alone`,
	}
	for name, want := range want {
		if out, err := os.ReadFile("testdata/printed/" + name + ".stdout"); err != nil || describePrinted(parsePrinted(string(out))) != want {
			t.Errorf("%s: %v\n%s\n%s", name, err, describePrinted(parsePrinted(string(out))), want)
		}
	}
}

// A list that was cut short, or that says more than it may, is no answer.
func TestPrintedLines(t *testing.T) {
	const head, count = "The following NEW packages will be installed:\n", "0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.\n"
	for out, want := range map[string]string{
		head + "   a (1)\n" + count:               "a→1 []",
		head + "   a (1)\nx:\n   b (1)\n" + count: "a→1 []", // under a heading that says nothing of what is done
		"":                                    `"" does not count new and removed packages alone`,
		head + "   a (1)\n":                   `"" does not count new and removed packages alone`,
		head + "   a (1)\n   b (1)\n" + count: `2 packages are listed, and not as many as in "` + strings.TrimSpace(count) + `"`,
		count:                                 `0 packages are listed, and not as many as in "` + strings.TrimSpace(count) + `"`,
		head + "   a (1)\n" + count + count:   `"` + strings.Repeat(strings.TrimSpace(count), 2) + `" does not count new and removed packages alone`,
		head + "   a\n" + count:               "a is to be installed in no version",
		head + "   a* (1)\n" + count:          "a* is to be installed in no version",
		head + "   a (1 => 2)\n" + count:      `"   a (1 => 2)" is no entry of a list`,
		head + "   a b\n" + count:             `"   a b" is no entry of a list`,
		head + "  a (1)\n" + count:            `"  a (1)" is no entry of a list`,
		head + "   a (1)\nWARNING: of anything\n" + count: "WARNING: of anything",
	} {
		if got := describePrinted(parsePrinted(out)); got != want {
			t.Errorf("%q: %s, want %s", out, got, want)
		}
	}
}

func describePrinted(s printed, err error) string {
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	for _, o := range s.ops {
		out.WriteString(o.name + "→" + o.new)
		if o.purge {
			out.WriteString("*")
		}
		out.WriteString(" ")
	}
	return out.String() + fmt.Sprint(s.unneeded)
}

func FuzzPrinted(f *testing.F) {
	files, err := filepath.Glob("testdata/printed/*.stdout")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		out, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(out))
	}
	f.Fuzz(func(t *testing.T, out string) {
		s, err := parsePrinted(out)
		for _, o := range s.ops {
			if err == nil && (o.name == "" || strings.ContainsAny(o.name+o.new, " ()*\n") || !strings.Contains(out, "   "+o.name)) {
				t.Errorf("%+v", o)
			}
		}
	})
}

// A plan answers from what apt prints only if that is all that there is to know.
func TestPlanAsksForASimulation(t *testing.T) {
	const broken = "Package: b\nStatus: install ok half-configured\nArchitecture: all\nVersion: 1\n"
	const printed = "The following NEW packages will be installed:\n   a (1.0)\n0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.\n"
	uris := func(out string) step { return step{starts: "apt-get --print-uris", res: tool.Result{Stdout: out}} }
	simulates := step{starts: "apt-get -s -q=1", res: tool.Result{Stdout: solved}}
	for name, c := range map[string]struct {
		status string
		steps  []step
	}{
		"no":                              {steps: []step{uris(printed)}},
		"there is one not yet configured": {status: broken, steps: []step{simulates}},
		"apt fails":                       {steps: []step{{starts: "apt-get --print-uris", res: tool.Result{Status: 100, Stdout: printed}}, simulates}},
		"apt cannot be run":               {steps: []step{{starts: "apt-get --print-uris", err: os.ErrNotExist}, simulates}},
		"other words":                     {steps: []step{uris("Installing:\n   a (1.0)\n"), simulates}},
		"an upgrade comes along": {status: stateOf("b", "install ok installed", "1"), steps: []step{
			uris(strings.Replace(printed, "0 upgraded", "1 upgraded", 1) + "The following packages will be upgraded:\n   b (1 => 2)\n"), simulates,
		}},
		"it is there, says dpkg":     {status: stateOf("x", "install ok installed", "1"), steps: []step{uris(strings.ReplaceAll(printed, " a ", " x ")), simulates}},
		"it is not there, says dpkg": {steps: []step{uris("The following packages will be REMOVED:\n   x (1)\n" + strings.Replace(printed, "0 to remove", "1 to remove", 1)), simulates}},
	} {
		t.Run(name, func(t *testing.T) {
			root := fakeRoot(t, dpkgItself+c.status)
			writeFile(t, root+marksFile, "Package: m\n")
			s := &script{t: t, steps: c.steps}
			p := fakeProvider(t, root, s)
			m := &machine{Provider: p, kind: resources.Package(p)}
			f, err := p.Solve(t.Context(), m.diff(t, m.resource(t, "a", nil)), nil)
			if err != nil || len(s.steps) > 0 || len(f.Changes) != 1 || len(f.Also) != 0 || resources.PlannedPackageVersion(f.Changes[0]) != "1.0" {
				t.Errorf("%v, %+v, %v", err, f, s.steps)
			}
			if left, err := filepath.Glob(root + "/tmp/*"); err != nil || len(left) > 0 {
				t.Error(left, err)
			}
		})
	}
}

// print answers `apt-get --print-uris` as apt would whose simulation is the next step. It is
// the end of that step, unless the answer is one that makes a plan ask for the simulation.
func (s *script) print(line string) (tool.Result, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(line, "apt-get --print-uris ") || len(s.steps) == 0 || s.steps[0].starts != "apt-get -s" {
		return tool.Result{}, false
	}
	st := s.steps[0]
	if st.err != nil || st.res.Status != 0 {
		return st.res, true
	}
	out, plain := printedFor(st.res.Stdout)
	if plain && !st.both {
		s.steps = s.steps[1:]
	}
	return tool.Result{Stdout: out}, true
}

// printedFor is what apt-get prints instead of a simulation. plain: nothing but new and removed
// packages.
func printedFor(simulated string) (out string, plain bool) {
	var list [4]string // REMOVED, NEW, upgraded, DOWNGRADED
	var n [4]int
	for _, o := range parseSimulation(simulated) {
		kind, entry := 2, fmt.Sprintf("   %s (%s => %s)\n", o.name, o.old, o.new)
		switch {
		case o.removes() && o.purge:
			kind, entry = 0, fmt.Sprintf("   %s* (%s)\n", o.name, o.old)
		case o.removes():
			kind, entry = 0, fmt.Sprintf("   %s (%s)\n", o.name, o.old)
		case o.old == "":
			kind, entry = 1, fmt.Sprintf("   %s (%s)\n", o.name, o.new)
		case o.downgrades():
			kind = 3
		}
		n[kind]++
		list[kind] += entry
	}
	if names := parseUnneeded(simulated); len(names) > 0 {
		out = "The following packages were automatically installed and are no longer required:\n   " +
			strings.Join(names, " (1)\n   ") + " (1)\nUse 'apt autoremove' to remove them.\n"
	}
	for i, head := range []string{
		"The following packages will be REMOVED:\n", "The following NEW packages will be installed:\n",
		"The following packages will be upgraded:\n", "The following packages will be DOWNGRADED:\n",
	} {
		if n[i] > 0 {
			out += head + list[i]
		}
	}
	out += fmt.Sprintf("%d upgraded, %d newly installed, ", n[2], n[1])
	if n[3] > 0 {
		out += fmt.Sprintf("%d downgraded, ", n[3])
	}
	return out + fmt.Sprintf("%d to remove and 0 not upgraded.\n", n[0]), n[2]+n[3] == 0
}
