package view

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"converge/internal/event"
)

// applied returns the events of an apply, from its start to its end.
func applied(end event.Event, evs ...event.Event) []event.Event {
	end.Type = event.RunFinished
	out := append([]event.Event{{Type: event.RunStarted, Mode: "apply", Time: time.Unix(100, 0)}, {Type: event.PlanFinished, Counts: &event.Counts{}}}, evs...)
	return append(out, end)
}

// TestSteps shows the output for each event of an apply.
func TestSteps(t *testing.T) {
	mode := []event.Attr{attr("mode", "0644", "0600")}
	for _, tt := range []struct {
		name string
		opt  Options
		e    event.Event
		want string
	}{
		{"created", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "create", Changes: []event.Attr{attr("mode", nil, "0600")}}, "+ file.a\n    mode: \"0600\"\n"},
		{"changed", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: mode}, "~ file.a\n    mode: \"0644\" → \"0600\"\n"},
		{"changed, with its place", Options{Verbose: true}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: mode, Place: "a.hcl:3"}, "~ file.a  # a.hcl:3\n    mode: \"0644\" → \"0600\"\n"},
		{"changed, with a note", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: mode, Notes: []string{"kept as a blob"}}, "~ file.a\n    mode: \"0644\" → \"0600\"\n    note: kept as a blob\n"},
		{"changed at length", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Elapsed: 75 * time.Second}, "~ file.a (1m15s)\n"},
		{"not set before", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: []event.Attr{attr("owner", nil, "root")}}, "~ file.a\n    owner: (none) → \"root\"\n"},
		{"no longer set", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: []event.Attr{attr("owner", "root", nil)}}, "~ file.a\n    owner: \"root\" → (none)\n"},
		{"names aligned", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: []event.Attr{attr("a", 1, 2), attr("longer", true, false)}}, "~ file.a\n    a:      1 → 2\n    longer: true → false\n"},
		{"folded", Options{Width: 30}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: []event.Attr{attr("owner", "somebody-else", "root-or-so")}}, "~ file.a\n    owner: \"somebody-else\"\n         → \"root-or-so\"\n"},
		{"list and object", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: []event.Attr{attr("a", []any{"x", 1, nil}, map[string]any{"k": true, "b": "v"})}}, "~ file.a\n    a: [\"x\", 1, null] → {b = \"v\", k = true}\n"},
		{"secret", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: []event.Attr{{Name: "content", Secret: true}}}, "~ file.a\n    content: (sensitive)\n"},
		{"removed", Options{}, event.Event{Type: event.Applied, Resource: `file["/a"]`, Action: "delete", Changes: []event.Attr{attr("ensure", "present", "absent")}, Removes: []string{"/a/b", "/a/c"}}, "- file[\"/a\"]\n    removes 2 paths:\n      - /a/b\n      - /a/c\n"},
		{"one path removed", Options{}, event.Event{Type: event.Applied, Resource: "directory.a", Action: "update", Removes: []string{"/a/b"}}, "~ directory.a\n    removes 1 path:\n      - /a/b\n"},
		{"run", Options{}, event.Event{Type: event.Applied, Resource: "exec.a", Action: "run", Changes: []event.Attr{attr("command", nil, []string{"true"})}}, "> exec.a\n    command: [\"true\"]\n"},
		{"as declared", Options{}, event.Event{Type: event.Applied, Resource: "file.a", Action: "none"}, ""},
		{"as declared, shown", Options{Verbose: true}, event.Event{Type: event.Applied, Resource: "file.a", Action: "none", Place: "a.hcl:3"}, "= file.a  # a.hcl:3\n"},
		{"restored", Options{}, event.Event{Type: event.Restored, Resource: "service.a", Action: "update", Changes: mode}, "= service.a made as declared again (mode)\n"},
		{"restored in a second pass", Options{}, event.Event{Type: event.Restored, Resource: "service.a", Action: "update", Changes: mode, Pass: 2}, "= service.a made as declared again in a second pass (mode)\n"},
		{"restored by running", Options{}, event.Event{Type: event.Restored, Resource: "exec.a", Action: "run", Pass: 2}, "> exec.a run in a second pass, since what was changed before asks for it\n"},
		{"failed", Options{}, event.Event{Type: event.Failed, Resource: "service.a", Place: "a.hcl:3", Error: "cannot start\nno such unit\n", Notes: []string{"the unit is masked"}}, "! service.a failed  # a.hcl:3\n    cannot start\n    no such unit\n    note: the unit is masked\n"},
		{"failed at the end", Options{}, event.Event{Type: event.Failed, Error: "cannot reload"}, "! the end of the run failed\n    cannot reload\n"},
		{"skipped", Options{}, event.Event{Type: event.Skipped, Resource: "file.b", Causes: []string{"a.1", "a.2", "a.3", "a.4", "a.5"}}, "! file.b skipped: it comes after a.1, a.2, a.3 and 2 more\n"},
		{"skipped for no cause", Options{}, event.Event{Type: event.Skipped, Resource: "file.b"}, "! file.b skipped.\n"},
		{"notified", Options{}, event.Event{Type: event.Notified, Resource: "service.a", Verb: "restart", Causes: []string{"file.a"}, Elapsed: 3 * time.Second}, "* service.a restart (1 cause: file.a) (3.0s)\n"},
		{"notified in vain", Options{}, event.Event{Type: event.Notified, Resource: "service.a", Verb: "restart", Causes: []string{"file.a", "file.b", "file.c"}, Void: true, Notes: []string{"it was stopped"}}, "* service.a restart (3 causes: file.a, file.b and 1 more), no longer needed\n    note: it was stopped\n"},
		{"held", Options{}, event.Event{Type: event.Held, Resource: "service.a", Verb: "restart", Causes: []string{"file.a"}, Error: "service.a failed"}, "! service.a restart held (1 cause: file.a)\n    service.a failed\n    It stays owed; the next run delivers it.\n"},
		{"tried and held", Options{}, event.Event{Type: event.Held, Resource: "service.a", Verb: "restart", Error: "exit status 1", Tried: true}, "! service.a restart held: tried, and failed\n    exit status 1\n    It stays owed; the next run delivers it.\n"},
		{"dropped", Options{}, event.Event{Type: event.Dropped, Resource: "service.a", Verb: "restart", Causes: []string{"file.a"}, Run: "R1", Error: "there is no such unit"}, "- service.a restart dropped (1 cause: file.a)\n    It was owed since run R1, and nothing can deliver it: there is no such unit\n"},
		{"dropped as needless", Options{}, event.Event{Type: event.Dropped, Resource: "service.a", Verb: "restart", Run: "R1", Void: true, Error: "the change is taken back"}, "- service.a restart dropped\n    It was owed since run R1, and nothing needs it any more: the change is taken back\n"},
		{"queued", Options{}, event.Event{Type: event.Queued, Resource: "service.a", Verb: "start", Causes: []string{"boot.service"}}, "* service.a start is queued: it waits for boot.service, in which this run goes on.\n"},
		{"warning, folded", Options{Width: 40}, event.Event{Type: event.Warning, Message: "a file system without atomic rename holds it"}, "Warning: a file system without atomic\n         rename holds it\n"},
		{"waiting", Options{}, event.Event{Type: event.Waiting, Message: "another run holds the lock"}, "Waiting: another run holds the lock\n"},
		{"recovered", Options{}, event.Event{Type: event.Recovered, Run: "R1", Message: "2 files were removed"}, "Recovered: run R1 was killed; 2 files were removed\n"},
		{"in colour", Options{Color: true}, event.Event{Type: event.Applied, Resource: "file.a", Action: "update", Changes: []event.Attr{content(3, 4, "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n\\ No newline\n")}}, "\x1b[33m~ \x1b[0m\x1b[1mfile.a\x1b[0m\n    content: 3 bytes → 4 bytes\n      \x1b[36m@@ -1 +1 @@\x1b[0m\n      \x1b[31m-x\x1b[0m\n      \x1b[32m+y\x1b[0m\n      \x1b[2m\\ No newline\x1b[0m\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := screenOf(t, tt.opt, applied(event.Event{}, tt.e)); got != tt.want {
				t.Errorf("got %q,\nwant %q", got, tt.want)
			}
		})
	}
}

