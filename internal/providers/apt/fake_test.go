package apt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// script answers programs by their first words, in order; what is not in it
// fails the test.
type script struct {
	t     testing.TB
	mu    sync.Mutex
	steps []step
}

type step struct {
	starts string
	res    tool.Result
	err    error
	told   string // what it hands to the gate, and it fails if that stays shut; "" if it comes to none
	both   bool   // of a simulation: a plan asks for it after the shorter answer, too
	effect func()
}

func (s *script) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	line := strings.Join(c.Argv, " ")
	if res, ok := s.print(line); ok {
		return res, nil
	}
	st, ok := s.take(line)
	if !ok {
		return tool.Result{Status: 127}, nil
	}
	if st.told != "" {
		if err := comeToGate(s.t, c.Inherit, st.told); err != nil {
			return tool.Result{Status: 100, Stdout: "E: Sub-process converge_gate() returned an error code (1)\n"}, nil
		}
	}
	if st.effect != nil {
		st.effect()
	}
	return st.res, st.err
}

// take takes the next step, if it is about this command line.
func (s *script) take(line string) (step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) == 0 || !strings.HasPrefix(line, s.steps[0].starts) {
		s.t.Errorf("unexpected: %s", line)
		return step{}, false
	}
	st := s.steps[0]
	s.steps = s.steps[1:]
	return st, true
}

// Many packages cost no program, and may be observed at once.
func TestObserveRunsNothing(t *testing.T) {
	p := fakeProvider(t, fakeRoot(t, manyInstalled(200)), &script{t: t})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			want := cty.ObjectVal(map[string]cty.Value{
				"name": cty.StringVal(fmt.Sprintf("package-number-%d", i)), "ensure": cty.StringVal("present"),
				"version": cty.StringVal(fmt.Sprintf("1:%d.2.3-4+deb12u%d", i, i)), "hold": cty.False,
			})
			if have, err := p.Observe(t.Context(), want); err != nil || !have.RawEquals(want) {
				t.Error(have, err)
			}
		})
	}
	wg.Wait()
}

const solved = "Inst a (1.0 x [all])\nConf a (1.0 x [all])\n"

func TestLostRaceForALockIsRunAgain(t *testing.T) {
	root := fakeRoot(t, "Package: dpkg\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
	s := &script{t: t, steps: []step{
		{starts: "apt-get -s", res: tool.Result{Stdout: solved}},
		{starts: "apt-get -y -q", res: tool.Result{Status: 100, Stdout: "E: Could not get lock /var/cache/apt/archives/lock. It is held by process 7 (apt-get)\n"}},
		{starts: "apt-get -y -q", res: tool.Result{Status: 100, Stdout: "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n"}},
		{starts: "apt-get -y -q"},
	}}
	p := fakeProvider(t, root, s)
	r := (&machine{Provider: p, kind: resources.Package(p)}).resource(t, "a", nil)
	if err := p.Apply(t.Context(), resource.Diff(r, resource.Absent)); err != nil || len(s.steps) > 0 {
		t.Error(err, s.steps)
	}
}

// A package's script that runs apt-get itself is refused by the locks of the transaction.
func TestRefusedScriptIsNoLostRace(t *testing.T) {
	const refused = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt-get)\n"
	if lostRace(tool.Result{Status: 100, Stdout: "Unpacking a (1) ...\nSetting up a (1) ...\n" + refused + "dpkg: error processing package a (--configure):\n"}) {
		t.Error("the transaction would be run twice")
	}
}

// What cannot be found out is an error, and nothing is done.
func TestSolverThatFails(t *testing.T) {
	broken := errors.New("out of memory")
	for name, c := range map[string]struct {
		step step
		want string
	}{
		"cannot run":       {step{err: broken}, "cannot ask apt for its solution: out of memory"},
		"says nothing":     {step{res: tool.Result{Status: 139}}, "apt finds no solution: status 139 and no word"},
		"broken sources":   {step{res: tool.Result{Status: 100, Stderr: "E: Malformed entry 1 in list file /etc/apt/sources.list (Suite)\nE: The list of sources could not be read.\n"}}, "apt finds no solution: Malformed entry 1 in list file /etc/apt/sources.list (Suite); The list of sources could not be read."},
		"would remove all": {step{res: tool.Result{Stdout: solved + "Remv dpkg [1]\n"}}, "refusing to remove dpkg: the system needs it"},
	} {
		t.Run(name, func(t *testing.T) {
			root := fakeRoot(t, "Package: dpkg\nEssential: yes\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
			c.step.starts, c.step.both = "apt-get -s", true
			p := fakeProvider(t, root, &script{t: t, steps: []step{c.step, c.step}})
			r := (&machine{Provider: p, kind: resources.Package(p)}).resource(t, "a", nil)
			change := resource.Diff(r, resource.Absent)
			if _, err := p.Solve(t.Context(), []resource.Change{change}, nil); err == nil || err.Error() != c.want {
				t.Errorf("solve: %v", err)
			}
			if err := p.Apply(t.Context(), change); err == nil || err.Error() != c.want {
				t.Errorf("apply: %v", err)
			}
		})
	}
}

// A removal that apt refuses stays refused, whatever is pending before it: services
// that are stopped first. What the system needs is not even asked about.
func TestRefusedRemovalIsCertain(t *testing.T) {
	for name, steps := range map[string][]step{
		"dpkg": nil,
		"libc": {{starts: "apt-get -s", res: tool.Result{Status: 100, Stderr: "E: Error, pkgProblemResolver::Resolve generated breaks, this may be caused by held packages.\n"}}},
	} {
		root := fakeRoot(t, "Package: dpkg\nEssential: yes\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"+
			"Package: libc\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
		p := fakeProvider(t, root, &script{t: t, steps: steps})
		r := (&machine{Provider: p, kind: resources.Package(p)}).resource(t, name, attrs{"ensure": "absent"})
		have, err := p.Observe(t.Context(), r.Want)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Solve(t.Context(), []resource.Change{resource.Diff(r, have)}, nil)
		var each resource.Unsolvable
		if errors.As(err, &each) {
			err = each[r.Addr]
		}
		if !errors.Is(err, resource.ErrCertain) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPackageKindLinks(t *testing.T) {
	m := &machine{kind: resources.Package(nil)}
	l := m.kind.Links(m.resource(t, "nginx", attrs{"source": "/x.deb"}).Want)
	got := fmt.Sprint(l.Provides, l.Shares)
	for _, n := range l.Needs {
		got += fmt.Sprintf(" {%s %s}", n.Key, n.Reason)
	}
	want := "[package:nginx] []"
	for _, manager := range []string{"apt", "dnf", "pacman", "zypper", "apk"} { // whichever is the machine's own
		want += fmt.Sprintf(" {package-provider:%s %[1]s goes by that file, or by what it makes}", manager)
	}
	want += " {path:/x.deb it is installed from that file}"
	if want += " {debconf:nginx its scripts read those answers} {debconf:* a package that is installed with it may read those answers}"; got != want {
		t.Error(got)
	}
}
