package stow_test

import (
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/stow/store"
)

// TestPlaces shows which stow directory contains a package, and which target shows it.
func TestPlaces(t *testing.T) {
	const boot = `
		boot/stow/grub/2.0/grub/grub.cfg = 2.0
		boot/stow/grub/:control/converge/2.0 = Control-Version: 1\nTags: boot\n
		usr/local/stow/tool/1.0/bin/tool = 1.0
		usr/stow/tool/1.0/bin/tool = 1.0
		usr/bin/
		home/me/`
	const conf = `
		etc/converge/stow.conf = stowdir /boot/stow target /boot tags boot kernel\nstowdir /usr/stow target /usr default\n`
	for name, c := range map[string]struct {
		tree  string
		want  []any
		shows []string // a link, and its text
		apply string
	}{
		"without a mapping":        {want: []any{"name", "tool"}, shows: []string{"usr/local/bin", "stow/tool/1.0/bin"}},
		"the mapping's default":    {tree: conf, want: []any{"name", "tool"}, shows: []string{"usr/bin/tool", "../stow/tool/1.0/bin/tool"}},
		"by its tags":              {tree: conf, want: []any{"name", "grub"}, shows: []string{"boot/grub", "stow/grub/2.0/grub"}},
		"said":                     {tree: conf, want: []any{"name", "tool", "stow_dir", "/usr/local/stow"}, shows: []string{"usr/local/bin", "stow/tool/1.0/bin"}},
		"its own target":           {tree: "usr/local/stow/:target -> ../../../home/me", want: []any{"name", "tool", "stow_dir", "/usr/local/stow"}, shows: []string{"home/me/bin", "../../usr/local/stow/tool/1.0/bin"}},
		"a view":                   {want: []any{"name", "tool", "target", "/home/me"}, shows: []string{"home/me/bin", "../../usr/local/stow/tool/1.0/bin"}},
		"a view that is not there": {want: []any{"name", "tool", "target", "/home/you"}, apply: "tool: tool does not exist: cannot"},
		"a mapping with a mistake": {tree: "etc/converge/stow.conf = stowdir boot\\n", want: []any{"name", "tool"}, apply: "is not an absolute path"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, boot+"\n"+c.tree)
			r := m.resource(c.want...)
			if _, err := m.p.Observe(t.Context(), r.Want); err != nil {
				if c.apply == "" || !strings.Contains(err.Error(), c.apply) {
					t.Errorf("observe: %v", err)
				}
				return
			}
			if got := m.apply(r); !strings.HasPrefix(got, c.apply) || c.apply == "" && got != "" {
				t.Errorf("apply: %q, want %q", got, c.apply)
			}
			if c.shows != nil {
				compare(t, "link", m.show(c.shows[0]), c.shows[0]+" -> "+c.shows[1])
				compare(t, "next plan", m.plan(r), "")
			}
		})
	}
}

// TestViews shows one store with two targets, and a version in each.
func TestViews(t *testing.T) {
	m := newMachine(t, tools)
	home := m.resource("name", "tool", "version", "1.1")
	view := m.resource("name", "tool", "version", "1.0", "target", "/home/view")
	compare(t, "plan", m.plan(home, view), "create tool version -→1.1: tool 1.1: 3 links added\n"+
		"create tool version -→1.0: tool 1.0: 2 links added (in the view /home/view)")
	compare(t, "apply", m.apply(home, view), "")
	compare(t, "next plan", m.plan(home, view), "")
	compare(t, "view", m.show("home/view/bin"), "home/view/bin -> ../../usr/local/stow/tool/1.0/bin")
}

// TestJudge shows that a switch is refused if, according to control data, it breaks packages that link to the package.
func TestJudge(t *testing.T) {
	const linked = `
		usr/local/stow/lib/1/lib/libx.so.1 = 1
		usr/local/stow/lib/2/lib/libx.so.2 = 2
		usr/local/stow/lib/:control/converge/1 = Control-Version: 1\nProvides-ABI: libx.so.1\n
		usr/local/stow/lib/:control/converge/2 = Control-Version: 1\nProvides-ABI: libx.so.2\n
		usr/local/stow/app/1/bin/app = 1
		usr/local/stow/app/2/bin/app = 2
		usr/local/stow/app/:control/converge/1 = Control-Version: 1\nLink-Depends: lib abi(libx.so.1)\n
		usr/local/stow/app/:control/converge/2 = Control-Version: 1\nLink-Depends: lib abi(libx.so.2)\n`
	lib := func(m *machine, more ...any) *resource.Resource {
		return m.resource(append([]any{"name", "lib", "version", "2"}, more...)...)
	}
	start := func(t *testing.T) *machine {
		m := newMachine(t, linked)
		m.as(self, false, change(store.Stow, "lib/1"), change(store.Stow, "app/1"))
		return m
	}
	t.Run("refused", func(t *testing.T) {
		m := start(t)
		got := m.plan(lib(m))
		if !strings.HasPrefix(got, "lib fails: cannot switch lib 1 → 2: it lacks what others link to") || !strings.Contains(got, "app/1: ") {
			t.Errorf("the plan is %q", got)
		}
		if m.apply(lib(m)) == "" || m.show("usr/local/lib") != "usr/local/lib -> stow/lib/1/lib" {
			t.Error("it was switched")
		}
	})
	t.Run("accepted", func(t *testing.T) {
		m := start(t)
		compare(t, "apply", m.apply(lib(m, "accept_broken", true)), "")
	})
	t.Run("together with its dependent", func(t *testing.T) {
		m := start(t)
		compare(t, "apply", m.apply(lib(m), m.resource("name", "app", "version", "2")), "")
	})
}

// TestShips shows that a service comes after the package that contains its unit.
func TestShips(t *testing.T) {
	m := newMachine(t, "usr/local/stow/d/1/lib/systemd/system/d.service = x\nusr/local/stow/d/1/bin/d = x")
	m.plan(m.resource("name", "d"))
	got, err := m.p.Ships(t.Context(), []string{"d", "other"})
	if err != nil || strings.Join(got["d"], " ") != "unit:d.service" {
		t.Errorf("it ships %v, %v", got, err)
	}
}

// TestIdentify shows that one package in one stow directory and one target is one resource, however much of its
// location is declared.
func TestIdentify(t *testing.T) {
	m := newMachine(t, `
		usr/local/stow/tool/1.0/bin/tool = 1.0
		opt/stow/tool/1.0/bin/tool = 1.0
		farm -> usr/local/stow
		home/me/
		me -> home/me`)
	got, err := m.p.Identify(t.Context(), []string{
		"stow2:tool", "stow2:tool:/usr/local/stow", "stow2:tool:/farm", "stow2:tool:/opt/stow", "stow2:tool::/me", "stow2:tool:/not/there",
		"package:tool", "stow2:", "path:/farm",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"stow2:tool": "stow2:tool:/usr/local/stow", "stow2:tool:/farm": "stow2:tool:/usr/local/stow",
		"stow2:tool::/me": "stow2:tool:/usr/local/stow:/home/me",
	}
	for key, name := range want {
		if got[key] != name {
			t.Errorf("%s is %q, want %q", key, got[key], name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
}
