package view

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"converge/internal/event"
)

// emitAll shows events, and draws the progress line two seconds after each.
func emitAll(opt Options, events []event.Event) string {
	var out bytes.Buffer
	now := time.Unix(1_800_000_000, 0)
	opt.Now = func() time.Time { return now }
	h := NewHuman(&out, opt)
	h.progress.quit, h.progress.done = make(chan struct{}), make(chan struct{})
	close(h.progress.done) // nothing else draws it
	for _, e := range events {
		h.Emit(e)
		if opt.Terminal {
			h.tick(now.Add(2 * time.Second))
		}
	}
	h.Close()
	return out.String()
}

func asJSONLines(events []event.Event) string {
	var out bytes.Buffer
	j := NewJSON(&out)
	for _, e := range events {
		j.Emit(e)
	}
	return out.String()
}

// TestEndings shows the output for each way in which a run can end, for people and for programs.
func TestEndings(t *testing.T) {
	finished := func(mode string, e event.Event, before ...event.Event) []event.Event {
		e.Type = event.RunFinished
		return append(append([]event.Event{{Type: event.RunStarted, Mode: mode}}, before...), e)
	}
	one := &event.Counts{Resources: 2, Create: 1}
	undoes := event.Event{Type: event.Undoes, Run: "R1", Message: "converge apply", Notes: []string{"the home of \x1bann"}}
	for _, c := range []struct {
		name   string
		events []event.Event
		human  string
		json   string // of the last event
	}{
		{"a run that is not taken back", finished("rollback", event.Event{Counts: &event.Counts{Failed: 1}, Exit: 3}, event.Event{Type: event.Undoes, Run: "R1", Causes: []string{"check.c"}},
			event.Event{Type: event.Failed, Resource: "check.c", Error: "what run R1 changed stays: it was not kept"}), `Taking back run R1, because check.c failed

! check.c failed
    what run R1 changed stays: it was not kept

Not done: 1 failed.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":0,"run":0,"failed":1,"skipped":0,"notified":0,"held":0,"also":0},"exit":3}`},
		{"a plan ends before a turn comes", finished("apply", event.Event{Counts: &event.Counts{Failed: 1, Skipped: 1}, Exit: 1},
			event.Event{Type: event.Failed, Resource: "file.a", Error: "no"}, event.Event{Type: event.Skipped, Resource: "file.b", Causes: []string{"file.a"}}), `! file.a failed
    no
! file.b skipped: it comes after file.a

Not done: 1 failed, 1 skipped.
Stopped: nothing was changed.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":0,"run":0,"failed":1,"skipped":1,"notified":0,"held":0,"also":0},"exit":1}`},
		{"failures above other lines", finished("apply", event.Event{Counts: &event.Counts{Create: 1, Failed: 1, Held: 1}, Exit: 3, Elapsed: time.Second},
			event.Event{Type: event.Failed, Resource: "file.a", Error: "\nit is \x1bno\nand more"},
			event.Event{Type: event.PlanFinished}, event.Event{Type: event.Failed, Resource: "file.a", Error: "\nit is \x1bno\nand more"},
			event.Event{Type: event.Applied, Resource: "file.b", Action: "create"}, event.Event{Type: event.Held, Resource: "service.c", Verb: "restart"}), `! file.a failed
    
    it is \x1bno
    and more
+ file.b
! service.c restart held
    
    It stays owed; the next run delivers it.

Applied: 1 created in 1.0s.
Not done: 1 failed, 1 held.
  ! file.a: it is \x1bno
  ! service.c restart held: not tried
`, `{"type":"run_finished","elapsed_ns":1000000000,"counts":{"resources":0,"create":1,"update":0,"delete":0,"run":0,"failed":1,"skipped":0,"notified":0,"held":1,"also":0},"exit":3}`},
		{"nothing to do", finished("apply", event.Event{Counts: &event.Counts{Resources: 1}, Proved: true}), `Nothing to do: 1 resource is as declared.
`, `{"type":"run_finished","counts":{"resources":1,"create":0,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"proved":true}`},
		{"nothing to do, some left", finished("apply", event.Event{Counts: &event.Counts{Resources: 1203, Left: 2}, Proved: true}), `Nothing to do: 1,201 resources are as declared, 2 are left as they are.
`, `{"type":"run_finished","counts":{"resources":1203,"create":0,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0,"left":2},"proved":true}`},
		{"nothing to do, one left and one off", finished("apply", event.Event{Counts: &event.Counts{Resources: 4, Left: 1, Off: 1}, Proved: true}), `Nothing to do: 3 resources are as declared, 1 is left as it is.
1 resource is switched off; what it made stays.
`, `{"type":"run_finished","counts":{"resources":4,"create":0,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0,"off":1,"left":1},"proved":true}`},
		{"some switched off", finished("apply", event.Event{Counts: &event.Counts{Resources: 4, Create: 1, Off: 2}, Proved: true}), `Applied: 1 created in 0.0s.
Proved: an immediate plan is empty.
2 resources are switched off; what they made stays.
`, `{"type":"run_finished","counts":{"resources":4,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0,"off":2},"proved":true}`},
		{"a part is proved", finished("apply", event.Event{Counts: one, Proved: true, Partial: true}), `Applied: 1 created in 0.0s.
Proved: an immediate plan of what was chosen is empty. Nothing is claimed of the rest.
`, `{"type":"run_finished","counts":{"resources":2,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"proved":true,"partial":true}`},
		{"nothing but what recurs", finished("apply", event.Event{Counts: one, Recurring: []string{"exec.a", "exec.b", "exec.c", "exec.d"}}), `Applied: 1 created in 0.0s.
Proved: an immediate plan holds nothing but exec.a, exec.b, exec.c and 1 more, which every run does.
`, `{"type":"run_finished","counts":{"resources":2,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"recurring":["exec.a","exec.b","exec.c","exec.d"]}`},
		{"a fact changed meanwhile", finished("apply", event.Event{Counts: one, Altered: []string{"site.hcl"}, Facts: []string{"node.users.web"}}), `Applied: 1 created in 0.0s.
Facts changed, apply again: the manifest used node.users.web, which changed during the run. converge plan shows what is left.
`, `{"type":"run_finished","counts":{"resources":2,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"altered":["site.hcl"],"facts":["node.users.web"]}`},
		{"the manifest changed meanwhile", finished("apply", event.Event{Counts: one, Altered: []string{"site.hcl"}}), `Applied: 1 created in 0.0s.
Not proved: the manifest was evaluated from site.hcl, which changed during the run. converge plan shows what is left.
`, `{"type":"run_finished","counts":{"resources":2,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"altered":["site.hcl"]}`},
		{"something changed meanwhile", finished("apply", event.Event{Counts: one}), `Applied: 1 created in 0.0s.
Not proved: something changed while the run went on. converge plan shows what is left.
`, `{"type":"run_finished","counts":{"resources":2,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0}}`},
		{"services are queued", finished("apply", event.Event{Counts: &event.Counts{Create: 1, Queued: 1}}), `Applied: 1 created in 0.0s.
Queued and not waited for: 1 service. The next run, or converge status --wait, looks again.
`, `{"type":"run_finished","counts":{"resources":0,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"queued":1,"also":0}}`},
		{"interrupted", finished("apply", event.Event{Exit: 130, Elapsed: 61 * time.Second, Counts: &event.Counts{Update: 1, Skipped: 1}}), `Applied: 1 changed in 1m01s.
Not done: 1 skipped.
Interrupted between steps: the rest was not started.
`, `{"type":"run_finished","elapsed_ns":61000000000,"counts":{"resources":0,"create":0,"update":1,"delete":0,"run":0,"failed":0,"skipped":1,"notified":0,"held":0,"also":0},"exit":130}`},
		{"stopped before anything", finished("apply", event.Event{Exit: 1, Counts: &event.Counts{}}), `Stopped: nothing was changed.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"exit":1}`},
		{"stopped in between", finished("apply", event.Event{Exit: 3, Counts: one}), `Applied: 1 created in 0.0s.
Stopped: the rest was not started.
`, `{"type":"run_finished","counts":{"resources":2,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"exit":3}`},
		{"failures that count, and one that does not", finished("apply", event.Event{Exit: 3, Counts: &event.Counts{Failed: 1, Skipped: 2, Held: 3, Tolerated: 4}}), `Not done: 1 failed, 2 skipped, 3 held, 4 failed and tolerated.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":0,"run":0,"failed":1,"skipped":2,"notified":0,"held":3,"also":0,"tolerated":4},"exit":3}`},
		{"all that can be counted", finished("apply", event.Event{Proved: true, Counts: &event.Counts{
			Create: 1, Update: 2, Delete: 3, Run: 4, Removes: 5, Notified: 6, Restored: 7, Dropped: 8,
		}}), `Applied: 1 created, 2 changed, 3 removed, 5 purged, 4 run, 6 notified, 7 put right again, 8 dropped in 0.0s.
Proved: an immediate plan is empty.
`, `{"type":"run_finished","counts":{"resources":0,"create":1,"update":2,"delete":3,"run":4,"failed":0,"skipped":0,"notified":6,"held":0,"dropped":8,"also":0,"removes":5,"restored":7},"proved":true}`},
		{"a plan says no more", finished("plan", event.Event{Counts: one}), ``, `{"type":"run_finished","counts":{"resources":2,"create":1,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0}}`},
		{"taken back", finished("rollback", event.Event{Counts: &event.Counts{Delete: 1}, Proved: true}, event.Event{Type: event.Undoes, Run: "R1"}), `Taking back run R1

Applied: 1 removed in 0.0s.
Proved: what run R1 changed is as it was before.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":1,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"proved":true}`},
		{"taken back, but for something", finished("rollback", event.Event{Counts: &event.Counts{Delete: 1}, Proved: true}, undoes), `Taking back run R1 (converge apply)
  not brought back, or not in full: the home of \x1bann

Applied: 1 removed in 0.0s.
Proved: what run R1 changed is as it was before, but for the home of \x1bann.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":1,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"proved":true}`},
		{
			"taken back, with what is kept and what commands did",
			finished("rollback", event.Event{Counts: &event.Counts{Delete: 1}, Proved: true},
				event.Event{Type: event.Undoes, Run: "R1", Partial: true},
				event.Event{Type: event.Planned, Resource: "file.kept", Action: "none", Notes: []string{"edited since"}}),
			`Taking back run R1

= file.kept
    note: edited since

Applied: 1 removed in 0.0s.
Proved: what run R1 changed is as it was before, but for what is kept and what its commands did, which is not known.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":1,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"proved":true}`,
		},
		{"nothing is left to take back", finished("rollback", event.Event{Counts: &event.Counts{}, Proved: true}, event.Event{Type: event.Undoes, Run: "R1"}), `Taking back run R1

Nothing to take back: all is as it was before that run.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"proved":true}`},
		{"nothing but what was changed since", finished("rollback", event.Event{Counts: &event.Counts{}, Proved: true}, event.Event{Type: event.Undoes, Run: "R1"},
			event.Event{Type: event.Planned, Resource: "line.a", Action: "none", Notes: []string{"edited since"}}), `Taking back run R1

= line.a
    note: edited since

Nothing to take back: what that run changed was changed since, and is kept.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"proved":true}`},
		{"nothing that could be taken back", finished("rollback", event.Event{Counts: &event.Counts{}, Proved: true}, undoes), `Taking back run R1 (converge apply)
  not brought back, or not in full: the home of \x1bann

Nothing to take back but the home of \x1bann.
`, `{"type":"run_finished","counts":{"resources":0,"create":0,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0},"proved":true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := emitAll(Options{}, c.events); got != c.human {
				t.Errorf("got\n%s\nwant\n%s", got, c.human)
			}
			lines := strings.Split(strings.TrimSpace(asJSONLines(c.events)), "\n")
			if got := lines[len(lines)-1]; got != c.json {
				t.Errorf("got\n%s\nwant\n%s", got, c.json)
			}
		})
	}
}

// TestScreen shows every event of a run on a terminal with all options: in colour, with places, and with the progress
// line two seconds after each event. ^ is an escape, < the start of the line.
func TestScreen(t *testing.T) {
	start := event.Event{Type: event.RunStarted, Mode: "apply", Total: 2}
	counts := &event.Counts{Resources: 2, Update: 1}
	for _, c := range []struct {
		name   string
		events []event.Event
		screen string
		json   string
	}{
		{"a lock is waited for", []event.Event{start, {Type: event.Waiting, Message: "another run holds the lock"}, {Type: event.Progress, Message: "observed 1"}}, `<^K^2m… observing 2 resources  2s^0m<^K^33mWaiting: ^0manother run holds the lock
<^K^2m… another run holds the lock  2s^0m<^K^2m… observing 2 resources  2s  observed 1^0m<^K`, `{"type":"progress","message":"observed 1"}
`},
		{"a change", []event.Event{
			{Type: event.Started, Resource: "file.a", Action: "update"},
			{Type: event.Applied, Resource: "file.a", Action: "update", Place: "site.hcl:3", Elapsed: 2 * time.Second, Changes: []event.Attr{attr("mode", "0644", "0600")}, Notes: []string{"it was edited"}},
		}, `<^K^2m… changing file.a  2s^0m<^K^33m~ ^0m^1mfile.a^0m^2m (2.0s)^0m^2m  # site.hcl:3^0m
    mode: "0644" → "0600"
    ^2mnote: it was edited^0m
`, `{"type":"applied","resource":"file.a","place":"site.hcl:3","action":"update","changes":[{"name":"mode","before":"0644","after":"0600"}],"notes":["it was edited"],"elapsed_ns":2000000000}
`},
		{"a removal of several", []event.Event{
			{Type: event.Started, Total: 3, Action: "delete"},
			{Type: event.Applied, Resource: "directory.a", Action: "delete", Removes: []string{"/a/b", "/a/\x1bc"}},
		}, `<^K^2m… removing 3 resources  2s^0m<^K^31m- ^0m^1mdirectory.a^0m
    removes 2 paths:
      ^31m- ^0m/a/b
      ^31m- ^0m/a/\x1bc
`, `{"type":"applied","resource":"directory.a","action":"delete","removes":["/a/b","/a/\u001bc"]}
`},
		{"nothing to change", []event.Event{{Type: event.Applied, Resource: "file.a", Action: "none", Place: "site.hcl:1"}}, `^2m= ^0m^1mfile.a^0m^2m  # site.hcl:1^0m
`, `{"type":"applied","resource":"file.a","place":"site.hcl:1","action":"none"}
`},
		{"a command runs again", []event.Event{{Type: event.Restored, Resource: "exec.a", Action: "run", Pass: 2}}, `^36m> ^0m^1mexec.a^0m run in a second pass, since what was changed before asks for it
`, `{"type":"restored","resource":"exec.a","action":"run","pass":2}
`},
		{"put right again", []event.Event{{Type: event.Restored, Resource: "file.a", Action: "update", Pass: 2, Changes: []event.Attr{attr("a", 1, 2), attr("b", 1, 2), attr("c", 1, 2), attr("d", 1, 2)}}}, `^2m= ^0m^1mfile.a^0m made as declared again in a second pass (a, b, c and 1 more)
`, `{"type":"restored","resource":"file.a","action":"update","changes":[{"name":"a","before":1,"after":2},{"name":"b","before":1,"after":2},{"name":"c","before":1,"after":2},{"name":"d","before":1,"after":2}],"pass":2}
`},
		{"an action", []event.Event{
			{Type: event.Progress, Resource: "service.a", Verb: "restart"},
			{Type: event.Notified, Resource: "service.a", Verb: "restart", Causes: []string{"file.a", "file.b", "file.c"}, Elapsed: 3 * time.Second, Notes: []string{"it was not running"}},
		}, `<^K^2m… service.a restart  2s^0m<^K^35m* ^0m^1mservice.a^0m restart (3 causes: file.a, file.b and 1 more)^2m (3.0s)^0m
    ^2mnote: it was not running^0m
`, `{"type":"notified","resource":"service.a","notes":["it was not running"],"verb":"restart","causes":["file.a","file.b","file.c"],"elapsed_ns":3000000000}
`},
		{"an action that is overtaken", []event.Event{{Type: event.Notified, Resource: "service.a", Verb: "reload", Void: true}}, `^35m* ^0m^1mservice.a^0m reload^2m, no longer needed^0m
`, `{"type":"notified","resource":"service.a","verb":"reload","void":true}
`},
		{"an action that failed, and then its resource", []event.Event{
			start,
			{Type: event.PlanFinished, Counts: counts},
			{Type: event.Held, Resource: "service.a", Verb: "restart", Causes: []string{"file.a"}, Tried: true, Error: "it is down\nJournal: bad key\n"},
			{Type: event.Failed, Resource: "service.a", Place: "site.hcl:9", Error: "it does not run\nJournal: bad key\n", Notes: []string{"nothing else needs it"}},
		}, `<^K^2m… observing 2 resources  2s^0m<^K^33m! ^0m^1mservice.a^0m restart^33m held^0m (1 cause: file.a): tried, and failed
    it is down
    Journal: bad key
    ^2mIt stays owed; the next run delivers it.^0m
^31m! ^0m^1mservice.a^0m^31m failed^0m^2m  # site.hcl:9^0m
    it does not run
    (the rest is above)
    ^2mnote: nothing else needs it^0m
`, `{"type":"failed","resource":"service.a","place":"site.hcl:9","notes":["nothing else needs it"],"error":"it does not run\nJournal: bad key\n"}
`},
		{"a debt that nothing can pay", []event.Event{
			start,
			{Type: event.PlanFinished, Counts: counts},
			{Type: event.Dropped, Resource: "service.gone", Verb: "restart", Run: "R1", Causes: []string{"file.a"}, Error: "no such unit"},
		}, `<^K^2m… observing 2 resources  2s^0m<^K^33m- ^0m^1mservice.gone^0m restart^33m dropped^0m (1 cause: file.a)
    It was owed since run R1, and nothing can deliver it: no
    such unit
`, `{"type":"dropped","run":"R1","resource":"service.gone","verb":"restart","causes":["file.a"],"error":"no such unit"}
`},
		{"a plan that drops it", []event.Event{
			{Type: event.RunStarted, Mode: "plan"},
			{Type: event.Dropped, Resource: "service.gone", Verb: "restart", Run: "R1", Error: "no such unit"},
			{Type: event.Planned, Resource: "file.maybe", Action: "none", Tentative: true, Causes: []string{"exec.a"}},
			{Type: event.PlanFinished, Counts: &event.Counts{Resources: 1, Dropped: 1, Off: 2}},
		}, `<^K^2m… observing 0 resources  2s^0m<^K^2m= ^0m^1mfile.maybe^0m^2m (after exec.a)^0m
<^K^2m… observing 0 resources  2s^0m<^K^2m? ^0mmay change too, after what comes before: file.maybe

^1mWill be owed no more:^0m
  ^33m- ^0mservice.gone restart^2m, owed since run R1^0m
      no such unit

^1mPlan: 0 to create, 0 to change, 0 to remove, 1 to drop.^0m
^2m2 resources are switched off; what they made stays.^0m
`, `{"type":"plan_finished","counts":{"resources":1,"create":0,"update":0,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"dropped":1,"also":0,"off":2}}
`},
		{"an apply with orphans and old debts", []event.Event{
			start,
			{Type: event.Orphaned, Resource: "file.old", Action: "none"},
			{Type: event.Orphaned, Resource: "file.pruned", Action: "delete"},
			{Type: event.Owes, Resource: "service.a", Verb: "restart", Run: "R1", Causes: []string{"file.a"}, Void: true},
			{Type: event.Owes, Resource: "service.b", Verb: "start", When: "before"},
			{Type: event.PlanFinished, Counts: counts},
		}, `<^K^2m… observing 2 resources  2s^0m<^K^2mNo longer declared, and left alone: 1 resource.^0m

^1mOwed by an earlier run:^0m
  ^35m* ^0mservice.a restart (1 cause: file.a)^2m, owed since run R1, no longer needed^0m
      ^2mfor file.a^0m

`, `{"type":"plan_finished","counts":{"resources":2,"create":0,"update":1,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0}}
`},
		{"failures before anything is done", []event.Event{
			start,
			{Type: event.Failed, Resource: "file.a", Error: "cannot observe"},
			{Type: event.Skipped, Resource: "file.b", Causes: []string{"file.a"}},
			{Type: event.PlanFinished, Counts: counts},
			{Type: event.Skipped, Resource: "file.b"},
		}, `<^K^2m… observing 2 resources  2s^0m<^K^33m! ^0m^1mfile.b^0m^33m skipped^0m.
`, `{"type":"skipped","resource":"file.b"}
`},
		{"the end of the run fails", []event.Event{start, {Type: event.PlanFinished, Counts: counts}, {Type: event.Failed, Error: "systemd does not answer"}}, `<^K^2m… observing 2 resources  2s^0m<^K^31m! ^0m^1mthe end of the run^0m^31m failed^0m
    systemd does not answer
`, `{"type":"failed","error":"systemd does not answer"}
`},
		{"what is long is folded", []event.Event{{Type: event.Warning, Message: "a sentence that is longer than the terminal is wide, by some words\nand a second line"}}, `^33mWarning: ^0ma sentence that is longer than the terminal is
         wide, by some words\nand a second line
`, `{"type":"warning","message":"a sentence that is longer than the terminal is wide, by some words\nand a second line"}
`},
		{"values of every kind", []event.Event{{Type: event.Planned, Resource: "file.a", Action: "update", Changes: []event.Attr{
			attr("list", []any{1, "a", true, nil}, map[string]any{"b": 1, "a": []any{}}), {Name: "key", Secret: true}, attr("gone", "x", nil), content(5, 2048, ""),
		}}, {Type: event.PlanFinished, Counts: counts}}, `^33m~ ^0m^1mfile.a^0m
    list:    [1, "a", true, null] → {a = [], b = 1}
    key:     (sensitive)
    gone:    "x" → (none)
    content: 5 bytes sha256:0123456789ab
           → 2.0 KiB sha256:0123456789ab

^1mPlan: 0 to create, 1 to change, 0 to remove.^0m
`, `{"type":"plan_finished","counts":{"resources":2,"create":0,"update":1,"delete":0,"run":0,"failed":0,"skipped":0,"notified":0,"held":0,"also":0}}
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := emitAll(Options{Color: true, Verbose: true, Terminal: true, Width: 60}, c.events)
			got = strings.NewReplacer("\x1b[", "^", "\r", "<").Replace(got)
			if got != c.screen {
				t.Errorf("got\n%s\nwant\n%s", got, c.screen)
			}
			if got := asJSONLines(c.events[len(c.events)-1:]); got != c.json {
				t.Errorf("got\n%s\nwant\n%s", got, c.json)
			}
		})
	}
}
