package apt

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

// counting counts the runs of a program by the beginnings of their command lines.
type counting struct {
	tool.Runner
	mu     sync.Mutex
	lines  []string
	before func(c tool.Command) // is called with a command before it runs; may be nil
}

func (r *counting) Run(ctx context.Context, c tool.Command) (tool.Result, error) {
	r.mu.Lock()
	r.lines = append(r.lines, strings.Join(c.Argv, " "))
	r.mu.Unlock()
	if r.before != nil {
		r.before(c)
	}
	return r.Runner.Run(ctx, c)
}

func (r *counting) count(starts string) (n int) {
	for _, line := range r.lines {
		if strings.HasPrefix(line, starts) {
			n++
		}
	}
	return n
}

// countRuns has a machine's programs counted.
func countRuns(m *machine) *counting {
	r := &counting{Runner: m.host.Runner}
	m.host.Runner = r
	return r
}

// What a plan has shown is not solved again: the one apt-get asks at the gate.
func TestForecastTransactionIsSolvedOnce(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, "apt-get -qq update; apt-get -qq -y install hello-conf=1.0 epoch=1:0.9-1 mta-x svc-a archy; apt-mark hold archy")
	for _, c := range []struct {
		name               string
		as                 map[string]attrs
		simulations, short int // answers of apt to the plan; a package that is there and changes needs a simulation
	}{
		{"install and constraint", map[string]attrs{"p01": nil, "p02": nil, "hello-conf": {"version": ">= 1.0, < 2, != 1.0"}}, 1, 0},
		{"upgrade and what is needed", map[string]attrs{"hello-conf": {"version": "= 2.0"}, "needs-quiz": nil}, 1, 0},
		{"remove, purge and downgrade", map[string]attrs{"p01": {"ensure": "absent"}, "svc-a": {"ensure": "purged"}, "epoch": {"version": "2.0~beta1", "allow_downgrade": true}}, 1, 0},
		{"install and purge", map[string]attrs{"p03": nil, "docker-ce": {"version": "27.0"}, "p02": {"ensure": "purged"}}, 0, 1},
		{"recommended", map[string]attrs{"rec": {"recommends": true}}, 0, 1},
		{"another provides it", map[string]attrs{"mta-y": nil}, 0, 1},
		{"asks and holds", map[string]attrs{"asker": {"hold": true}}, 0, 1},
		{"change of what is held", map[string]attrs{"archy": {"ensure": "absent", "hold": false}}, 1, 0},
		{"the latest", map[string]attrs{"docker-ce": {"ensure": "latest"}, "p04": {"ensure": "latest"}}, 1, 0},
		{"both go", map[string]attrs{"rec": {"ensure": "absent"}, "hello-conf": {"ensure": "purged"}}, 0, 1},
		{"what some recommend", map[string]attrs{"rec": {"recommends": true}, "p05": {"recommends": false}}, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			runs := countRuns(m)
			before := transactions(t)
			var rs []*resource.Resource
			for pkg, a := range c.as {
				rs = append(rs, m.resource(t, pkg, a))
			}
			m.converge(t, rs...)
			s, u, y, n := runs.count("apt-get -s"), runs.count("apt-get --print-uris"), runs.count("apt-get -y"), transactions(t)-before
			if s != c.simulations || u != c.short || y != 1 || n != 1 {
				t.Errorf("%d simulations, %d shorter answers, %d transactions run, %d recorded:\n%s", s, u, y, n, strings.Join(runs.lines, "\n"))
			}
		})
	}
	if auto := shell(t, "apt-mark showauto hello-conf p05 docker-ce"); auto != "hello-conf" {
		t.Errorf("marked as automatic: %q", auto)
	}
}

// What comes in between plan and transaction is seen at the gate, and nothing is done; the
// solution that follows finds out which change is to blame.
func TestGateRefusesWhatCameInBetween(t *testing.T) {
	if !onHost(t) {
		return
	}
	m := newMachine(t)
	hates, other := m.resource(t, "hates-svc", nil), m.resource(t, "p01", nil)
	changes := m.diff(t, hates, other)
	planned, err := m.Solve(t.Context(), changes, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.converge(t, m.resource(t, "svc-a", nil))
	runs := countRuns(m)
	errs := m.ApplyAll(t.Context(), changes, planned).Errs
	if len(errs) != 2 || errs[0] == nil || errs[1] != nil || state(t, "svc-a") != "ii 1.1" || state(t, "p01") != "ii 1.0" {
		t.Errorf("%v; %s, %s", errs, state(t, "svc-a"), state(t, "p01"))
	}
	if runs.count("apt-get -y") != 2 || runs.count("apt-get -s") == 0 {
		t.Error(strings.Join(runs.lines, "\n"))
	}
}

// An interrupt while apt comes to the gate ends the transaction before it begins, and another
// program's failing hook is no answer.
func TestGateAndInterrupts(t *testing.T) {
	if !onHost(t) {
		return
	}
	m := newMachine(t)
	changes := m.diff(t, m.resource(t, "p01", nil))
	planned, err := m.Solve(t.Context(), changes, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	countRuns(m).before = func(c tool.Command) {
		if c.Inherit != nil {
			cancel()
		}
	}
	if err := m.ApplyAll(ctx, changes, planned).Err(0); !errors.Is(err, context.Canceled) || strings.HasPrefix(state(t, "p01"), "ii") {
		t.Errorf("%v, %s", err, state(t, "p01"))
	}
	shell(t, `echo 'DPkg::Pre-Install-Pkgs { "exit 3"; };' >/etc/apt/apt.conf.d/zz-refuse`)
	m = newMachine(t)
	if err := m.ApplyAll(t.Context(), changes, planned).Err(0); err == nil || !strings.Contains(err.Error(), "exit 3") || strings.HasPrefix(state(t, "p01"), "ii") {
		t.Errorf("%v, %s", err, state(t, "p01"))
	}
	shell(t, "rm /etc/apt/apt.conf.d/zz-refuse")
	m.converge(t, m.resource(t, "p01", nil))
}

// converge is killed while apt waits for the answer: apt gives up, and nothing is installed.
func TestKilledAtTheGate(t *testing.T) {
	if !onHost(t) {
		return
	}
	shell(t, "apt-get -qq update")
	cmd, _, out := another(t, "APT_TEST_GATE=p01")
	said := make([]byte, 100)
	n, err := out.Read(said)
	if err != nil || !strings.HasPrefix(string(said[:n]), "at the gate") {
		t.Fatalf("%v %s", err, said[:n])
	}
	if s := shell(t, "pgrep -x apt-get || true"); s == "" {
		t.Fatal("apt-get does not wait")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for exec.Command("pgrep", "-x", "apt-get").Run() == nil {
		if t.Context().Err() != nil {
			t.Fatal("apt-get waits for ever")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if s := state(t, "p01"); strings.HasPrefix(s, "ii") || shell(t, "dpkg --audit") != "" {
		t.Errorf("p01 is %s", s)
	}
	m := newMachine(t)
	m.converge(t, m.resource(t, "p01", nil))
}

// waitAtGate runs a transaction that gets no answer.
func waitAtGate(name string) {
	p, err := New(Options{})
	if err == nil {
		var j *job
		if j, err = p.newJob(context.Background(), nil, p.currentLists()); err == nil {
			j.extra = []string{name}
			t := transaction{job: j}
			t.gate, err = openGate(func([]operation) error {
				fmt.Println("at the gate")
				select {}
			})
			if err == nil {
				err = t.runAptGet(context.Background())
			}
		}
	}
	fmt.Println(err)
}
