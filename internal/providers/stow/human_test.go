package stow_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"converge/internal/providers/stow"
	"converge/internal/stow/store"
)

// TestHuman shows what happens to packages that another holder or a person has changed.
func TestHuman(t *testing.T) {
	held := func(version string) func(m *machine) {
		return func(m *machine) { m.as(self, false, change(store.Stow, "tool/"+version)) }
	}
	for name, c := range map[string]struct {
		given []func(m *machine)
		want  []any
		plan  string
		then  string // the next plan; "": no change
		shows string // the final text of :installed and :managed-by
	}{
		"unstowed by force": {
			given: []func(m *machine){held("1.1"), func(m *machine) { m.as(human, true, change(store.Unstow, "tool")) }},
			want:  []any{"version", "1.1"}, shows: "- -",
			plan: "tool: left as it is: version 1.1 was unstowed by force by user $UID at $TIME (adopt = true takes it over)",
			then: "same",
		},
		"unstowed by force, and taken back": {
			given: []func(m *machine){held("1.1"), func(m *machine) { m.as(human, true, change(store.Unstow, "tool")) }},
			want:  []any{"version", "1.1", "adopt", true}, shows: "1.1 /usr/bin/converge",
			plan: "create tool version -→1.1: tool 1.1: 3 links added; taken over (adopt = true): version 1.1 was unstowed by force by user $UID at $TIME",
		},
		"unstowed by force, and to be gone": {
			given: []func(m *machine){held("1.1"), func(m *machine) { m.as(human, true, change(store.Unstow, "tool")) }},
			want:  []any{"ensure", "absent"}, shows: "- -",
		},
		"another version by force": {
			given: []func(m *machine){held("1.1"), func(m *machine) { m.as(human, true, change(store.Stow, "tool/1.0")) }},
			want:  []any{"version", "1.1"}, shows: "1.0 /usr/local/bin/stow2", then: "same",
			plan: "tool: left as it is: version 1.0 is managed by /usr/local/bin/stow2, taken from converge by user $UID at $TIME (adopt = true takes it over)",
		},
		"another version by force, and taken back": {
			given: []func(m *machine){held("1.1"), func(m *machine) { m.as(human, true, change(store.Stow, "tool/1.0")) }},
			want:  []any{"version", "1.1", "adopt", true}, shows: "1.1 /usr/bin/converge",
			plan: "update tool version 1.0→1.1: tool 1.0 → 1.1: 2 links change, 1 added; taken over (adopt = true): " +
				"version 1.0 is managed by /usr/local/bin/stow2, taken from converge by user $UID at $TIME",
		},
		"stowed by a developer": {
			given: []func(m *machine){func(m *machine) { m.as(human, false, change(store.Stow, "tool/1.0")) }},
			want:  []any{"version", "1.1"}, shows: "1.0 /usr/local/bin/stow2", then: "same",
			plan: "tool: left as it is: version 1.0 is managed by /usr/local/bin/stow2 (adopt = true takes it over)",
		},
		"stowed by a developer, and to be gone": {
			given: []func(m *machine){func(m *machine) { m.as(human, false, change(store.Stow, "tool/1.0")) }},
			want:  []any{"ensure", "absent"}, shows: "1.0 /usr/local/bin/stow2", then: "same",
			plan: "tool: left as it is: version 1.0 is managed by /usr/local/bin/stow2 (adopt = true takes it over)",
		},
		"stowed by a developer, to be gone, and taken": {
			given: []func(m *machine){func(m *machine) { m.as(human, false, change(store.Stow, "tool/1.0")) }},
			want:  []any{"ensure", "absent", "adopt", true}, shows: "- -",
			plan: "delete tool ensure present→absent, version 1.0→-: tool 1.0: 2 links removed; taken over (adopt = true): " +
				"version 1.0 is managed by /usr/local/bin/stow2",
		},
		"without a holder": {
			given: []func(m *machine){held("1.1"), func(m *machine) { m.build("!usr/local/stow/tool/:managed-by") }},
			want:  []any{"version", "1.1"}, shows: "1.1 -", then: "same",
			plan: "tool: left as it is: version 1.1 is managed by nobody (adopt = true takes it over)",
		},
		"unstowed as GNU Stow would": {
			given: []func(m *machine){held("1.0"), func(m *machine) { m.build("!usr/local/bin/tool\n!usr/local/share") }},
			want:  []any{"version", "1.0"}, shows: "1.0 /usr/bin/converge",
			plan: "update tool links 2 missing→complete: tool 1.0: 2 links missing: bin/tool, share",
		},
		"interrupted": {
			given: []func(m *machine){held("1.0"), func(m *machine) { m.build("usr/local/stow/tool/:stowing -> 1.1") }},
			want:  []any{"version", "1.0"}, shows: "1.0 /usr/bin/converge",
			plan: "update tool ensure interrupted→present: its change to 1.1 was interrupted: that is finished first",
		},
		"interrupted in a first stow": {
			given: []func(m *machine){func(m *machine) { m.build("usr/local/stow/tool/:stowing -> 1.1") }},
			want:  []any{"version", "1.1"}, shows: "1.1 /usr/bin/converge",
			plan: "update tool ensure interrupted→present, version -→1.1: its change to 1.1 was interrupted: that is finished first",
		},
		"interrupted, and to be gone": {
			given: []func(m *machine){held("1.0"), func(m *machine) { m.build("usr/local/stow/tool/:stowing -> 1.1") }},
			want:  []any{"ensure", "absent"}, shows: "- -",
			plan: "delete tool ensure interrupted→absent, version 1.0→-: its change to 1.1 was interrupted: that is finished first",
		},
		"its version was deleted": {
			given: []func(m *machine){held("1.1"), func(m *machine) { m.build("!usr/local/stow/tool/1.1") }},
			want:  []any{"version", "1.0"}, shows: "1.0 /usr/bin/converge",
			plan: "update tool ensure deleted→present, version 1.1→1.0: tool 1.1 → 1.0: 2 links change, 1 removed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, tools)
			for _, g := range c.given {
				g(m)
			}
			r := m.resource(append([]any{"name", "tool"}, c.want...)...)
			said := masked(m.plan(r))
			compare(t, "plan", said, c.plan)
			compare(t, "apply", m.apply(r), "")
			then := c.then
			if then == "same" {
				then = said
			}
			compare(t, "next plan", masked(m.plan(r)), then)
			compare(t, "record", m.reads(":installed")+" "+m.reads(":managed-by"), c.shows)
		})
	}
}

