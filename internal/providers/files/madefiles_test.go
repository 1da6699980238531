package files_test

import (
	"os"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// madeSuite is the suite of a kind whose label is the name of a file that it makes.
func madeSuite(kind func(resource.Provider) *resource.Kind, simple []any, cases ...resourcetest.Case) resourcetest.Suite {
	a := resourcetest.Attrs
	return resourcetest.Suite{
		Kind: kind, Cases: cases,
		World: func(t testing.TB) *resourcetest.World {
			m := newMachine(t, files.Options{})
			for _, dir := range []string{"/etc/systemd/system", "/etc/cron.d", "/etc/sudoers.d"} {
				if err := os.MkdirAll(m.root+dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			return m.world()
		},
		Named: func(name string) (want, without map[string]cty.Value) {
			return a(append([]any{"name", name}, simple...)...), a("name", name, "ensure", "absent")
		},
	}
}

func TestUnitConformance(t *testing.T) {
	needRoot(t)
	a := resourcetest.Attrs
	const own, dropIn = "/etc/systemd/system/web.service", "/etc/systemd/system/nginx.service.d/limits.conf"
	start := map[string]any{"Service": map[string]any{"ExecStart": "/bin/true"}}
	s := madeSuite(resources.Unit, []any{"content", "[Unit]\n"}, resourcetest.Case{
		Name:   "whole",
		Want:   a("name", "web", "sections", start),
		Check:  shows(own + ` 0644 0:0 "[Service]\nExecStart=/bin/true\n"`),
		Drifts: []resourcetest.Drift{{Name: "gone", Do: remove(own)}, {Name: "content", Attr: "content", Do: write(own, "edited\n"), Managed: "a unit has a content"}},
		Hidden: hiddenStates(own)[:1],
		OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
			return a("name", "web.service", "sections", start)
		},
		Gone: a("name", "web", "ensure", "absent"), Removed: missing(own),
	}, resourcetest.Case{
		Name:  "drop-in with a folder of its own",
		Want:  a("name", "nginx.service", "drop_in", "limits", "content", "[Service]\nLimitNOFILE=9\n", "backup", true, "mode", "0640"),
		Check: shows(dropIn + ` 0640 0:0 "[Service]\nLimitNOFILE=9\n"`),
		Gone:  a("name", "nginx.service", "drop_in", "limits", "ensure", "absent"), Removed: missing("/etc/systemd/system/nginx.service.d"),
	})
	s.Run(t)
}

func TestSudoersConformance(t *testing.T) {
	needRoot(t)
	a := resourcetest.Attrs
	const file = "/etc/sudoers.d/ops"
	check := []string{"true"}
	madeSuite(resources.Sudoers, []any{"users", []string{"www"}, "commands", []string{"ALL"}, "verify", check}, resourcetest.Case{
		Name:  "rule",
		Want:  a("name", "ops", "groups", []string{"www"}, "commands", []string{"ALL"}, "verify", check),
		Check: shows(file + ` 0440 0:0 "# Made by converge, which replaces it as a whole.\n%www ALL=ALL\n"`),
		Drifts: []resourcetest.Drift{
			{Name: "gone", Do: remove(file)},
			{Name: "content", Attr: "content", Do: write(file, "edited\n"), Managed: "a file has a content"},
			{Name: "mode", Attr: "mode", Do: chmod(file, 0o640), Managed: "sudo needs it"},
			{Name: "owner", Attr: "owner", Do: chown(file, 7, -1), Managed: "sudo needs it"},
		},
		Hidden: hiddenStates(file)[:1],
		OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
			return a("name", "ops", "content", "# Made by converge, which replaces it as a whole.\n%www ALL=ALL\n", "verify", check)
		},
		Gone: a("name", "ops", "ensure", "absent", "verify", check), Removed: missing(file),
	}).Run(t)
}

func TestCronConformance(t *testing.T) {
	needRoot(t)
	a := resourcetest.Attrs
	const table = "/etc/cron.d/day"
	madeSuite(resources.Cron, []any{"schedule", "@daily", "command", "true"}, resourcetest.Case{
		Name:  "job",
		Want:  a("name", "day", "schedule", "0  0 * * *", "command", "date +%F", "user", "www"),
		Check: shows(table + ` 0644 0:0 "# Made by converge, which replaces it as a whole.\n0 0 * * * www date +\\%F\n"`),
		Drifts: []resourcetest.Drift{
			{Name: "gone", Do: remove(table)},
			{Name: "content", Attr: "content", Do: write(table, "edited\n"), Managed: "a table has a content"},
			{Name: "mode", Attr: "mode", Do: chmod(table, 0o666), Managed: "cron needs it"},
			{Name: "owner", Attr: "owner", Do: chown(table, 7, -1), Managed: "cron needs it"},
		},
		Hidden: hiddenStates(table)[:1],
		OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
			return a("name", "day", "schedule", "0 0 * * *", "command", []string{"date", "+%F"}, "user", "www")
		},
		Gone: a("name", "day", "ensure", "absent"), Removed: missing(table),
	}).Run(t)
}

// TestFolderOfADropIn shows when the folder of a drop-in goes with it.
func TestFolderOfADropIn(t *testing.T) {
	needRoot(t)
	const dir = "/etc/systemd/system/x.service.d"
	for _, tt := range []struct {
		name   string
		beside string // a file in the folder
		site   files.Site
		want   bool // the folder stays
	}{
		{name: "empty"},
		{name: "another file", beside: dir + "/hand.conf", want: true},
		{name: "declared", site: files.Site{Paths: []string{dir}, Present: []string{dir}}, want: true},
	} {
		m := newMachine(t, files.Options{})
		m.p.Declare(tt.site)
		if err := os.MkdirAll(m.root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{dir + "/a.conf", tt.beside} {
			if name != "" {
				write(name, "x\n")(t, &resourcetest.World{Root: m.root})
			}
		}
		w := m.world()
		r, err := resourcetest.Build(resources.Unit(m.p), w, "x", resourcetest.Attrs("name", "x", "drop_in", "a", "ensure", "absent"))
		if err != nil {
			t.Fatal(err)
		}
		have, err := m.p.Observe(t.Context(), r.Want)
		if err == nil {
			err = m.p.Apply(t.Context(), resource.Diff(r, have))
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(m.root + dir); (err == nil) != tt.want {
			t.Errorf("%s: the folder: %v", tt.name, err)
		}
	}
}
