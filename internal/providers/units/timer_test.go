package units_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/service"
	"converge/internal/providers/units"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func TestTimerConformance(t *testing.T) {
	t.Setenv("PATH", "/nonexistent") // see TestConformance
	a := resourcetest.Attrs
	const dir = "/etc/systemd/system/"
	with := func(do func(root string) error) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			t.Helper()
			if err := do(w.Root); err != nil {
				t.Fatal(err)
			}
		}
	}
	var known sync.Map // by root, the provider of services that other providers' changes invalidate
	resourcetest.Suite{
		Kind: resources.Timer,
		World: func(t testing.TB) *resourcetest.World {
			root, p, k := newMachine(t)
			services := service.New(service.Options{Root: root})
			known.Store(root, services)
			return &resourcetest.World{
				Provider: units.NewTimers(units.TimerOptions{Units: p, Services: services, Keep: k}), Root: root,
				Fingerprint: func(t testing.TB) string { return dump(t, root, true) },
				Dump:        func(t testing.TB) string { return dump(t, root, false) },
				Content:     k.content,
			}
		},
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:    "shown for the same files by the suite of package files",
			resourcetest.Aliases: "a timer has one name",
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("name", name, "command", []string{"/usr/bin/webd"}, "calendar", "daily"), a("name", name, "ensure", "absent")
		},
		Cases: []resourcetest.Case{{
			Name: "timer", Torn: "both files are written before the timer is enabled, and removed after it was disabled",
			Want: a("name", "night", "command", []string{"/usr/bin/webd", "-a"}, "calendar", "daily", "user", "root"),
			Check: with(func(root string) error {
				_, err := os.Lstat(root + dir + "timers.target.wants/night.timer")
				return err
			}),
			Drifts: []resourcetest.Drift{
				{Name: "calendar", Attr: "content", Do: with(func(root string) error {
					text, err := os.ReadFile(root + dir + "night.timer")
					if err != nil {
						return err
					}
					return os.WriteFile(root+dir+"night.timer", []byte(strings.ReplaceAll(string(text), "daily", "weekly")), 0o644)
				}), Managed: "calendar is required"},
				{Name: "no service", Attr: "content", Do: with(func(root string) error { return os.Remove(root + dir + "night.service") }), Managed: "a timer has both"},
				{Name: "no timer", Attr: "content", Do: with(func(root string) error {
					return errors.Join(os.Remove(root+dir+"night.timer"), os.Remove(root+dir+"timers.target.wants/night.timer"))
				}), Managed: "a timer has both"},
				{Name: "disabled", Attr: "enabled", Do: with(func(root string) error {
					if services, ok := known.Load(root); ok {
						defer services.(resource.Invalidator).Invalidate(nil)
					}
					return os.Remove(root + dir + "timers.target.wants/night.timer")
				}), Managed: "a timer is enabled"},
			},
			Gone: a("name", "night", "ensure", "absent"), Removed: with(func(root string) error {
				for _, name := range []string{"night.timer", "night.service", "timers.target.wants/night.timer"} {
					if _, err := os.Lstat(root + dir + name); !os.IsNotExist(err) {
						return err
					}
				}
				return nil
			}),
		}},
	}.Run(t)
}

