package reboot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/resources"
)

// TestCommands shows which command reboots a host. Several requests of one run make one reboot: with the longest delay
// and all messages.
func TestCommands(t *testing.T) {
	for _, c := range []struct {
		summary string
		tweak   func(*Options)
		delays  []string
		files   []string
		want    string // words, separated by |
		err     string
	}{
		{"at once", nil, []string{""}, nil, "systemctl|reboot|--no-block|--message=m0", ""},
		{"after a delay", nil, []string{"5m"}, []string{"run/systemd/seats/x"}, "shutdown|-r|+5|m0", ""},
		{"several", nil, []string{"5m", "10m", ""}, []string{"run/systemd/seats/x"}, "shutdown|-r|+10|m0 m1 m2", ""},
		{"no logind", nil, []string{"5m"}, nil, "", "systemd-logind does not run"},
		{"it is to come already", nil, []string{"5m"}, []string{"run/systemd/seats/x", "run/systemd/shutdown/scheduled"}, "", ""},
		{"another init", func(o *Options) { o.Systemd = false }, []string{""}, nil, "shutdown|-r|now|m0", ""},
		{"another init, after a delay", func(o *Options) { o.Systemd = false }, []string{"1h"}, nil, "shutdown|-r|+60|m0", ""},
	} {
		h := newHost(t)
		h.tweak = c.tweak
		for _, name := range c.files {
			h.write(name, "USEC=1\nWARN_WALL=1\nMODE=reboot\n")
		}
		p := h.run("r")
		for i, d := range c.delays {
			want := resources.RebootWant{Delay: resource.NonEmpty(d), Message: resource.Some("m" + string(rune('0'+i)))}
			if err := p.Request(t.Context(), resource.Encode(want), nil); err != nil {
				t.Fatal(err)
			}
		}
		argv, err := p.chooseCommand()
		if got := strings.Join(argv, "|"); got != c.want || !strings.Contains(errorText(err), c.err) || (err == nil) != (c.err == "") {
			t.Errorf("%s: %q, %v", c.summary, got, err)
		}
	}
}

// TestResumeUnit shows the unit that continues a run.
func TestResumeUnit(t *testing.T) {
	h := newHost(t)
	h.tweak = func(o *Options) {
		o.Resume = Resume{
			Site: "web", Dir: "/srv/50% off", Env: []string{"CONVERGE_VAR_x=a \"b\" $c %d\nе"},
			Argv: []string{"/usr/bin/converge", "apply", "--var", `x=$HOME \ 100%`, "\xff", "."},
		}
	}
	p := h.run("r")
	h.requests(p, "1h", "exec.a")
	h.prepares(p)
	name := p.Resume.unitName()
	text, err := os.ReadFile(filepath.Join(h.root, unitDir, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"ConditionPathExists=/etc/systemd/system/" + name,
		"After=network-online.target multi-user.target",
		"TimeoutStartSec=infinity",
		"ExecStartPre=-/bin/cp /etc/systemd/system/" + name + " /run/systemd/system/" + name,
		"ExecStartPre=/bin/rm -f /etc/systemd/system/multi-user.target.wants/" + name + " /etc/systemd/system/" + name,
		`Environment="CONVERGE_VAR_x=a \"b\" $c %%d\x0aе"`,
		"WorkingDirectory=/srv/50%% off",
		`ExecStart=/usr/bin/converge apply --var "x=$$HOME \\ 100%%" "\xff" .`,
	} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("there is no line %s:\n%s", line, text)
		}
	}
	to, err := os.Readlink(filepath.Join(h.root, wantsDir, name))
	if err != nil || to != unitDir+"/"+name {
		t.Errorf("the link that enables it: %q, %v", to, err)
	}
}

