package view

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"converge/internal/event"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func attr(name string, before, after any) event.Attr {
	a := event.Attr{Name: name}
	if before != nil {
		a.Before = raw(before)
	}
	if after != nil {
		a.After = raw(after)
	}
	return a
}

func content(before, after int, diff string) event.Attr {
	digest := strings.Repeat("0123456789abcdef", 4)
	a := attr("content", nil, map[string]any{"digest": digest, "size": after})
	if before >= 0 {
		a.Before = raw(map[string]any{"digest": digest, "size": before})
	}
	a.Diff = diff
	return a
}

// nginx returns the events of a site from nothing to a served page.
func nginx() []event.Event {
	return []event.Event{
		{Type: event.Planned, Resource: "package.nginx", Action: "create", Place: "site.hcl:3", Changes: []event.Attr{
			attr("name", nil, "nginx"), attr("ensure", nil, "present"), attr("version", nil, "1.22.1-9+deb12u3"),
		}},
		{
			Type: event.Planned, Resource: "template.nginx", Action: "update", Place: "site.hcl:7", Tentative: true,
			Causes: []string{"package.nginx"}, Notes: []string{"edited since converge wrote it; the edit is kept as a blob"},
			Changes: []event.Attr{
				content(71, 71, "--- live\n+++ content\n@@ -1,3 +1,3 @@\n user www-data;\n-worker_processes 2;\n+worker_processes 4;\n events {}\n"),
				attr("mode", "0644", "0600"), attr("owner", nil, "root"),
			},
		},
		{Type: event.Planned, Resource: `file["/etc/motd"]`, Action: "create", Place: "site.hcl:20", Changes: []event.Attr{
			attr("type", nil, "file"), attr("path", nil, "/etc/motd"), content(-1, 17, "--- live\n+++ content\n@@ -0,0 +1,1 @@\n+kept by converge\n"),
		}},
		{Type: event.Planned, Resource: `file["/etc/app/key"]`, Action: "update", Changes: []event.Attr{{Name: "content", Secret: true}}},
		{Type: event.Planned, Resource: `file["/etc/favicon.ico"]`, Action: "update", Changes: []event.Attr{content(4301, 4420, "")}},
		{Type: event.Planned, Resource: `file["/etc/old"]`, Action: "delete", Changes: []event.Attr{attr("ensure", "present", "absent")}},
		{Type: event.Planned, Resource: "exec.reindex", Action: "run", Changes: []event.Attr{attr("command", nil, []string{"reindex", "--all"})}},
		{Type: event.Planned, Resource: "service.nginx", Action: "update", Tentative: true, Causes: []string{"package.nginx", "template.nginx"}, Changes: []event.Attr{
			attr("enabled", false, true), attr("running", false, true),
		}},
		{Type: event.Planned, Resource: "user.www", Action: "none", Place: "site.hcl:30"},
		{Type: event.Forecast, Resource: `package["libpcre2-8-0"]`, Action: "create", Changes: []event.Attr{attr("version", nil, "10.42-1"), attr("provider", nil, "apt")}},
		{Type: event.Forecast, Resource: `package.nginx-common`, Action: "create", Changes: []event.Attr{attr("version", nil, "1.22.1-9+deb12u3"), attr("provider", nil, "apt")}},
		{Type: event.Forecast, Resource: `package.libc6`, Action: "update", Changes: []event.Attr{attr("version", "2.36-9", "2.36-10"), attr("provider", nil, "apt")}},
		{Type: event.Forecast, Resource: `package.lighttpd`, Action: "delete", Changes: []event.Attr{attr("version", "1.4", nil), attr("provider", nil, "apt")}},
		{Type: event.Orphaned, Resource: `file["/etc/gone"]`, Action: "none", Notes: []string{"no longer declared; --prune removes it"}},
		{Type: event.Orphaned, Resource: `file["/etc/edited"]`, Action: "none", Notes: []string{"changed since converge wrote it: released"}},
		{Type: event.Orphaned, Resource: `link["/etc/pruned"]`, Action: "delete"},
		{Type: event.Owes, Resource: "service.nginx", Verb: "reload", When: "delayed", Causes: []string{"template.nginx"}},
		{Type: event.Owes, Resource: "service.db", Verb: "restart", When: "delayed", Causes: []string{"file.db"}, Void: true},
		{Type: event.Owes, Resource: "service.gone", Verb: "restart", Run: "20261120T231500Z-4f2a", Causes: []string{"file.gone"}, Notes: []string{"it is not declared in this manifest, so it stays owed"}},
		{Type: event.Owes, Resource: "service.app", Verb: "restart", When: "delayed", Run: "20261120T231500Z-4f2a", Causes: []string{"package.app", "template.app", "file.key"}},
	}
}

