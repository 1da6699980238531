package units_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

// declared is a unit of a test: its attributes, and what the plan and the run report.
type declared struct {
	attrs []any
	want  string // text of the error; "": no error
}

// changes observes units as the engine does.
func changes(t *testing.T, w *resourcetest.World, ds []declared) (cs []resource.Change, errs []error) {
	t.Helper()
	for _, d := range ds {
		r, err := resourcetest.Build(resources.Unit(w.Provider), w, "x", resourcetest.Attrs(d.attrs...))
		if err != nil {
			t.Fatal(err)
		}
		have, err := w.Provider.Observe(t.Context(), r.Want)
		if err != nil {
			have = cty.NilVal
		}
		cs, errs = append(cs, resource.Diff(r, have)), append(errs, err)
	}
	return cs, errs
}

// TestJudge shows sets of units, and what the plan and the run report about each.
func TestJudge(t *testing.T) {
	needAnalyze(t)
	service := func(more string) string { return "[Service]\nExecStart=/usr/bin/webd\n" + more }
	const refused = "systemd-analyze does not accept the new content (verify = false writes it unchecked):\n"
	for _, tt := range []struct {
		name string
		set  []declared
		bad  string // a unit of the machine that is faulty already
	}{
		{name: "good", set: []declared{{attrs: []any{"name", "a", "content", service("")}}, {attrs: []any{"name", "a", "drop_in", "b", "content", "[Service]\nNice=1\n"}}}},
		{name: "each by itself", set: []declared{
			{attrs: []any{"name", "a", "content", service("Foo=1\n")}, want: refused + "/etc/systemd/system/a.service:3: Unknown key 'Foo' in section [Service], ignoring."},
			{attrs: []any{"name", "b", "content", service("")}},
			{attrs: []any{"name", "web", "drop_in", "a", "content", "[Service]\nNice=1\n"}},
			{attrs: []any{"name", "web", "drop_in", "b", "content", "[Service]\nNicer=1\n"}, want: refused + "/etc/systemd/system/web.service.d/b.conf:2: Unknown key 'Nicer' in section [Service], ignoring."},
		}},
		{name: "template and instance", set: []declared{
			{attrs: []any{"name", "tty@", "drop_in", "a", "content", "[Service]\nBar=1\n"}, want: refused + "/etc/systemd/system/tty@.service.d/a.conf:2: Unknown key 'Bar'"},
			{attrs: []any{"name", "tty@7", "drop_in", "a", "content", "[Service]\nBaz=1\n"}, want: refused + "/etc/systemd/system/tty@7.service.d/a.conf:2: Unknown key 'Baz'"},
		}},
		{name: "reset without a command", set: []declared{{attrs: []any{"name", "web", "drop_in", "a", "content", "[Service]\nExecStart=\n"}, want: refused + "web.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing."}}},
		{name: "calendar", set: []declared{
			{attrs: []any{"name", "a.service", "content", service("")}},
			{attrs: []any{"name", "a.timer", "content", "[Timer]\nOnCalendar=dayly\n"}, want: refused + "/etc/systemd/system/a.timer:2: Failed to parse calendar specification, ignoring: dayly (OnCalendar=dayly)\na.timer: Timer unit lacks value setting."},
		}},
		{name: "what was wrong before does not count", bad: "/usr/lib/systemd/system/web.service", set: []declared{
			{attrs: []any{"name", "web", "drop_in", "a", "content", "[Service]\nNice=1\n"}},
		}},
		{name: "secret", set: []declared{{attrs: []any{"name", "a", "content", service("Pass=hunter2\n"), "sensitive", true}, want: "systemd-analyze does not accept the new content (verify = false writes it unchecked); its output is not shown, because the content is sensitive"}}},
		{name: "not checked", set: []declared{{attrs: []any{"name", "a", "content", service("Foo=1\n"), "verify", false}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, p, _ := newMachine(t)
			if tt.bad != "" {
				if err := os.WriteFile(root+tt.bad, []byte(service("Wrong=1\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			w := &resourcetest.World{Provider: p, Root: root}
			cs, _ := changes(t, w, tt.set)
			expected := &resource.Expected{Changes: cs}
			done := make([]error, len(cs))
			for i, c := range cs {
				done[i] = p.Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast, Expected: expected}).Blocked
			}
			compareErrs(t, "the plan", tt.set, done)
			compareErrs(t, "the run", tt.set, p.ApplyAll(t.Context(), cs, resource.Forecast{}).Errs)
			if left, err := os.ReadDir(root + "/run"); err != nil || len(left) != 1 {
				t.Errorf("left in /run: %v, %v", left, err)
			}
		})
	}
}

func compareErrs(t *testing.T, what string, set []declared, errs []error) {
	t.Helper()
	for i, d := range set {
		switch {
		case d.want == "" && errs[i] == nil:
		case d.want == "" || errs[i] == nil || !strings.Contains(errs[i].Error(), d.want):
			t.Errorf("%s of %v: %v, want %q", what, d.attrs, errs[i], d.want)
		}
	}
}

// TestMissing shows what refuses a unit before systemd judges it, and that another resource of the site may provide it.
func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		attrs         []any
		want, brought string
	}{
		{[]any{"name", "wbe", "drop_in", "a", "content", "[Service]\n"}, `cannot write "/etc/systemd/system/wbe.service.d/a.conf": there is no unit wbe.service to add to; check the name, or declare what brings it: a package, or the unit`, "/etc/systemd/system/wbe.service"},
		{[]any{"name", "a", "content", "[Service]\nExecStart=/opt/x y\n"}, `cannot write "/etc/systemd/system/a.service": there is no program /opt/x, which it runs; what brings it belongs in depends_on`, "/opt/x"},
		{[]any{"name", "user-.slice", "drop_in", "a", "content", "[Slice]\n"}, "", ""},
		{[]any{"name", "a", "content", "[Service]\nRootDirectory=/srv\nExecStart=/opt/x y\n"}, "", ""},
		{[]any{"name", "a", "content", "[Service]\nExecStart=/opt/x y\n", "verify", false}, "", ""},
	} {
		root, p, _ := newMachine(t)
		w := &resourcetest.World{Provider: p, Root: root}
		_, errs := changes(t, w, []declared{{attrs: tt.attrs}})
		if got := errs[0]; (got == nil) != (tt.want == "") || got != nil && (got.Error() != tt.want || !isMissing(got)) {
			t.Errorf("%v: %v\nwant %s", tt.attrs, got, tt.want)
		}
		if tt.brought == "" {
			continue
		}
		file, err := resourcetest.Build(resources.File(p.Files), w, "x", resourcetest.Attrs("path", tt.brought, "content", "x", "mode", "0755"))
		if err != nil {
			t.Fatal(err)
		}
		p.Declare([]*resource.Resource{file})
		if _, errs = changes(t, w, []declared{{attrs: tt.attrs}}); errs[0] != nil {
			t.Errorf("%v, declared: %v", tt.attrs, errs[0])
		}
	}
}

// TestEndedRuns shows that the candidates of a killed process are removed, but not those of a running process, nor
// folders that only begin like them.
func TestEndedRuns(t *testing.T) {
	root, p, _ := newMachine(t)
	left := root + "/run/.converge-units-999999999-0123456789abcdef/a.service.d"
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left+"/x.conf", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stay := []string{fmt.Sprintf(".converge-units-%d-0123456789abcdef", os.Getppid()), ".converge-units-1-0123456789abcdef", ".converge-units-x"}
	for _, name := range stay {
		if err := os.MkdirAll(root+"/run/"+name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cs, _ := changes(t, &resourcetest.World{Provider: p, Root: root}, []declared{{attrs: []any{"name", "a", "content", "[Unit]\n"}}})
	p.ApplyAll(context.Background(), cs, resource.Forecast{})
	if names, err := os.ReadDir(root + "/run"); err != nil || len(names) != 1+len(stay) {
		t.Errorf("left: %v, %v", names, err)
	}
	for _, name := range stay {
		if _, err := os.Lstat(root + "/run/" + name); err != nil {
			t.Error(err)
		}
	}
}

func isMissing(err error) bool { return errors.Is(err, resource.ErrMissing) }

func needAnalyze(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		testhost.Cannot(t, "needs systemd-analyze")
	}
}
