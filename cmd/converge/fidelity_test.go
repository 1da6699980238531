package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"converge/internal/event"
	"converge/internal/testhost"
)

// TestPlanDoesNotLie draws random sites and applies one after the other to a host. plan --json forecasts exactly what
// apply --json then does, including undeclared packages, and the next plan is empty.
func TestPlanDoesNotLie(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Repo: true}) {
		return
	}
	dir := t.TempDir()
	mustRun(t, "apt-get", "update")
	fewer(t, "15")
	rapid.Check(t, func(t *rapid.T) {
		site := drawSite(t)
		manifest := filepath.Join(dir, "site.hcl")
		if err := os.WriteFile(manifest, []byte(site), 0o644); err != nil {
			t.Fatal(err)
		}
		before := installed(t)
		plan := events(t, site, "plan", "--json", manifest)
		apply := events(t, site, "apply", "--json", manifest)
		if d := cmp.Diff(told(plan, event.Planned, event.Owes), told(apply, event.Applied, event.Notified)); d != "" {
			t.Fatalf("%s\nplan and apply differ (-plan +apply):\n%s", site, d)
		}
		if d := cmp.Diff(packages(plan), differing(before, installed(t))); d != "" {
			t.Fatalf("%s\nthe plan's packages and what dpkg did differ (-plan +dpkg):\n%s", site, d)
		}
		again := events(t, site, "plan", "--json", "--detailed-exitcode", manifest)
		if left := told(again, event.Planned, event.Owes); len(left) > 0 {
			t.Fatalf("%s\nthe next plan is not empty: %q", site, left)
		}
	})
}

// fewer limits the number of sites to the time of a test run; the flag sets another number.
func fewer(t *testing.T, checks string) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if given {
		return
	}
	for name, value := range map[string]string{"rapid.checks": checks, "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
}

// drawSite draws a manifest: folders, files, templates and links in them, packages of the test repository, and the
// service of one of these.
func drawSite(t *rapid.T) string {
	s := &drawnSite{t: t}
	for i := range rapid.IntRange(1, 3).Draw(t, "directories") {
		s.block("directory", fmt.Sprintf("d%d", i), fmt.Sprintf(`path = "/srv/gen%s"`, strings.Repeat("/d", i)), s.mode("07"))
	}
	depth := strings.Count(s.text.String(), "directory \"")
	within := func(name string) string {
		return "/srv/gen" + strings.Repeat("/d", rapid.IntRange(0, depth-1).Draw(t, "depth")) + "/" + name
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "files") {
		// The name depends on the depth, so that a file never changes its kind.
		path := within(fmt.Sprintf("f%d", i))
		if s.chance("absent") {
			s.block("file", fmt.Sprintf("f%d", i), fmt.Sprintf("path = %q", path), `ensure = "absent"`, s.notifies())
			continue
		}
		content := rapid.StringMatching(`[a-z]{0,8}`).Draw(t, "content")
		s.block("file", fmt.Sprintf("f%d", i), fmt.Sprintf("path = %q", path), fmt.Sprintf("content = %q", content), s.mode("06"), s.notifies())
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "templates") {
		s.block("template", fmt.Sprintf("t%d", i), fmt.Sprintf("path = %q", within(fmt.Sprintf("t%d", i))),
			`inline = "n = {{ .vars.n }}\n"`, fmt.Sprintf("vars = { n = %d }", rapid.IntRange(0, 3).Draw(t, "n")), s.notifies())
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "links") {
		s.block("link", fmt.Sprintf("l%d", i), fmt.Sprintf("path = %q", within(fmt.Sprintf("l%d", i))),
			fmt.Sprintf("target = %q", rapid.SampledFrom([]string{"f0", "/etc", "../nowhere"}).Draw(t, "target")))
	}
	s.packages()
	return s.text.String()
}

type drawnSite struct {
	t      *rapid.T
	text   strings.Builder
	blocks []string
}

func (s *drawnSite) chance(label string) bool { return rapid.IntRange(0, 3).Draw(s.t, label) == 0 }

func (s *drawnSite) mode(prefix string) string {
	return fmt.Sprintf(`mode = "%s%d%d"`, prefix, rapid.SampledFrom([]int{0, 4, 5}).Draw(s.t, "group bits"), rapid.SampledFrom([]int{0, 4, 5}).Draw(s.t, "other bits"))
}

