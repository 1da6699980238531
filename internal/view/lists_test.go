package view

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"converge/internal/event"
)

// TestLists shows lists outside of a run.
func TestLists(t *testing.T) {
	begin := time.Date(2026, 11, 20, 23, 15, 0, 0, time.UTC)
	end, exit := begin.Add(75*time.Second), 2
	run := Run{ID: "R1", Started: begin, Ended: &end, Result: "failed", Exit: &exit, Changed: 1234, Failed: 1, Owed: 2, User: "root", Command: []string{"apply"}, Manifest: "/etc/site.hcl"}
	back := Run{ID: "R2", Started: begin, Result: "converged", User: "root", Command: []string{"rollback"}, Undoes: "R1"}
	for _, tt := range []struct {
		name string
		list func(w io.Writer) error
		want string
	}{
		{"no runs", func(w io.Writer) error { return Runs(w, false, nil) }, "No run is kept: none has changed anything yet, or all were forgotten.\n"},
		{"runs", func(w io.Writer) error {
			return Runs(w, false, []Run{run, back, {ID: "R3", Result: "damaged", Error: "the record\nends early"}})
		}, "RUN                    STARTED (UTC)        RESULT       CHANGES  OWED  BY          COMMAND\nR1                     2026-11-20 23:15:00  failed         1,234     2  root        converge apply\nR2                     2026-11-20 23:15:00  converged          0     0  root        converge rollback  (takes back R1)  (noted in the state folder only)\nR3                     -                    damaged            0     0              converge\n    the record\n    ends early\n"},
		{"runs of sites", func(w io.Writer) error {
			return Runs(w, false, []Run{
				{ID: "R1", Started: begin, Result: "converged", Changed: 1, User: "root", Command: []string{"apply"}, Site: "/etc/converge"},
				{ID: "R2", Started: begin, Result: "converged", Changed: 1, User: "root", Command: []string{"apply", "/srv/a.hcl"}, Site: "/srv/a.hcl"},
			})
		}, "RUN                    STARTED (UTC)        RESULT       CHANGES  OWED  BY          COMMAND\nR1                     2026-11-20 23:15:00  converged          1     0  root        converge apply  (site /etc/converge)\nR2                     2026-11-20 23:15:00  converged          1     0  root        converge apply /srv/a.hcl\n"},
		{"a run of a site with a name", func(w io.Writer) error {
			return ShowRun(w, false, 0, true, RunDetail{Run: Run{ID: "R1", Started: begin, Result: "killed", User: "root", Command: []string{"apply"}, Manifest: "/etc/converge", Site: "web"}})
		}, "Run R1 killed\n  started  2026-11-20 23:15:00 UTC\n  by       root: converge apply\n  manifest /etc/converge\n  site     web\n"},
		{"a run", func(w io.Writer) error {
			return ShowRun(w, false, 0, true, RunDetail{
				Run:      run,
				Changes:  []event.Event{{Type: event.Applied, Resource: "file.a", Action: "update", Changes: []event.Attr{attr("mode", "0644", "0600")}}, {Type: event.Failed, Resource: "file.b", Action: "create", Error: "cannot write", Changes: []event.Attr{attr("mode", nil, "0600")}}},
				Notified: []event.Event{{Resource: "service.a", Verb: "restart", Causes: []string{"file.a"}, Message: "held", Error: "exit status 1"}},
				Others:   []event.Event{{Type: event.Failed, Resource: "file.c", Error: "cannot read"}, {Type: event.Skipped, Resource: "file.d", Causes: []string{"file.c"}}},
			})
		}, "Run R1 failed\n  started  2026-11-20 23:15:00 UTC, took 1m15s\n  by       root: converge apply\n  manifest /etc/site.hcl\n\n~ file.a\n    mode: \"0644\" → \"0600\"\n! file.b failed\n    cannot write\n    mode: \"0600\"\n\n! file.c failed\n    cannot read\n! file.d skipped: it comes after file.c\n\nNotifications:\n  * service.a restart (1 cause: file.a), held\n    exit status 1\n"},
		{"no status", func(w io.Writer) error { return ShowStatus(w, false, 0, Status{}) }, "No run has ended here yet.\n"},
		{"a run in progress", func(w io.Writer) error {
			return ShowStatus(w, false, 0, Status{Holder: "process 812 (converge apply)"})
		}, "A run is in progress: process 812 (converge apply)\n"},
		{"status", func(w io.Writer) error {
			return ShowStatus(w, false, 0, Status{
				Run: "R2", Started: begin, Ended: &end, Result: "held", Exit: &exit, Changed: 1, Failed: 2, Skipped: 3, Notified: 4, Begun: 5, Manifest: "/etc/site.hcl", Site: "web", Undoes: "R1",
				Failures: []Failure{{Resource: "file.a", Error: "cannot write"}, {Resource: "service.a", Verb: "restart"}, {Error: "cannot lock"}},
				Owed:     []Owed{{Resource: "service.a", Verb: "restart", Run: "R2"}}, Queued: []string{"a.service"}, Came: []string{"b.service"},
				TakeBack: &TakeBack{For: "check.page", Runs: []string{"R2", "R1"}},
				Sites:    []Site{{Site: "web", Run: "R2", Result: "held"}, {Site: "db", Run: "R0", Ended: &end, Result: "converged"}, {Site: "mail", Run: "R9", Result: "killed", Revert: "R9"}},
			})
		}, "Run R2 held: 1 changed, 2 failed, 3 skipped, 4 notified, 5 in progress when it was killed\n  started  2026-11-20 23:15:00 UTC\n  ended    2026-11-20 23:16:15 UTC, exit status 2\n  manifest /etc/site.hcl\n  site     web\n  takes back R1\n! file.a\n    cannot write\n! service.a restart\n! nothing was changed:\n    cannot lock\nOwed: service.a restart, since run R2\nTo be taken back: R2, R1, because check.page failed; the next apply or rollback does that first\nSite db: run R0 converged at 2026-11-20 23:16:15 UTC\nSite mail: run R9 killed\nTo end this: site mail: apply it again, or take its run back: converge rollback R9\nQueued: a.service\nQueued, and settled now: b.service\n"},
		{"a failed run", func(w io.Writer) error {
			return ShowStatus(w, false, 0, Status{
				Run: "R2", Result: "failed", Failed: 1, Manifest: "/etc/site.hcl", Site: "web", Revert: "R2",
				Sites: []Site{{Site: "web", Run: "R2", Result: "failed", Revert: "R2"}, {Site: "/tmp/try", Run: "R1", Result: "failed", Gone: true, Revert: "R1"}},
			})
		}, "Run R2 failed: 1 failed\n  manifest /etc/site.hcl\n  site     web\nSite /tmp/try: run R1 failed; its manifest is not there any more\n" +
			"To end this: apply /etc/site.hcl again, once its cause is fixed, or take the run back: converge rollback R2\n" +
			"To end this: site /tmp/try, whose manifest is gone: converge rollback R1 takes its run back\n"},
		{"a failed rollback, and other sites' failed runs that changed nothing", func(w io.Writer) error {
			return ShowStatus(w, false, 0, Status{
				Run: "R3", Result: "failed", Failed: 1, Manifest: "/etc/site.hcl", Site: "web", Undoes: "R2",
				Sites: []Site{{Site: "web", Run: "R3", Result: "failed"}, {Site: "db", Run: "R0", Result: "failed"}, {Site: "/tmp/try", Run: "R1", Result: "failed", Gone: true}},
			})
		}, "Run R3 failed: 1 failed\n  manifest /etc/site.hcl\n  site     web\n  takes back R2\nSite db: run R0 failed\nSite /tmp/try: run R1 failed; its manifest is not there any more\n" +
			"To end this: apply /etc/site.hcl again, once its cause is fixed\nTo end this: site db: apply it again\n"},
		{"a failed run whose manifest is gone", func(w io.Writer) error {
			return ShowStatus(w, false, 0, Status{
				Run: "R2", Result: "failed", Failed: 1, Manifest: "/tmp/try", Site: "/tmp/try", Revert: "R2",
				Sites: []Site{{Site: "/tmp/try", Run: "R2", Result: "failed", Gone: true}},
			})
		}, "Run R2 failed: 1 failed\n  manifest /tmp/try\nTo end this: its manifest is gone: converge rollback R2 takes the run back\n"},
		{"no debts", func(w io.Writer) error { return Debts(w, false, nil) }, "Nothing is owed.\n"},
		{"debts", func(w io.Writer) error {
			return Debts(w, false, []Debt{{Resource: "service.a", Verb: "restart", Run: "R1", Causes: []string{"file.a", "file.b"}, Thing: "unit:a.service", Sites: []string{"web", "-"}}, {Resource: "service.b", Verb: "reload", Run: "R1", Dropped: true}})
		}, "service.a restart, owed since run R1\n  for file.a\n  for file.b\n  it stands for unit:a.service\n  site web\n  a manifest from standard input\nDropped: service.b reload, owed since run R1\n"},
		{"forgotten", func(w io.Writer) error { return Forgotten(w, []string{"R1", "R2"}) }, "Forgotten: run R1.\nForgotten: run R2.\n"},
		{"none forgotten", func(w io.Writer) error { return Forgotten(w, nil) }, "Nothing to forget.\n"},
		{"an error", func(w io.Writer) error {
			Error(w, false, errors.New("cannot read\n\tthe file\x1b[2J"), "run it as root")
			return nil
		}, "Error: cannot read\n\tthe file\\x1b[2J\nHint: run it as root\n"},
		{"a warning", func(w io.Writer) error { Warn(w, false, "the disk is full"); return nil }, "Warning: the disk is full\n"},
		{"valid", func(w io.Writer) error { Valid(w, true, 2); return nil }, "\x1b[32mValid\x1b[0m: 2 resources.\n"},
		{"a line", func(w io.Writer) error { Line(w, "a\x07b"); return nil }, "a\\ab\n"},
		{"declined", func(w io.Writer) error { Declined(w, false); return nil }, "Nothing was changed.\n"},
		{"declined later", func(w io.Writer) error { Declined(w, true); return nil }, "Nothing else was changed.\n"},
		{"runs as JSON", func(w io.Writer) error { return WriteJSON(w, back) }, "{\"run\":\"R2\",\"started\":\"2026-11-20T23:15:00Z\",\"result\":\"converged\",\"changed\":0,\"failed\":0,\"owed\":0,\"notified\":0,\"user\":\"root\",\"command\":[\"rollback\"],\"undoes\":\"R1\"}\n"},
		{"status as JSON", func(w io.Writer) error { return WriteJSON(w, Status{Result: "none"}) }, "{\"recorded\":false,\"result\":\"none\",\"changed\":0,\"failed\":0,\"skipped\":0,\"notified\":0,\"owed\":null}\n"},
		{"debts as JSON", func(w io.Writer) error {
			return WriteJSON(w, Debt{Resource: "service.a", Verb: "restart", Run: "R1"})
		}, "{\"resource\":\"service.a\",\"verb\":\"restart\",\"run\":\"R1\",\"causes\":null}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := tt.list(&out); err != nil {
				t.Fatal(err)
			}
			if out.String() != tt.want {
				t.Errorf("got %q,\nwant %q", out.String(), tt.want)
			}
		})
	}
}

// TestAnswers shows which answers count as yes.
func TestAnswers(t *testing.T) {
	for in, want := range map[string]bool{"y\n": true, "Yes\n": true, " YES \n": true, "n\n": false, "\n": false, "yess\n": false, "y": true, "": false} {
		var out bytes.Buffer
		got, err := Confirm(strings.NewReader(in), &out)
		if err != nil || got != want || !strings.HasPrefix(out.String(), "\nApply this? [y/N] ") {
			t.Errorf("%q: %v, %v, %q", in, got, err, out.String())
		}
	}
}