func planOf(evs []event.Event, c event.Counts) []event.Event {
	out := append([]event.Event{{Type: event.RunStarted, Mode: "plan", Total: c.Resources}}, evs...)
	return append(out, event.Event{Type: event.PlanFinished, Counts: &c})
}

var nginxCounts = event.Counts{Resources: 9, Create: 2, Update: 4, Delete: 1, Run: 1, Notified: 2, Also: 4}

func applyOf() []event.Event {
	evs := []event.Event{{Type: event.RunStarted, Mode: "apply", Total: 9}}
	evs = append(evs, nginx()...)
	evs = append(evs, event.Event{Type: event.PlanFinished, Counts: &nginxCounts})
	for _, e := range nginx() {
		if e.Type == event.Planned && e.Action != "none" && e.Resource != "service.nginx" {
			e.Type = event.Applied
			e.Tentative, e.Causes = false, nil
			if e.Resource == "package.nginx" {
				e.Elapsed = 12 * time.Second
			}
			evs = append(evs, e)
		}
	}
	return append(
		evs,
		event.Event{Type: event.Failed, Resource: "service.nginx", Place: "site.hcl:24", Error: "cannot start nginx.service: exit status 1\nnginx: [emerg] unknown directive \"wroker\" in /etc/nginx/nginx.conf:2\n"},
		event.Event{Type: event.Restored, Resource: "service.apache2", Action: "update", Changes: []event.Attr{attr("running", true, false)}},
		event.Event{Type: event.Skipped, Resource: "exec.warm", Causes: []string{"service.nginx"}},
		event.Event{Type: event.Notified, Resource: "service.app", Verb: "restart", Causes: []string{"package.app", "template.app", "file.key"}},
		event.Event{Type: event.Notified, Resource: "service.web", Verb: "reload", Causes: []string{"file.web"}, Void: true},
		event.Event{Type: event.Held, Resource: "service.nginx", Verb: "reload", Causes: []string{"template.nginx"}, Error: "service.nginx failed in this run"},
		event.Event{Type: event.RunFinished, Exit: 3, Elapsed: 14*time.Second + 300*time.Millisecond, Counts: &event.Counts{Resources: 10, Create: 2, Update: 3, Delete: 1, Run: 1, Notified: 1, Failed: 1, Skipped: 1, Held: 1}},
	)
}

func proved() []event.Event {
	c := event.Counts{Resources: 2, Create: 1}
	return []event.Event{
		{Type: event.RunStarted, Mode: "apply", Total: 2},
		{Type: event.Recovered, Run: "20261120T231500Z-4f2a", Message: "2 staging files were removed"},
		{Type: event.Waiting, Message: "another run holds the lock: process 812 (converge apply), for 14s"},
		nginx()[2],
		{Type: event.PlanFinished, Counts: &c},
		{Type: event.Started, Total: 1},
		{Type: event.Applied, Resource: `file["/etc/motd"]`, Action: "create", Changes: nginx()[2].Changes},
		{Type: event.Warning, Message: "/etc/motd is on a file system without atomic rename"},
		{Type: event.RunFinished, Proved: true, Counts: &c, Elapsed: 40 * time.Millisecond},
	}
}

func queued() []event.Event {
	c := event.Counts{Resources: 2, Update: 1, Queued: 2}
	return []event.Event{
		{Type: event.RunStarted, Mode: "apply", Total: 2},
		{Type: event.PlanFinished, Counts: &c},
		{Type: event.Queued, Resource: "service.web", Verb: "start", Causes: []string{"cloud-final.service"}},
		{Type: event.Queued, Resource: "service.db", Verb: "restart", Causes: []string{"cloud-final.service"}},
		{Type: event.Failed, Error: "cannot make systemd read its unit files again (daemon-reload): access denied"},
		{Type: event.RunFinished, Counts: &c, Elapsed: 40 * time.Millisecond},
	}
}

