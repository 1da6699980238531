package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/event"
)

// TestOverlappingPlanDoesNotLie draws sites whose resources overlap in every way: links in the paths of files, recurse,
// purge, absent, commands with guards that read other resources, two sites of one host, and prune. In all cases, plan
// and apply agree, "Proved" is true, and resources of the other site alone are not touched.
func TestOverlappingPlanDoesNotLie(t *testing.T) {
	fewer(t, "150")
	rapid.Check(t, func(t *rapid.T) {
		o := newOverlap(t)
		defer os.RemoveAll(o.dir)
		for range rapid.IntRange(1, 4).Draw(t, "runs") {
			o.step()
		}
	})
}

// overlap is a folder, with the declarations of two sites about it.
type overlap struct {
	t     *rapid.T
	dir   string
	sites [2]string          // their last manifests
	wants [2]map[string]bool // paths that were declared present
}

func newOverlap(t *rapid.T) *overlap {
	dir, err := os.MkdirTemp("", "overlap")
	if err != nil {
		t.Fatal(err)
	}
	o := &overlap{t: t, dir: dir}
	for _, d := range []string{"a", "b"} {
		if o.chance("folder " + d) {
			o.must(os.MkdirAll(filepath.Join(dir, "t", d, "sub"), 0o755))
			o.must(os.WriteFile(filepath.Join(dir, "t", d, "stray"), nil, 0o644))
		}
	}
	o.must(os.MkdirAll(filepath.Join(dir, "t"), 0o755))
	if o.chance("link") {
		o.must(os.Symlink("a", filepath.Join(dir, "t", "l")))
	}
	return o
}

func (o *overlap) must(err error) {
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *overlap) chance(label string) bool { return rapid.Bool().Draw(o.t, label) }

func (o *overlap) one(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(o.t, label)
}

// step draws a manifest for one of the sites, plans it and applies it.
func (o *overlap) step() {
	site := rapid.IntRange(0, 1).Draw(o.t, "site")
	m := &overlapping{overlap: o, wants: map[string]bool{}, gone: map[string]bool{}}
	m.draw(site)
	file := filepath.Join(o.dir, fmt.Sprintf("site%d.hcl", site))
	o.must(os.WriteFile(file, []byte(m.text.String()), 0o644))
	args := []string{"--json", "--state", filepath.Join(o.dir, "state"), file}
	if o.chance("prune") {
		args = append(args, "--prune")
	}
	others := o.alone(1-site, m.wants)
	before := o.tree()
	planned, plan := o.converge(append([]string{"plan"}, args...)...)
	if d := cmp.Diff(before, o.tree()); d != "" {
		o.fail(m, "the plan changed something:\n%s", d)
	}
	applied, apply := o.converge(append([]string{"apply"}, args...)...)
	o.agree(m, planned, applied, plan, apply)
	if apply == exit.Failure {
		if d := cmp.Diff(before, o.tree()); d != "" {
			o.fail(m, "a run that touched nothing changed something:\n%s", d)
		}
		return
	}
	if applied[len(applied)-1].Proved {
		again, status := o.converge(append([]string{"plan", "--detailed-exitcode"}, args...)...)
		if status != exit.OK {
			o.fail(m, "it was proved that an immediate plan is empty (%q): %q", orphansIn(planned), append(told(again, event.Planned, event.Owes), append(told(again, event.Orphaned, event.Held), fmt.Sprint(before))...))
		}
		o.sites[site], o.wants[site] = m.text.String(), m.wants
	}
	for _, path := range others {
		if _, err := os.Lstat(path); err != nil && !m.reaches(path) {
			o.fail(m, "%s is declared by the other site alone: %v", path, err)
		} else if err != nil {
			// What this site makes there from now on belongs to it until the other one is applied again: the ledger
			// records what converge made, not everything that manifests have ever declared.
			delete(o.wants[1-site], path)
		}
	}
}

