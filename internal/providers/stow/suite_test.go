package stow_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"converge/internal/providers/stow"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/stow/store"
)

var (
	_ resource.Transactor  = (*stow.Provider)(nil)
	_ resource.Reviewer    = (*stow.Provider)(nil)
	_ resource.Invalidator = (*stow.Provider)(nil)
)

// tools is a store with two versions of one package, and another package.
const tools = `
	usr/local/stow/tool/1.0/bin/tool = 1.0
	usr/local/stow/tool/1.0/share/man/man1/tool.1 = 1.0
	usr/local/stow/tool/1.1/bin/tool = 1.1
	usr/local/stow/tool/1.1/bin/toolctl = 1.1
	usr/local/stow/tool/1.1/share/man/man1/tool.1 = 1.1
	usr/local/stow/other/3/bin/other = 3
	usr/local/stow/other/3/etc/other.conf = 3
	usr/local/bin/mine = a file of the admin's
	home/view/`

func TestConformance(t *testing.T) {
	machines := map[*resourcetest.World]*machine{}
	world := func(t testing.TB) *resourcetest.World {
		m := newMachine(t, tools)
		w := &resourcetest.World{Provider: m.p, Root: m.root}
		w.Fingerprint = func(testing.TB) string { return strings.Join(m.walk(true), "\n") }
		w.Dump = func(testing.TB) string { return m.show() }
		w.State = func(testing.TB) string { // the stow directory keeps the record of a target
			return regexp.MustCompile(`(?m)^\S*/:views/.*\n`).ReplaceAllString(m.show()+"\n", "")
		}
		machines[w] = m
		return w
	}
	reads := func(path, want string) func(t testing.TB, w *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			t.Helper()
			if got, err := os.ReadFile(filepath.Join(w.Root, path)); err != nil || string(got) != want {
				t.Errorf("%s reads %q, %v, want %q", path, got, err, want)
			}
		}
	}
	do := func(f func(m *machine)) func(t testing.TB, w *resourcetest.World) {
		return func(_ testing.TB, w *resourcetest.World) {
			f(machines[w])
			machines[w].p.Invalidate(nil)
		}
	}
	without := do(func(m *machine) {
		if s := m.show("usr/local/bin"); s != "usr/local/bin/mine" {
			m.t.Errorf("left behind: %s", s)
		}
	})
	const whole = "an undo wants the package as it was, and a package is shown whole"
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: kind, World: world,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:    "a link has nothing besides its text",
			resourcetest.Aliases: "a package has one name",
			resourcetest.Bytes:   "a package is named by a word",
		},
		Cases: []resourcetest.Case{
			{
				Name: "version", Want: a("name", "tool", "provider", "stow2", "version", "1.1"),
				Gone:  a("name", "tool", "provider", "stow2", "ensure", "absent"),
				Check: reads("usr/local/bin/toolctl", "1.1"), Removed: without,
				Drifts: []resourcetest.Drift{
					{Name: "link deleted", Attr: "links", Irreversible: whole, Do: do(func(m *machine) { m.build("!usr/local/bin/tool") })},
					{Name: "link changed", Attr: "links", Irreversible: whole, Do: do(func(m *machine) {
						m.build("!usr/local/bin/tool\nusr/local/bin/tool -> ../stow/tool/1.0/bin/tool")
					})},
					{Name: "other version", Attr: "version", Do: do(func(m *machine) { m.as(self, false, change(store.Stow, "tool/1.0")) })},
					{Name: "unstowed by its holder", Do: do(func(m *machine) { m.as(self, false, change(store.Unstow, "tool")) })},
				},
			},
			{
				Name: "constraint", Want: a("name", "other", "provider", "stow2", "version", ">= 2, < 4"), Check: reads("usr/local/bin/other", "3"),
				Gone: a("name", "other", "provider", "stow2", "ensure", "purged"),
			},
			{
				Name: "latest", Want: a("name", "tool", "provider", "stow2", "ensure", "latest"), Check: reads("usr/local/bin/tool", "1.1"), Alone: true,
				Drifts: []resourcetest.Drift{
					{Name: "older", Attr: "ensure", Do: do(func(m *machine) { m.as(self, false, change(store.Stow, "tool/1.0")) })},
				},
			},
			{
				Name: "view", Want: a("name", "tool", "provider", "stow2", "version", "1.0", "target", "/home/view"),
				Gone:  a("name", "tool", "provider", "stow2", "ensure", "absent", "target", "/home/view"),
				Check: reads("home/view/bin/tool", "1.0"), Alone: true, // its state is stored next to other entries of the view
				Drifts: []resourcetest.Drift{
					{Name: "link deleted", Attr: "links", Irreversible: whole, Do: do(func(m *machine) { m.build("!home/view/bin") })},
				},
			},
			{
				Name: "configured", Want: a("name", "other", "provider", "stow2"), Check: reads("usr/local/etc/other.conf", "local"), Alone: true,
				Given:  do(func(m *machine) { m.build("usr/local/stow/other/:config/etc/other.conf = local") }),
				Gone:   a("name", "other", "provider", "stow2", "ensure", "purged"),
				Torn:   "the files of a package and those of its :config are shown one after the other",
				Drifts: []resourcetest.Drift{{Name: "config uncovered", Attr: "links", Irreversible: whole, Do: do(func(m *machine) { m.as(self, false, change(store.Unstow, "other/:config")) })}},
			},
		},
	}.Run(t)
}