// TestWhatTakesTheUnitUp shows which runs remove the unit that continues an earlier run, and at which of their stages.
func TestWhatTakesTheUnitUp(t *testing.T) {
	for _, c := range []struct {
		summary            string
		site               string
		boots, partial     bool
		begun, cameThrough bool // the unit exists after the run has begun, and after it has completed
	}{
		{"a run after the boot", "web", true, false, false, false},
		{"a run before it, which may fail", "web", false, false, true, false},
		{"a run of a part", "web", true, true, true, true},
		{"a run of a part before the boot", "web", false, true, true, true},
		{"a run of another site", "db", true, false, true, true},
	} {
		h := newHost(t)
		h.tweak = func(o *Options) { o.Resume = Resume{Site: "web", Argv: []string{"/usr/bin/converge"}} }
		p := h.run("r")
		h.requests(p, "1h", "exec.a")
		h.prepares(p)
		if c.boots {
			h.boots()
		}
		h.tweak = func(o *Options) { o.Resume = Resume{Site: c.site, Partial: c.partial, WhyNot: "a test"} }
		q := h.run("r2")
		isThere := func() bool {
			units, _ := filepath.Glob(filepath.Join(h.root, unitDir, "converge*"))
			links, _ := filepath.Glob(filepath.Join(h.root, wantsDir, "converge*"))
			if len(units) != len(links) {
				t.Errorf("%s: %q, %q", c.summary, units, links)
			}
			return len(units) > 0
		}
		if err := q.TakeUp(t.Context()); err != nil || isThere() != c.begun {
			t.Errorf("%s: it has begun: %v, %v", c.summary, isThere(), err)
		}
		if err := q.Complete(t.Context()); err != nil || isThere() != c.cameThrough {
			t.Errorf("%s: it has come through: %v, %v", c.summary, isThere(), err)
		}
	}
}

// TestRunOfAPartLeavesTheUnitOfTheWhole: a run of a part of the site that ends in a reboot leaves the unit that
// continues the whole.
func TestRunOfAPartLeavesTheUnitOfTheWhole(t *testing.T) {
	h := newHost(t)
	for _, argv := range []string{"whole", "part"} {
		h.tweak = func(o *Options) { o.Resume = Resume{Site: "web", Partial: argv == "part", Argv: []string{argv}} }
		p := h.run("r")
		h.requests(p, "1h", "exec.a")
		h.prepares(p)
		text, err := os.ReadFile(filepath.Join(h.root, unitDir, p.Resume.unitName()))
		if err != nil || !strings.Contains(string(text), "ExecStart=whole\n") {
			t.Errorf("%s: %s, %v", argv, text, err)
		}
	}
}

// TestRunThatNoUnitCanHave: a run that a unit cannot express does not continue by itself, and the plan explains why.
func TestRunThatNoUnitCanHave(t *testing.T) {
	for _, c := range []struct {
		dir, env string
		want     string
	}{
		{"/srv/a\nExecStart=/bin/evil", "", `the name of its working directory cannot be written into a unit of systemd: "/srv/a\nExecStart=/bin/evil"`},
		{"/srv/a\r", "", `the name of its working directory cannot be written into a unit of systemd: "/srv/a\r"`},
		{"/srv/a\\", "", `the name of its working directory cannot be written into a unit of systemd: "/srv/a\\"`},
		{"/srv/a ", "", `the name of its working directory cannot be written into a unit of systemd: "/srv/a "`},
		{"/srv/\xff", "", `the name of its working directory cannot be written into a unit of systemd: "/srv/\xff"`},
		{"/srv", "CONVERGE_VAR_a-b=c", `systemd does not pass on such a variable of the environment: "CONVERGE_VAR_a-b"`},
		{"/srv", "HOME=/\x1b", `systemd does not pass on such a variable of the environment: "HOME"`},
		{"/srv/ä 100%", "HOME=/a b\n\t", ""},
	} {
		h := newHost(t)
		h.tweak = func(o *Options) { o.Resume = Resume{Site: "web", Dir: c.dir, Env: []string{"HOME=/", c.env}} }
		if c.env == "" {
			h.tweak = func(o *Options) { o.Resume = Resume{Site: "web", Dir: c.dir} }
		}
		if got := h.run("r").Resume.WhyNot; got != c.want {
			t.Errorf("%q, %q: %q", c.dir, c.env, got)
		}
	}
}

// TestResumeByTheUnitOfTheRun: a run that a unit started continues by that unit.
func TestResumeByTheUnitOfTheRun(t *testing.T) {
	r := Resume{Site: "web", Unit: "converge.service"}
	if text := r.unitText(); !strings.Contains(text, "ExecStart=/bin/systemctl start converge.service\n") {
		t.Error(text)
	}
}

// TestResumeThatCannotBeArranged: if the unit cannot be made, no reboot may follow, and none is recorded.
func TestResumeThatCannotBeArranged(t *testing.T) {
	h := newHost(t)
	if err := os.RemoveAll(filepath.Join(h.root, "etc/systemd")); err != nil {
		t.Fatal(err)
	}
	h.write("etc/systemd", "in the way")
	h.tweak = func(o *Options) { o.Resume = Resume{Site: "web", Argv: []string{"/usr/bin/converge"}} }
	p := h.run("r")
	h.requests(p, "1h", "exec.a")
	if err := p.Prepare(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "cannot have the run go on after the reboot") {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(h.root, "var/lib/converge/reboot")); err == nil {
		t.Error("the reboot is remembered")
	}
}