// TestEnds shows the closing lines of runs.
func TestEnds(t *testing.T) {
	some := &event.Counts{Resources: 3, Create: 1, Run: 1, Notified: 2}
	undo := event.Event{Type: event.Undoes, Run: "R1", Message: "converge apply", Notes: []string{"the package x"}, Partial: true}
	for _, tt := range []struct {
		name string
		evs  []event.Event
		want string
	}{
		{"proved", applied(event.Event{Counts: some, Proved: true, Elapsed: time.Second}), "Applied: 1 created, 1 run, 2 notified in 1.0s.\nProved: an immediate plan is empty.\n"},
		{"proved in part", applied(event.Event{Counts: some, Proved: true, Partial: true, Elapsed: time.Second}), "Applied: 1 created, 1 run, 2 notified in 1.0s.\nProved: an immediate plan of what was chosen is empty. Nothing is claimed of the rest.\n"},
		{"proved but for actions", applied(event.Event{Counts: some, Recurring: []string{"exec.a"}, Elapsed: time.Second}), "Applied: 1 created, 1 run, 2 notified in 1.0s.\nProved: an immediate plan holds nothing but exec.a, which every run does.\n"},
		{"altered manifest", applied(event.Event{Counts: some, Altered: []string{"a.hcl"}, Elapsed: time.Second}), "Applied: 1 created, 1 run, 2 notified in 1.0s.\nNot proved: the manifest was evaluated from a.hcl, which changed during the run. converge plan shows what is left.\n"},
		{"not proved", applied(event.Event{Counts: some, Elapsed: time.Second}), "Applied: 1 created, 1 run, 2 notified in 1.0s.\nNot proved: something changed while the run went on. converge plan shows what is left.\n"},
		{"measured by its times", applied(event.Event{Counts: some, Proved: true, Time: time.Unix(190, 0)}), "Applied: 1 created, 1 run, 2 notified in 1m30s.\nProved: an immediate plan is empty.\n"},
		{"queued", applied(event.Event{Counts: &event.Counts{Update: 1, Queued: 1}, Elapsed: time.Second}), "Applied: 1 changed in 1.0s.\nQueued and not waited for: 1 service. The next run, or converge status --wait, looks again.\n"},
		{"nothing to do", applied(event.Event{Counts: &event.Counts{Resources: 1234}, Proved: true}), "Nothing to do: 1,234 resources are as declared.\n"},
		{"nothing but what is left", applied(event.Event{Counts: &event.Counts{Resources: 2, Left: 1}, Proved: true}), "Nothing to do: 1 resource is as declared, 1 is left as it is.\n"},
		{"nothing, and much is left", applied(event.Event{Counts: &event.Counts{Resources: 9, Left: 3}, Proved: true}), "Nothing to do: 6 resources are as declared, 3 are left as they are.\n"},
		{"switched off", applied(event.Event{Counts: &event.Counts{Resources: 2, Off: 1}, Proved: true}), "Nothing to do: 2 resources are as declared.\n1 resource is switched off; what it made stays.\n"},
		{"many switched off", applied(event.Event{Counts: &event.Counts{Resources: 2, Off: 2}, Proved: true}), "Nothing to do: 2 resources are as declared.\n2 resources are switched off; what they made stays.\n"},
		{"not done", applied(event.Event{Exit: 3, Counts: &event.Counts{Update: 2, Failed: 1, Skipped: 2, Held: 1, Tolerated: 1}, Elapsed: time.Second}), "Applied: 2 changed in 1.0s.\nNot done: 1 failed, 2 skipped, 1 held, 1 failed and tolerated.\n"},
		{"interrupted", applied(event.Event{Exit: 130, Counts: &event.Counts{Update: 2}, Elapsed: time.Second}), "Applied: 2 changed in 1.0s.\nInterrupted between steps: the rest was not started.\n"},
		{"stopped before", applied(event.Event{Exit: 1, Counts: &event.Counts{}}), "Stopped: nothing was changed.\n"},
		{"stopped between", applied(event.Event{Exit: 4, Counts: &event.Counts{Update: 1}, Elapsed: time.Second}), "Applied: 1 changed in 1.0s.\nStopped: the rest was not started.\n"},
		{"taken back", applied(event.Event{Counts: some, Proved: true, Elapsed: time.Second}, undo), "Taking back run R1 (converge apply)\n  not brought back, or not in full: the package x\n\nApplied: 1 created, 1 run, 2 notified in 1.0s.\nProved: what run R1 changed is as it was before, but for the package x and what its commands did, which is not known.\n"},
		{"taken back but for what is kept", applied(event.Event{Counts: some, Proved: true, Elapsed: time.Second}, event.Event{Type: event.Undoes, Run: "R1"},
			event.Event{Type: event.Planned, Resource: "file.a", Action: "none", Notes: []string{"edited since"}}), "Taking back run R1\n\n= file.a\n    note: edited since\n\nApplied: 1 created, 1 run, 2 notified in 1.0s.\nProved: what run R1 changed is as it was before, but for what is kept.\n"},
		{"nothing to take back", applied(event.Event{Counts: &event.Counts{}, Proved: true}, event.Event{Type: event.Undoes, Run: "R1"}), "Taking back run R1\n\nNothing to take back: all is as it was before that run.\n"},
		{"taken back but for many things", applied(event.Event{Counts: some, Proved: true, Elapsed: time.Second}, event.Event{Type: event.Undoes, Run: "R1", Notes: slices.Repeat([]string{"the pipe x"}, 1503)}),
			"Taking back run R1\n" + strings.Repeat("  not brought back, or not in full: the pipe x\n", 3) + "  not brought back, or not in full: 1,500 more\n\nApplied: 1 created, 1 run, 2 notified in 1.0s.\nProved: what run R1 changed is as it was before, but for the pipe x and the pipe x and the pipe x and 1,500 more.\n"},
		{"nothing else to take back", applied(event.Event{Counts: &event.Counts{}, Proved: true}, undo), "Taking back run R1 (converge apply)\n  not brought back, or not in full: the package x\n\nNothing to take back but the package x and what its commands did, which is not known.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := screenOf(t, Options{}, tt.evs); got != tt.want {
				t.Errorf("got %q,\nwant %q", got, tt.want)
			}
		})
	}
}

// screenOf returns the output for events.
func screenOf(t *testing.T, opt Options, evs []event.Event) string {
	t.Helper()
	var out bytes.Buffer
	h := NewHuman(&out, opt)
	for _, e := range evs {
		h.Emit(e)
	}
	h.Close()
	if err := h.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