// agree compares a forecast with its result.
func (o *overlap) agree(m *overlapping, planned, applied []event.Event, plan, apply int) {
	open, contradicted, runs, prunes := false, false, false, false
	for _, e := range planned {
		open = open || e.Tentative
		runs = runs || e.Type == event.Planned && e.Action == "run"
		prunes = prunes || e.Type == event.Orphaned && e.Action == "delete"
	}
	open = open || runs && prunes // a command's files in a folder keep it
	for _, e := range applied {
		contradicted = contradicted || e.Type == event.Failed && e.Pass == 2
		open = open || e.Type == event.Restored || e.Type == event.Failed && e.Kind == "exec"
	}
	if plan != apply && !contradicted && !open {
		o.fail(m, "plan ends with %d and apply with %d: %q", plan, apply, errorsIn(planned, applied))
	}
	if open || plan != exit.OK || apply != exit.OK {
		return
	}
	for i := range planned { // apply reports both equally
		if planned[i].Type == event.Orphaned && planned[i].Action == "delete" {
			planned[i].Type = event.Planned
		}
	}
	if d := cmp.Diff(told(planned, event.Planned, event.Owes), told(applied, event.Applied, event.Notified)); d != "" {
		o.fail(m, "plan and apply differ (-plan +apply):\n%s", d)
	}
}

// orphansIn returns a plan's orphans.
func orphansIn(evs []event.Event) []string {
	var out []string
	for _, e := range evs {
		if e.Type == event.Orphaned {
			out = append(out, e.Resource+" "+e.Action+": "+strings.Join(e.Notes, "; "))
		}
	}
	return out
}

// errorsIn returns the errors of runs.
func errorsIn(runs ...[]event.Event) []string {
	var out []string
	for _, evs := range runs {
		for _, e := range evs {
			if e.Error != "" {
				out = append(out, e.Resource+": "+e.Error)
			}
		}
	}
	return out
}

// alone returns the existing paths that the given site declares and the present manifest does not name.
func (o *overlap) alone(site int, wants map[string]bool) []string {
	var out []string
	for path := range o.wants[site] {
		// What is reached through the link is elsewhere after the link changes.
		if _, err := os.Lstat(path); err == nil && !wants[path] && filepath.Base(filepath.Dir(path)) != "l" {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

func (o *overlap) fail(m *overlapping, format string, args ...any) {
	o.t.Fatalf("%s\n%s", m.text.String(), fmt.Sprintf(format, args...))
}

// tree returns the content of the folder that the sites manage.
func (o *overlap) tree() map[string]string {
	out := map[string]string{}
	o.must(filepath.WalkDir(filepath.Join(o.dir, "t"), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out[path] = info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			b, err := os.ReadFile(path)
			out[path] += string(b)
			return err
		case info.Mode()&os.ModeSymlink != 0:
			to, err := os.Readlink(path)
			out[path] += to
			return err
		}
		return nil
	}))
	return out
}

// converge runs the program in this process and returns its events.
func (o *overlap) converge(args ...string) ([]event.Event, int) {
	var out, errs bytes.Buffer
	env := &environ.Env{Version: testVersion, In: strings.NewReader(""), Out: &out, Err: &errs, Vars: []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}, UID: 1000}
	ctx := context.Background()
	root := newRootCommand(env)
	root.SetArgs(args)
	status := env.Report(ctx, root.ExecuteContext(ctx))
	var evs []event.Event
	for dec := json.NewDecoder(&out); dec.More(); {
		var e event.Event
		if err := dec.Decode(&e); err != nil {
			o.t.Fatalf("converge %s printed what is no event: %v", args, err)
		}
		evs = append(evs, e)
	}
	if len(evs) == 0 && status != exit.Failure {
		o.t.Fatalf("converge %s ends with %d and says nothing: %s", args, status, errs.String())
	}
	if len(evs) == 0 {
		evs = []event.Event{{Message: errs.String()}}
	}
	return evs, status
}

// overlapping is a manifest under construction.
type overlapping struct {
	*overlap
	text    strings.Builder
	wants   map[string]bool
	gone    map[string]bool // declared absent
	purged  []string        // undeclared entries below are removed
	command bool            // there are commands, with arbitrary effects
}

// reaches reports whether the manifest may remove a path that it does not name.
func (m *overlapping) reaches(path string) bool {
	return m.command || m.gone[path] || m.gone[m.path("l", filepath.Base(path))] || slices.ContainsFunc(m.purged, func(dir string) bool { return strings.HasPrefix(path, dir) })
}

