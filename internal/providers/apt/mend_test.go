package apt

import (
	"strings"
	"testing"

	"converge/internal/providers/packages/tool"
	"converge/resources"
)

// Where dependencies are unmet, apt is asked for what it takes to meet them together with the
// changes, unless something would have to go for it.
func TestUnmetDependencies(t *testing.T) {
	const trouble = "E: Unmet dependencies. Try 'apt --fix-broken install' with no packages (or specify a solution).\n"
	refused := tool.Result{Status: 100, Stdout: "The following packages have unmet dependencies:\n doc : Depends: lib (= 2) but 1 is installed\n", Stderr: trouble}
	asks := func(fix, together string) []step {
		out := []step{{starts: "apt-get -s", res: refused}, {starts: "apt-get -s", res: tool.Result{Stdout: fix}}}
		if together != "" { // with a database without what is unmet
			out = append(out, step{starts: "apt-get -s", res: refused}, step{starts: "apt-get -s", res: tool.Result{Stdout: together}})
		}
		return out
	}
	for name, c := range map[string]struct {
		fix, together string
		want          string // how the last programs end; "": there is an error
	}{
		"met":                 {"Inst lib [1] (2 x [all])\n", "Inst lib [1] (2 x [all])\nInst new (1 x [all])\nInst a (1.0 x [all])\n", " install -- a=1.0 lib=2 new=1\napt-mark auto -- new"},
		"met by the change":   {"Inst a (1.0 x [all])\n", "Inst a (1.0 x [all])\n", " install -- a=1.0"},
		"something would go":  {"Remv doc [2]\n", "", ""},
		"something goes back": {"Inst lib [1] (0 x [all])\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			steps := asks(c.fix, c.together) // for the plan; the transaction does not come to the gate, and asks again
			if c.want != "" {
				steps = append(steps, step{starts: "apt-get -y", res: tool.Result{Status: 100, Stdout: trouble}})
				steps = append(append(steps, asks(c.fix, c.together)...), step{starts: "apt-get -y"})
				if strings.Contains(c.want, "apt-mark") {
					steps = append(steps, step{starts: "apt-mark"})
				}
			}
			s := &script{t: t, steps: steps}
			p := fakeProvider(t, fakeRoot(t, dpkgItself+stateOf("lib", "install ok installed", "1")+stateOf("doc", "install ok unpacked", "2")), s)
			runs := &counting{Runner: s}
			p.Runner = runs
			m := &machine{Provider: p, kind: resources.Package(p)}
			cs := m.diff(t, m.resource(t, "a", attrs{"version": "1.0"}))
			f, err := p.Solve(t.Context(), cs, nil)
			if c.want == "" {
				if err == nil || !strings.Contains(err.Error(), "doc: Depends: lib (= 2) but 1 is installed; Unmet dependencies.") || len(s.steps) > 0 {
					t.Error(err, s.steps)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			err = p.ApplyAll(t.Context(), cs, f).Err(0)
			if ran := strings.Join(runs.lines, "\n"); err != nil || len(s.steps) > 0 || !strings.HasSuffix(ran, c.want) {
				t.Errorf("%v\n%s", err, ran)
			}
		})
	}
}

// As if packages had no dependencies, and excluded no other.
func TestWithoutRelations(t *testing.T) {
	const rest = "Package: b\nDepends: c\n\n"
	got := withoutRelations([]byte("Package: a\nStatus: install ok unpacked\nDepends: b,\n c\nBreaks: d\nDescription: x\n Depends: y\n\n"+rest), map[string]bool{"a": true})
	if want := "Package: a\nStatus: install ok unpacked\nDescription: x\n Depends: y\n\n" + rest; string(got) != want {
		t.Errorf("%q", got)
	}
}
