package units_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/providers/units"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/userdb"
	"converge/resources"
)

// TestRunningServiceKeepsItsSettings shows when a plan notes that nothing restarts a service: not if the unit is
// removed with the file.
func TestRunningServiceKeepsItsSettings(t *testing.T) {
	root, _, k := newMachine(t)
	for name, text := range map[string]string{
		"/run/systemd/units/invocation:ours.service":       "",
		"/run/systemd/units/invocation:web.service":        "",
		"/run/systemd/units/invocation:tty@a.service":      "",
		"/run/systemd/units/invocation:get@a.service":      "",
		"/run/systemd/units/invocation:get@b.service":      "",
		"/run/systemd/units/invocation:get@c.service":      "",
		"/etc/systemd/system/get@.service":                 "[Service]\nExecStart=/usr/bin/webd -v\n",
		"/etc/systemd/system/get@b.service":                "[Service]\nExecStart=/usr/bin/webd -v\n",
		"/etc/systemd/system/get@.service.d/told.conf":     "[Service]\nNice=1\n",
		"/etc/systemd/system/web.service":                  "[Service]\nExecStart=/usr/bin/webd -v\n",
		"/etc/systemd/system/tty@a.service":                "[Service]\nExecStart=/usr/bin/webd -v\n",
		"/etc/systemd/system/ours.service.d/override.conf": "[Service]\nNice=1\n",
		"/etc/systemd/system/ours.service.d/told.conf":     "[Service]\nNice=1\n",
		"/etc/systemd/system/tty@.service.d/told.conf":     "[Service]\nNice=1\n",
	} {
		if err := os.MkdirAll(filepath.Dir(root+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	p := units.New(units.Options{FS: f, Files: files.New(files.Options{FS: f, Accounts: userdb.New(root), RunID: "test", Keep: k}), Live: true, Dropped: func() []units.Restart {
		return []units.Restart{{Key: "path:/etc/systemd/system/ours.service.d/told.conf", Unit: "ours.service"}, {Key: "path:/etc/systemd/system/tty@.service.d/told.conf", Unit: "tty@a.service"}, {Key: "path:/etc/systemd/system/get@.service.d/told.conf", Unit: "get@a.service"}}
	}})
	w := &resourcetest.World{Root: root, Provider: p}
	for _, c := range []struct {
		summary string
		attrs   []any
		want    bool
	}{
		{"its settings change", []any{"name", "ours", "content", "[Service]\nExecStart=/usr/bin/webd -q\n"}, true},
		{"its only file is removed", []any{"name", "ours", "ensure", "absent"}, false},
		{"a drop-in is removed", []any{"name", "ours", "drop_in", "override", "ensure", "absent"}, true},
		{"a drop-in is removed whose removal restarts it", []any{"name", "ours", "drop_in", "told", "ensure", "absent"}, false},
		{"one of a template, whose removal restarts an instance", []any{"name", "tty@", "drop_in", "told", "ensure", "absent"}, false},
		{"a template, whose instances run", []any{"name", "get@", "content", "[Service]\nExecStart=/usr/bin/webd -q\n"}, true},
		{"a drop-in of a template, whose removal restarts one of its instances", []any{"name", "get@", "drop_in", "told", "ensure", "absent"}, true},
		{"a file is removed that hid another one", []any{"name", "web", "ensure", "absent"}, true},
		{"a file is removed that hid a template", []any{"name", "tty@a", "ensure", "absent"}, true},
	} {
		r, err := resourcetest.Build(resources.Unit(p), w, "x", resourcetest.Attrs(c.attrs...))
		if err != nil {
			t.Fatal(err)
		}
		ch := resourcetest.Plan(t, r)
		got := p.Review(t.Context(), ch, resource.Outlook{Ask: resource.AskForecast})
		noted := slices.ContainsFunc(got.Notes, func(n string) bool { return strings.Contains(n, "nothing restarts") })
		if got.Blocked != nil || ch.Empty() || noted != c.want {
			t.Errorf("%s: %q, %v, want %v", c.summary, got.Notes, got.Blocked, c.want)
		}
		told := map[string]string{
			"a template, whose instances run":                                      "get@a.service and 1 more run, and nothing restarts them", // get@b has its own file
			"a drop-in of a template, whose removal restarts one of its instances": "get@b.service and 1 more run, and nothing restarts them",
		}[c.summary]
		if !strings.Contains(strings.Join(got.Notes, "\n"), told) {
			t.Errorf("%s: %q, want %q", c.summary, got.Notes, told)
		}
	}
}
