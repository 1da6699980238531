package reboot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
	"converge/resources"
)

// TestCommands shows what reboots a host. Requests of one run are one reboot: with the
// longest delay and all messages.
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

// TestResumeUnit shows the unit by which a run goes on: it is there durably, and the next
// run of the site removes it.
func TestResumeUnit(t *testing.T) {
	h := newHost(t)
	h.tweak = func(o *Options) {
		o.Resume = Resume{
			Site: "web", Dir: "/srv/50%", Env: []string{"CONVERGE_VAR_x=a \"b\" $c %d\nе"},
			Argv: []string{"/usr/bin/converge", "apply", "--var", `x=$HOME \ 100%`, "."},
		}
	}
	p := h.run("r")
	if got := h.requests(p, "1h", "exec.a"); got != "" {
		t.Fatal(got)
	}
	if err := p.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	name := p.Resume.unitName()
	text, err := os.ReadFile(filepath.Join(h.root, unitDir, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"After=network-online.target multi-user.target",
		"ExecStartPre=/bin/rm -f /etc/systemd/system/multi-user.target.wants/" + name + " /etc/systemd/system/" + name,
		`Environment="CONVERGE_VAR_x=a \"b\" $c %%d\x0aе"`,
		"WorkingDirectory=/srv/50%%",
		`ExecStart="/usr/bin/converge" "apply" "--var" "x=$$HOME \\ 100%%" "."`,
	} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("there is no line %s:\n%s", line, text)
		}
	}
	to, err := os.Readlink(filepath.Join(h.root, wantsDir, name))
	if err != nil || to != unitDir+"/"+name {
		t.Errorf("the link that enables it: %q, %v", to, err)
	}
	if err := h.run("r2").TakeUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(h.root, unitDir, "*"))
	more, _ := filepath.Glob(filepath.Join(h.root, wantsDir, "*"))
	if d := cmp.Diff([]string{filepath.Join(h.root, wantsDir), filepath.Join(h.root, unitDir, "x")}, append(left, more...)); d != "" {
		t.Error(d)
	}
	if err := h.run("r3").TakeUp(t.Context()); err != nil {
		t.Error(err)
	}
}

// A run that is what a unit runs goes on by that unit.
func TestResumeByTheUnitOfTheRun(t *testing.T) {
	r := Resume{Site: "web", Unit: "converge.service"}
	if text := r.unitText(); !strings.Contains(text, "ExecStart=/bin/systemctl start \"converge.service\"\n") {
		t.Error(text)
	}
}

// Where the unit cannot be made, no reboot may follow, and none is remembered.
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