// notifies draws a notification of the service, which may be undeclared: the placeholder is resolved when the site is
// complete.
func (s *drawnSite) notifies() string {
	if !s.chance("notifies") {
		return ""
	}
	return "notifies = [service.svc-a." + rapid.SampledFrom([]string{"restart", "reload"}).Draw(s.t, "verb") + "]"
}

func (s *drawnSite) block(kind, label string, attrs ...string) {
	fmt.Fprintf(&s.text, "%s %q {\n", kind, label)
	for _, a := range attrs {
		if a != "" {
			fmt.Fprintf(&s.text, "  %s\n", a)
		}
	}
	if len(s.blocks) > 0 && s.chance("depends") {
		fmt.Fprintf(&s.text, "  depends_on = [%s]\n", rapid.SampledFrom(s.blocks).Draw(s.t, "on"))
	}
	s.text.WriteString("}\n")
	s.blocks = append(s.blocks, kind+"."+label)
}

func (s *drawnSite) packages() {
	for i := range rapid.IntRange(0, 4).Draw(s.t, "packages") {
		s.block("package", fmt.Sprintf("p0%d", i+1), fmt.Sprintf("ensure = %q", rapid.SampledFrom([]string{"present", "absent", "purged", "latest"}).Draw(s.t, "ensure")))
	}
	if s.chance("versioned") {
		s.block("package", "hello-conf", fmt.Sprintf("version = %q", rapid.SampledFrom([]string{"1.0", "1.1", "2.0"}).Draw(s.t, "version")), "allow_downgrade = true")
	}
	if s.chance("recommends") {
		s.block("package", "rec", "recommends = true")
	}
	running := rapid.SampledFrom([]string{"", "running = true", "running = false"}).Draw(s.t, "running")
	enabled := rapid.SampledFrom([]string{"", "enabled = true", "enabled = false"}).Draw(s.t, "enabled")
	s.block("package", "svc-a", fmt.Sprintf("version = %q", rapid.SampledFrom([]string{"1.0", "1.1"}).Draw(s.t, "svc version")), "allow_downgrade = true")
	on := ""
	if s.chance("restart_on") {
		on = "restart_on = [package.svc-a]"
	}
	s.block("service", "svc-a", running, enabled, on)
}

func mustRun(t testing.TB, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, out)
	}
}

// events runs converge, which must succeed, and returns its events.
func events(t *rapid.T, site string, args ...string) []event.Event {
	cmd := exec.Command("converge", args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s\nconverge %s: %v\n%s%s", site, args, err, out.String(), errs.String())
	}
	var evs []event.Event
	for dec := json.NewDecoder(&out); dec.More(); {
		var e event.Event
		if err := dec.Decode(&e); err != nil {
			t.Fatalf("converge %s printed what is no event: %v", args, err)
		}
		evs = append(evs, e)
	}
	return evs
}

// told converts forecast or made changes to comparable lines. No relevant order is lost: both follow the graph.
func told(evs []event.Event, change, notice event.Type) []string {
	lines := []string{}
	for _, e := range evs {
		switch {
		case e.Type == change && e.Action != "none" && e.Resource != "":
			line := e.Resource + " " + e.Action
			for _, a := range e.Changes {
				line += fmt.Sprintf(" %s: %s -> %s", a.Name, a.Before, a.After)
			}
			lines = append(lines, line)
		case e.Type == notice:
			lines = append(lines, e.Resource+" is told "+e.Verb)
		}
	}
	slices.Sort(lines)
	return lines
}

// packages lists the packages that a plan changes, declared or not, as far as dpkg knows them: apt keeps the mark of
// manual installation.
func packages(plan []event.Event) []string {
	names := []string{}
	onlyMark := func(a event.Attr) bool {
		return a.Name == "ensure" && (string(a.Before) == `"manual"` || string(a.Before) == `"automatic"`)
	}
	for _, e := range plan {
		if len(e.Changes) == 1 && onlyMark(e.Changes[0]) {
			continue
		}
		if e.Kind == "package" && e.Action != "none" && (e.Type == event.Planned || e.Type == event.Forecast) {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(e.Resource, "package."), `package["`), `"]`))
		}
	}
	slices.Sort(names)
	return names
}

// installed returns dpkg's state and version of every package.
func installed(t *rapid.T) map[string]string {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}${Version}\n").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, state, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(state, "un") {
			m[name] = state
		}
	}
	return m
}

func differing(a, b map[string]string) []string {
	names := []string{}
	for name := range a {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, was := a[name]; !was {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