func masked(s string) string {
	s = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:]+Z`).ReplaceAllString(s, "$$TIME")
	return regexp.MustCompile(`by user \d+`).ReplaceAllString(s, "by user $$UID")
}

// reads returns the text of a link of the record.
func (m *machine) reads(name string) string {
	to, err := os.Readlink(filepath.Join(m.root, "usr/local/stow/tool", name))
	if err != nil {
		return "-"
	}
	return to
}

// TestForgetsWhatWasForced shows that a person's earlier forced change does not stop converge from showing the package
// again.
func TestForgetsWhatWasForced(t *testing.T) {
	m := newMachine(t, tools)
	m.as(self, false, change(store.Stow, "tool/1.0"))
	m.as(human, true, change(store.Unstow, "tool"))
	compare(t, "adopt", m.apply(m.resource("name", "tool", "version", "1.0", "adopt", true)), "")
	compare(t, "remove", m.apply(m.resource("name", "tool", "ensure", "absent")), "")
	if got := m.plan(m.resource("name", "tool", "version", "1.0")); !strings.HasPrefix(got, "create tool") {
		t.Errorf("the plan is %q", got)
	}
}

// TestRenamedProgram shows that converge recognizes the packages that it holds, even if its own file has been renamed.
func TestRenamedProgram(t *testing.T) {
	m := newMachine(t, tools)
	started := func(file string) {
		m.p = stow.New(stow.Options{FS: m.fs, Actor: file, Notice: func(string) {}})
	}
	started("/home/u/converge-linux-amd64")
	compare(t, "apply", m.apply(m.resource("name", "tool", "version", "1.0")), "")
	compare(t, "holder", m.reads(":managed-by"), "/home/u/converge")
	started("/opt/c2")
	if got := m.plan(m.resource("name", "tool", "version", "1.1")); !strings.HasPrefix(got, "update tool version 1.0→1.1") {
		t.Errorf("the plan is %q", got)
	}
	compare(t, "apply", m.apply(m.resource("name", "tool", "version", "1.1")), "")
	compare(t, "record", m.reads(":installed")+" "+m.reads(":managed-by"), "1.1 /home/u/converge")
}