// TestTimerRefusals shows what refuses a timer, in the plan and in the run.
func TestTimerRefusals(t *testing.T) {
	needAnalyze(t)
	for _, tt := range []struct {
		name  string
		attrs []any
		none  bool // no systemd
		want  string
	}{
		{name: "calendar", attrs: []any{"command", []string{"/usr/bin/webd"}, "calendar", "02:00 No/Where"}, want: "/etc/systemd/system/a.timer:6: Failed to parse calendar specification, ignoring: 02:00 No/Where"},
		{name: "program", attrs: []any{"command", []string{"/usr/bin/nothere"}, "calendar", "daily"}, want: "there is no program /usr/bin/nothere"},
		{name: "init system", attrs: []any{"command", []string{"/usr/bin/webd"}, "calendar", "daily"}, none: true, want: "systemd does not start the services of this machine; the kind cron does what a timer does"},
	} {
		root, p, _ := newMachine(t)
		o := units.TimerOptions{Units: p}
		if !tt.none {
			o.Services = service.New(service.Options{Root: root})
		}
		timers := units.NewTimers(o)
		w := &resourcetest.World{Provider: timers, Root: root}
		r, err := resourcetest.Build(resources.Timer(timers), w, "x", resourcetest.Attrs(append([]any{"name", "a"}, tt.attrs...)...))
		if err != nil {
			t.Fatal(err)
		}
		have, err := timers.Observe(t.Context(), r.Want)
		if err == nil {
			c := resource.Diff(r, have)
			expected := &resource.Expected{Changes: []resource.Change{c}}
			plan := timers.Review(t.Context(), c, resource.Outlook{Ask: resource.AskForecast, Expected: expected}).Blocked
			if err = timers.Apply(t.Context(), c); plan == nil || err == nil || plan.Error() != err.Error() {
				t.Errorf("%s: the plan: %v, the run: %v", tt.name, plan, err)
			}
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		if _, err := os.Lstat(root + "/etc/systemd/system/a.timer"); err == nil {
			t.Errorf("%s: it was written", tt.name)
		}
	}
}

// TestTimerOfRubbish shows that a file is replaced that systemd could not enable.
func TestTimerOfRubbish(t *testing.T) {
	root, p, _ := newMachine(t)
	for _, name := range []string{"a.timer", "a.service"} {
		if err := os.WriteFile(root+"/etc/systemd/system/"+name, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	timers := units.NewTimers(units.TimerOptions{Units: p, Services: service.New(service.Options{Root: root})})
	w := &resourcetest.World{Provider: timers, Root: root}
	r, err := resourcetest.Build(resources.Timer(timers), w, "x", resourcetest.Attrs("name", "a", "command", []string{"/usr/bin/webd"}, "calendar", "daily"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		have, err := timers.Observe(t.Context(), r.Want)
		if err != nil {
			t.Fatal(err)
		}
		c := resource.Diff(r, have)
		if c.Empty() != (i == 1) {
			t.Fatalf("run %d: %v", i, c.Attrs)
		}
		if err := timers.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTimerOfAPackage shows that a timer hides no unit of a package, and that its removal uncovers none.
func TestTimerOfAPackage(t *testing.T) {
	const other = "/usr/lib/systemd/system/web.service"
	root, p, _ := newMachine(t)
	timers := units.NewTimers(units.TimerOptions{Units: p, Services: service.New(service.Options{Root: root})})
	observe := func(attrs ...any) string {
		w := &resourcetest.World{Provider: timers, Root: root}
		r, err := resourcetest.Build(resources.Timer(timers), w, "x", resourcetest.Attrs(append([]any{"name", "web"}, attrs...)...))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = timers.Observe(t.Context(), r.Want); err != nil {
			return err.Error()
		}
		return ""
	}
	present := []any{"command", []string{"/usr/bin/webd"}, "calendar", "daily"}
	if got, want := observe(present...), "cannot manage timer web: there is "+other+", which it would replace; give it another name"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := observe("ensure", "absent"); got != "" {
		t.Errorf("it is absent, and yet %s", got)
	}
	if err := os.WriteFile(root+"/etc/systemd/system/web.timer", []byte("[Timer]\nOnCalendar=daily\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := "cannot remove timer web: " + other + " would come into its place; remove /etc/systemd/system/web.timer and /etc/systemd/system/web.service by hand"
	if got := observe("ensure", "absent"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestTimersAtOnce shows that systemd judges the files of any number of timers once, together with the unit files of
// the plan, and that each timer is enabled.
func TestTimersAtOnce(t *testing.T) {
	root, p, _ := newMachine(t)
	bin := t.TempDir()
	count := bin + "/count"
	script := "#!/bin/sh\nfor dir; do :; done\necho \"$dir\" $(ls " + root + "${SYSTEMD_UNIT_PATH%:} | wc -l) >>" + count + "\n"
	resourcetest.WriteProgram(t, bin+"/systemd-analyze", script)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	timers := units.NewTimers(units.TimerOptions{Units: p, Services: service.New(service.Options{Root: root})})
	w := &resourcetest.World{Provider: timers, Root: root}
	var cs []resource.Change
	for _, name := range []string{"a", "b", "c"} {
		r, err := resourcetest.Build(resources.Timer(timers), w, name, resourcetest.Attrs("name", name, "command", []string{"/usr/bin/webd"}, "calendar", "daily"))
		if err != nil {
			t.Fatal(err)
		}
		cs = append(cs, resourcetest.Plan(t, r))
	}
	beside, _ := changes(t, &resourcetest.World{Provider: p, Root: root}, []declared{{attrs: []any{"name", "z.target", "content", "[Unit]\n"}}})
	if _, err := timers.Solve(t.Context(), cs, slices.Values(beside)); err != nil {
		t.Fatal(err)
	}
	for i, err := range timers.ApplyAll(t.Context(), cs, resource.Forecast{Later: func() []resource.Change { return beside }}).Errs {
		if err != nil {
			t.Errorf("%s: %v", cs[i].Addr, err)
		}
		if _, err := os.Lstat(root + "/etc/systemd/system/timers.target.wants/" + cs[i].Addr.Name + ".timer"); err != nil {
			t.Error(err)
		}
	}
	const want = "c.timer 7\n" // three timers of two files each, and the target
	if text, err := os.ReadFile(count); string(text) != want {
		t.Errorf("systemd-analyze ran %q, %v; want %q", text, err, want)
	}
}

// TestTimerBesideAUnit shows that a timer of the same plan may provide what a unit needs.
func TestTimerBesideAUnit(t *testing.T) {
	needAnalyze(t)
	root, p, _ := newMachine(t)
	timers := units.NewTimers(units.TimerOptions{Units: p, Services: service.New(service.Options{Root: root})})
	r, err := resourcetest.Build(resources.Timer(timers), &resourcetest.World{Provider: timers, Root: root}, "a", resourcetest.Attrs("name", "a", "command", []string{"/usr/bin/webd"}, "calendar", "daily"))
	if err != nil {
		t.Fatal(err)
	}
	cs, _ := changes(t, &resourcetest.World{Provider: p, Root: root}, []declared{{attrs: []any{"name", "b.socket", "content", "[Socket]\nListenStream=/run/x\nService=a.service\n"}}})
	for _, beside := range [][]resource.Change{nil, {resourcetest.Plan(t, r)}} {
		if _, err := p.Solve(t.Context(), cs, slices.Values(beside)); err != nil {
			t.Fatal(err)
		}
		err := p.Review(t.Context(), cs[0], resource.Outlook{Ask: resource.AskForecast, Expected: &resource.Expected{Changes: cs}}).Blocked
		if missing := err != nil && strings.Contains(err.Error(), "service a.service not loaded"); missing != (beside == nil) {
			t.Errorf("with %d timers beside it: %v", len(beside), err)
		}
	}
}

// TestUnitThatWasNotWritten shows that a unit that the plan had and the run has failed to write is not staged with
// another change, neither for its check before the write nor for the write.
func TestUnitThatWasNotWritten(t *testing.T) {
	root, p, _ := newMachine(t)
	bin := t.TempDir()
	script := "#!/bin/sh\nls " + root + "${SYSTEMD_UNIT_PATH%:} | tr '\\n' ' ' >" + bin + "/seen\n"
	resourcetest.WriteProgram(t, bin+"/systemd-analyze", script)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	timers := units.NewTimers(units.TimerOptions{Units: p, Services: service.New(service.Options{Root: root})})
	tw, uw := &resourcetest.World{Provider: timers, Root: root}, &resourcetest.World{Provider: p, Root: root}
	r, err := resourcetest.Build(resources.Timer(timers), tw, "a", resourcetest.Attrs("name", "a", "command", []string{"/usr/bin/webd"}, "calendar", "daily"))
	if err != nil {
		t.Fatal(err)
	}
	timer := []resource.Change{resourcetest.Plan(t, r)}
	unit := func(name string) []resource.Change {
		cs, _ := changes(t, uw, []declared{{attrs: []any{"name", name, "content", "[Unit]\n"}}})
		return cs
	}
	failed, later := unit("failed.target"), unit("later.target")
	for _, tt := range []struct {
		of     resource.Transactor
		cs     []resource.Change
		beside []resource.Change
		seen   string
	}{
		{timers, timer, failed, "a.service a.timer "},
		{timers, timer, later, "a.service a.timer later.target "},
		{p, unit("own.target"), failed, "own.target "},
		{p, unit("own.target"), later, "later.target own.target "},
	} {
		if _, err := tt.of.Solve(t.Context(), tt.cs, slices.Values(tt.beside)); err != nil {
			t.Fatal(err)
		}
		var left []resource.Change
		if strings.Contains(tt.seen, "later") {
			left = tt.beside
		}
		for what, judge := range map[string]func() error{
			"check": func() error {
				return tt.of.(resource.Reviewer).Review(t.Context(), tt.cs[0], resource.Outlook{Ask: resource.AskCheck, Later: left}).Blocked
			},
			"write": func() error {
				return tt.of.ApplyAll(t.Context(), tt.cs, resource.Forecast{Later: func() []resource.Change { return left }}).Err(0)
			},
		} {
			if err := os.RemoveAll(bin + "/seen"); err != nil {
				t.Fatal(err)
			}
			if err := judge(); err != nil {
				t.Error(err)
			}
			if seen, err := os.ReadFile(bin + "/seen"); string(seen) != tt.seen {
				t.Errorf("%s of %s: systemd-analyze sees %q, %v; want %q", what, tt.cs[0].Addr, seen, err, tt.seen)
			}
		}
	}
}

// TestTimerTakesItsStampAlong shows that no stamp remains that would make another timer of that name catch up on runs
// that it never missed.
func TestTimerTakesItsStampAlong(t *testing.T) {
	root, p, _ := newMachine(t)
	timers := units.NewTimers(units.TimerOptions{Units: p, Services: service.New(service.Options{Root: root})})
	w := &resourcetest.World{Provider: timers, Root: root}
	apply := func(attrs ...any) {
		t.Helper()
		r, err := resourcetest.Build(resources.Timer(timers), w, "x", resourcetest.Attrs(append([]any{"name", "a"}, attrs...)...))
		if err != nil {
			t.Fatal(err)
		}
		have, err := timers.Observe(t.Context(), r.Want)
		if err == nil {
			err = timers.Apply(t.Context(), resource.Diff(r, have))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	apply("command", []string{"/usr/bin/webd"}, "calendar", "daily")
	dir := root + "/var/lib/systemd/timers/"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stamp-a.timer", "stamp-b.timer"} {
		if err := os.WriteFile(dir+name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	apply("ensure", "absent")
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "stamp-b.timer" {
		t.Errorf("left are %v (%v)", left, err)
	}
}
