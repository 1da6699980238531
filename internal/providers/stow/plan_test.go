package stow_test

import (
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/stow/store"
)

// TestPlan shows the plan for a package, and the state after its apply.
func TestPlan(t *testing.T) {
	tool := func(pairs ...any) []any { return append([]any{"name", "tool"}, pairs...) }
	for name, c := range map[string]struct {
		tree  string
		given func(m *machine)
		want  [][]any // attributes of packages
		plan  string  // $TIME and $UID replace parts that vary
		apply string  // errors
		then  string  // the next plan
		shows string  // links of usr/local/bin afterwards
	}{
		"a first stow": {
			want: [][]any{tool("version", "1.1")}, plan: "create tool version -→1.1: tool 1.1: 3 links added",
			shows: "bin/mine\nbin/tool -> ../stow/tool/1.1/bin/tool\nbin/toolctl -> ../stow/tool/1.1/bin/toolctl",
		},
		"the highest version, if any will do": {
			tree: "usr/local/stow/tool/1.9/bin/tool = \nusr/local/stow/tool/1.10/bin/tool\nusr/local/stow/tool/latest -> 1.9",
			want: [][]any{tool()}, plan: "create tool version -→1.10: tool 1.10: 1 link added",
		},
		"a version that looks like none, by its name": {
			tree: "usr/local/stow/flat/1/program = ", want: [][]any{{"name", "flat", "version", "1"}}, plan: "create flat version -→1: flat 1: 1 link added",
		},
		"not what is marked as unstable": {
			tree: `usr/local/stow/tool/:control/converge/1.1 = Control-Version: 1\nTags: unstable\n`,
			want: [][]any{tool()}, plan: "create tool version -→1.0: tool 1.0: 2 links added",
		},
		"a switch": {
			given: func(m *machine) { m.as(self, false, change(store.Stow, "tool/1.0")) },
			want:  [][]any{tool("version", "1.1")}, plan: "update tool version 1.0→1.1: tool 1.0 → 1.1: 2 links change, 1 added",
		},
		"a switch back": {
			given: func(m *machine) { m.as(self, false, change(store.Stow, "tool/1.1")) },
			want:  [][]any{tool("version", "< 1.1")}, plan: "update tool version 1.1→1.0: tool 1.1 → 1.0: 2 links change, 1 removed",
		},
		"the latest": {
			given: func(m *machine) { m.as(self, false, change(store.Stow, "tool/1.0")) },
			want:  [][]any{tool("ensure", "latest")}, plan: "update tool ensure present→latest, version 1.0→1.1: tool 1.0 → 1.1: 2 links change, 1 added",
		},
		"a removal": {
			given: func(m *machine) { m.as(self, false, change(store.Stow, "tool/1.0")) },
			want:  [][]any{tool("ensure", "absent")}, plan: "delete tool ensure present→absent, version 1.0→-: tool 1.0: 2 links removed",
			shows: "bin/mine",
		},
		"links that are missing": {
			given: func(m *machine) {
				m.as(self, false, change(store.Stow, "tool/1.1"))
				m.build("!usr/local/bin/tool\n!usr/local/bin/toolctl")
			},
			want: [][]any{tool()}, plan: "update tool links 2 missing→complete: tool 1.1: 2 links missing: bin/tool, bin/toolctl",
		},
		"a version that is not there": {
			want: [][]any{tool("version", "7")}, plan: "tool fails: tool/7 does not exist in /usr/local/stow: of tool it has 1.0, 1.1",
			apply: "tool: tool/7 does not exist in /usr/local/stow: of tool it has 1.0, 1.1",
			then:  "tool fails: tool/7 does not exist in /usr/local/stow: of tool it has 1.0, 1.1",
		},
		"a package that is not there": {
			want: [][]any{{"name", "none"}}, plan: "none fails: none does not exist in /usr/local/stow: none is not there in any version",
			apply: "none: none does not exist in /usr/local/stow: none is not there in any version",
			then:  "none fails: none does not exist in /usr/local/stow: none is not there in any version",
		},
		"a file in the way": {
			tree: "usr/local/bin/tool = somebody's", want: [][]any{tool("version", "1.0")},
			plan: "tool fails: cannot stow tool/1.0: cannot stow stow/tool/1.0/bin/tool over existing target bin/tool " +
				"since neither a link nor a directory and --adopt not specified",
			apply: "tool: cannot stow tool/1.0: cannot stow stow/tool/1.0/bin/tool over existing target bin/tool " +
				"since neither a link nor a directory and --adopt not specified",
			then: "tool fails: cannot stow tool/1.0: cannot stow stow/tool/1.0/bin/tool over existing target bin/tool " +
				"since neither a link nor a directory and --adopt not specified",
		},
		"a file in the place of a link": {
			given: func(m *machine) {
				m.as(self, false, change(store.Stow, "tool/1.0"))
				m.build("!usr/local/bin/tool\nusr/local/bin/tool = edited")
			},
			want: [][]any{tool("version", "1.0")},
			plan: "tool fails: cannot stow tool/1.0: cannot stow stow/tool/1.0/bin/tool over existing target bin/tool " +
				"since neither a link nor a directory and --adopt not specified",
			apply: "tool: cannot stow tool/1.0: cannot stow stow/tool/1.0/bin/tool over existing target bin/tool " +
				"since neither a link nor a directory and --adopt not specified",
			then: "tool fails: cannot stow tool/1.0: cannot stow stow/tool/1.0/bin/tool over existing target bin/tool " +
				"since neither a link nor a directory and --adopt not specified",
		},
		"two packages that want one path": {
			tree: "usr/local/stow/rival/1/bin/tool = rival", want: [][]any{{"name", "rival"}, tool("version", "1.0"), {"name", "other"}},
			plan: "create rival version -→1: rival 1: 1 link added\n" +
				"tool fails: cannot stow tool/1.0: existing target is stowed to a different package: bin/tool => ../stow/rival/1/bin/tool\n" +
				"create other version -→3: other 3: 2 links added",
			apply: "tool: cannot stow tool/1.0: existing target is stowed to a different package: bin/tool => ../stow/rival/1/bin/tool",
			then:  "tool fails: cannot stow tool/1.0: existing target is stowed to a different package: bin/tool => ../stow/rival/1/bin/tool",
		},
		"a path that goes from one package to another": {
			tree:  "usr/local/stow/split/1/bin/tool = split",
			given: func(m *machine) { m.as(self, false, change(store.Stow, "tool/1.0")) },
			want:  [][]any{tool("ensure", "absent"), {"name", "split"}},
			plan:  "delete tool ensure present→absent, version 1.0→-: tool 1.0: 1 link removed\ncreate split version -→1: split 1: 1 link changes",
			shows: "bin/mine\nbin/tool -> ../stow/split/1/bin/tool",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, tools+"\n"+c.tree)
			if c.given != nil {
				c.given(m)
			}
			check(t, m, c.want, c.plan, c.apply, c.then)
			if c.shows != "" {
				compare(t, "links", strings.ReplaceAll(m.show("usr/local/bin"), "usr/local/", ""), c.shows)
			}
		})
	}
}

// check plans, applies and plans again. A plan writes nothing, nor does an apply without changes.
func check(t *testing.T, m *machine, want [][]any, plan, apply, then string) {
	t.Helper()
	var rs []*resource.Resource
	for _, w := range want {
		rs = append(rs, m.resource(w...))
	}
	before := strings.Join(m.walk(true), "\n")
	compare(t, "plan", m.plan(rs...), plan)
	if after := strings.Join(m.walk(true), "\n"); after != before {
		t.Errorf("the plan wrote:\n%s", after)
	}
	compare(t, "apply", m.apply(rs...), apply)
	compare(t, "next plan", m.plan(rs...), then)
	before = strings.Join(m.walk(true), "\n")
	m.apply(rs...)
	if after := strings.Join(m.walk(true), "\n"); after != before {
		t.Errorf("the second apply wrote:\n%s", after)
	}
}

func compare(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got: %s\nwant: %s", what, strings.ReplaceAll(got, "\n", "\n      "), strings.ReplaceAll(want, "\n", "\n      "))
	}
}