func hostile() []event.Event {
	esc := "\x1b]0;owned\x07\x1b[2J"
	long := strings.Repeat("x", 10_000)
	return planOf([]event.Event{
		{Type: event.Planned, Resource: "file[\"/tmp/" + esc + "\"]", Action: "create", Notes: []string{"note " + esc}, Changes: []event.Attr{
			content(-1, 40, "--- live\n+++ content\n@@ -0,0 +1,5 @@\n+"+esc+"\n+tab\there\r\n+\xff\xfe\n+\u202egnp.exe\n+\u009b31m\n+"+long+"\n"),
			attr("owner"+esc, nil, "ro"+esc+"ot\u202e"), attr("long", nil, long),
			{Name: "bad", After: json.RawMessage("{\x1b[2J")},
		}},
		{Type: event.Forecast, Resource: "package[\"" + esc + "\"]", Action: "create", Changes: []event.Attr{attr("version", nil, esc), attr("provider", nil, esc)}},
		{Type: event.Owes, Resource: "service." + esc, Verb: esc, Run: esc, Causes: []string{esc}},
		{Type: event.Orphaned, Resource: esc, Notes: []string{esc}},
		{Type: event.Failed, Resource: esc, Place: esc, Error: "cannot read:\n\tbad " + esc + "\r\n" + long},
		{Type: event.Skipped, Resource: esc, Causes: []string{esc}},
		{Type: event.Held, Resource: esc, Verb: esc, Causes: []string{esc}, Error: esc},
		{Type: event.Notified, Resource: esc, Verb: esc, Causes: []string{esc}},
		{Type: event.Warning, Message: esc + "\n" + esc},
		{Type: event.Queued, Resource: esc, Verb: esc, Causes: []string{esc}},
		{Type: event.Waiting, Message: esc},
		{Type: event.Recovered, Run: esc, Message: esc},
	}, event.Counts{Resources: 1, Create: 1, Also: 1, Notified: 1, Failed: 1})
}

func manyLines() []event.Event {
	var d strings.Builder
	d.WriteString("--- live\n+++ content\n@@ -0,0 +1,1203 @@\n")
	for range 1203 {
		d.WriteString("+line\n")
	}
	return planOf([]event.Event{{Type: event.Planned, Resource: "file.big", Action: "create", Changes: []event.Attr{content(-1, 6015, d.String())}}},
		event.Counts{Resources: 1, Create: 1})
}

func TestHuman(t *testing.T) {
	idle := event.Counts{Resources: 12}
	idlePlan := planOf([]event.Event{{Type: event.Planned, Resource: "file.a", Action: "none", Place: "site.hcl:1"}}, idle)
	idleApply := append(append([]event.Event{{Type: event.RunStarted, Mode: "apply"}}, idlePlan[1:]...), event.Event{Type: event.RunFinished, Counts: &idle, Proved: true})
	for _, tt := range []struct {
		name   string
		opt    Options
		events []event.Event
	}{
		{"plan", Options{}, planOf(nginx(), nginxCounts)},
		{"plan_color", Options{Color: true, Width: 80}, planOf(nginx(), nginxCounts)},
		{"plan_narrow", Options{Width: 40}, planOf(nginx(), nginxCounts)},
		{"plan_verbose", Options{Verbose: true}, planOf(nginx(), nginxCounts)},
		{"plan_idle", Options{}, idlePlan},
		{"plan_idle_verbose", Options{Verbose: true}, idlePlan},
		{"plan_many_lines", Options{}, manyLines()},
		{"apply", Options{}, applyOf()},
		{"apply_color", Options{Color: true}, applyOf()},
		{"apply_confirmed", Options{ShowPlan: true}, applyOf()},
		{"apply_proved", Options{}, proved()},
		{"apply_queued", Options{}, queued()},
		{"apply_idle", Options{}, idleApply},
		{"apply_interrupted", Options{}, []event.Event{
			{Type: event.RunStarted, Mode: "apply"},
			{Type: event.RunFinished, Exit: 130, Counts: &event.Counts{Resources: 3, Create: 1, Skipped: 2}, Elapsed: time.Second},
		}},
		{"hostile", Options{}, hostile()},
		{"hostile_color", Options{Color: true, Width: 60, Verbose: true}, hostile()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			h := NewHuman(&out, tt.opt)
			for _, e := range tt.events {
				h.Emit(e)
			}
			h.Close()
			if err := h.Err(); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.name, out.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("output differs from %s (-update rewrites it); got:\n%s", path, got)
	}
}