func (m *overlapping) draw(site int) {
	fmt.Fprintf(&m.text, "settings { name = \"site%d\" }\n", site)
	for _, d := range []string{"a", "b"} {
		if m.chance("declare " + d) {
			m.folder(d)
		}
	}
	if m.chance("declare link") {
		m.link()
	}
	for _, f := range []string{"x", "y"} {
		if m.chance("declare " + f) {
			m.file(f)
		}
	}
	if m.chance("command") {
		m.commands()
	}
	m.text.WriteString("exec \"heard\" { command = \"true\" }\nfile \"cause\" {\n  path     = \"" + m.path("cause") + "\"\n" +
		"  content  = \"" + m.one("cause", "1", "2") + "\"\n  notifies = [exec.heard.run]\n}\n")
	m.wants[m.path("cause")] = true
}

func (m *overlapping) path(elem ...string) string {
	return filepath.Join(append([]string{m.dir, "t"}, elem...)...)
}

func (m *overlapping) block(kind, label string, attrs ...string) {
	fmt.Fprintf(&m.text, "%s %q {\n", kind, label)
	for _, a := range attrs {
		if a != "" {
			fmt.Fprintf(&m.text, "  %s\n", a)
		}
	}
	m.text.WriteString("}\n")
}

func (m *overlapping) folder(name string) {
	path := fmt.Sprintf("path = %q", m.path(name))
	mode := fmt.Sprintf("mode = %q", m.one("mode", "0755", "0700", "go-w"))
	switch m.one("folder", "plain", "recurse", "purge", "both", "absent", "absent and purged") {
	case "plain":
		m.block("directory", name, path, mode)
	case "recurse":
		m.block("directory", name, path, mode, "recurse = true")
	case "purge":
		m.purged = append(m.purged, m.path(name))
		m.block("directory", name, path, "purge = true")
	case "both":
		m.purged = append(m.purged, m.path(name))
		m.block("directory", name, path, mode, "recurse = true", "purge = true")
	case "absent":
		m.gone[m.path(name)] = true
		m.block("directory", name, path, `ensure = "absent"`)
		return
	default:
		m.purged = append(m.purged, m.path(name))
		m.block("directory", name, path, `ensure = "absent"`, "purge = true")
		return
	}
	m.wants[m.path(name)] = true
}

func (m *overlapping) link() {
	path := fmt.Sprintf("path = %q", m.path("l"))
	if m.one("link", "present", "present", "absent") == "absent" {
		m.gone[m.path("l")] = true
		m.block("link", "l", path, `ensure = "absent"`)
		return
	}
	m.wants[m.path("l")] = true
	m.block("link", "l", path, fmt.Sprintf("target = %q", m.one("target", "a", "b")))
}

func (m *overlapping) file(name string) {
	path := m.path(m.one("in", "a", "b", "l", "a/sub"), name)
	if m.one("file", "present", "present", "absent") == "absent" {
		m.block("file", name, fmt.Sprintf("path = %q", path), `ensure = "absent"`)
		m.gone[path] = true
		return
	}
	m.wants[path] = true
	mode := m.one("file mode", "", `mode = "0600"`, `mode = "g+w"`)
	on := m.one("backup", "", "backup = true")
	m.block("file", name, fmt.Sprintf("path = %q", path), fmt.Sprintf("content = %q", m.one("content", "1", "2")), mode, on)
}

func (m *overlapping) commands() {
	m.command = true
	made, read := m.path(m.one("made in", "a", "b", "l"), "z"), m.path(m.one("read in", "a", "b", "l"), m.one("read", "x", "y", "z"))
	switch m.one("guard", "creates", "only_if", "unless") {
	case "creates":
		m.block("exec", "c", fmt.Sprintf("command = %q", "mkdir -p $(dirname "+made+") && touch "+made), fmt.Sprintf("creates = %q", made))
	case "only_if":
		m.block("exec", "c", fmt.Sprintf("command = %q", "rm "+read), fmt.Sprintf("only_if = %q", "test -e "+read))
	default:
		m.block("exec", "c", fmt.Sprintf("command = %q", "echo 1 >"+read), fmt.Sprintf("unless = %q", "! test -e $(dirname "+read+") || grep -q 1 "+read))
	}
}

func testVersion() string { return "test" }
