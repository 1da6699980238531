package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// Each case is a site, the machine it meets, what goes wrong, and everything
// that happens: the effects on the machine in order, and the end of the run.
func TestApply(t *testing.T) {
	no := errors.New("no")
	for _, c := range []struct {
		summary string
		site    string
		have    map[string]string
		broken  map[string]error
		drops   map[string]map[string]string // what applying a thing puts into the world besides
		owed    string                       // "unit.restart" left by an earlier run
		log     []string
		end     string
		events  []string // failed, skipped, notified, held
	}{{
		summary: "nothing to do touches nothing",
		site:    "thing a=1", have: map[string]string{"a": "1"},
		end: "finished exit=0 proved=true",
	}, {
		summary: "dependencies first, ties in manifest order",
		site:    "thing c=1 after:a\nthing b=1\nthing a=1",
		log:     []string{"apply b", "apply a", "apply c"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "all that is ready goes down in one batch, wherever it stands",
		site:    "many a=1\nthing x=1\nmany b=1\nthing y=1\nmany c=1",
		log:     []string{"batch a+b+c", "apply x", "apply y"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "what is right already lets more join the batch",
		site:    "many a=1\nthing x=1\nmany b=1 after:x",
		have:    map[string]string{"x": "1"},
		log:     []string{"batch a+b"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "a failure skips what stands on it and nothing else",
		site:    "thing a=1\nthing b=1 after:a\nthing c=1 after:b\nthing d=1",
		broken:  map[string]error{"apply a": no},
		log:     []string{"apply a", "apply d"},
		end:     "finished exit=3 proved=false",
		events:  []string{"failed a: no", "skipped b: thing.a", "skipped c: thing.a"},
	}, {
		summary: "on_failure continue goes on behind it",
		site:    "thing a=1 fails:continue\nthing b=1 after:a",
		broken:  map[string]error{"apply a": no},
		log:     []string{"apply a", "apply b"},
		end:     "finished exit=0 proved=false",
		events:  []string{"failed a: no"},
	}, {
		summary: "on_failure stop starts nothing more",
		site:    "thing a=1 fails:stop\nthing b=1",
		broken:  map[string]error{"apply a": no},
		log:     []string{"apply a"},
		end:     "finished exit=3 proved=false",
		events:  []string{"failed a: no"},
	}, {
		summary: "one delayed action per target, the strongest verb, at the end",
		site:    "thing a=1 notifies:s.reload\nthing b=1 notifies:s.restart\nthing s=up\nthing z=1",
		have:    map[string]string{"s": "up"},
		log:     []string{"apply a", "apply b", "apply z", "act s restart"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart"},
	}, {
		summary: "no change, no action",
		site:    "thing a=1 notifies:s.restart\nthing s=up",
		have:    map[string]string{"a": "1", "s": "up"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "a target that is started after the change owes nothing",
		site:    "thing a=1 notifies:s.restart\nthing s=up",
		log:     []string{"apply a", "apply s"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart void"},
	}, {
		summary: "a target that is merely altered after the change still owes",
		site:    "thing a=1 notifies:s.restart\nthing s=up",
		have:    map[string]string{"s": "down"},
		log:     []string{"apply a", "apply s", "act s restart"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart"},
	}, {
		summary: "an action is held while its target stands on a failure",
		site:    "thing a=1 notifies:s.restart\nthing b=1 notifies:s.restart\nthing s=up",
		have:    map[string]string{"s": "up"},
		broken:  map[string]error{"apply b": no},
		log:     []string{"apply a", "apply b"},
		end:     "finished exit=3 proved=false",
		events:  []string{"failed b: no", "skipped s: thing.b", "held s restart: it depends on thing.b, which failed"},
	}, {
		summary: "a debt of an earlier run is paid though nothing changes",
		site:    "thing a=1 notifies:s.restart\nthing s=up",
		have:    map[string]string{"a": "1", "s": "up"}, owed: "s.restart",
		log:    []string{"act s restart"},
		end:    "finished exit=0 proved=true",
		events: []string{"notified s restart"},
	}, {
		summary: "a failing action is held, the others go out",
		site:    "thing a=1 notifies:s.restart notifies:t.restart\nthing s=up\nthing t=up",
		have:    map[string]string{"s": "up", "t": "up"},
		broken:  map[string]error{"act s restart": no},
		log:     []string{"apply a", "act s restart", "act t restart"},
		end:     "finished exit=3 proved=false",
		events:  []string{"held s restart: no", "notified t restart"},
	}, {
		summary: "immediately goes out right after the cause",
		site:    "thing a=1 immediately:s.restart\nthing s=up\nthing z=1",
		have:    map[string]string{"s": "up"},
		log:     []string{"apply a", "act s restart", "apply z"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart"},
	}, {
		summary: "immediately waits for the target's own step",
		site:    "thing a=1 immediately:s.restart\nthing b=1\nthing s=up after:b\nthing z=1",
		have:    map[string]string{"s": "down"},
		log:     []string{"apply a", "apply b", "apply s", "act s restart", "apply z"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart"},
	}, {
		summary: "raised again after it was delivered means delivered again",
		site:    "thing a=1 immediately:s.restart\nthing s=up\nthing b=1 notifies:s.restart after:a",
		have:    map[string]string{"s": "up"},
		log:     []string{"apply a", "act s restart", "apply b", "act s restart"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart", "notified s restart"},
	}, {
		summary: "before runs ahead of the change, once for a batch",
		site:    "many a=1 before:s.restart\nmany b=1 before:s.restart\nthing s=up",
		have:    map[string]string{"s": "up"},
		log:     []string{"act s restart", "batch a+b"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart"},
	}, {
		summary: "before does not run when the cause will not change",
		site:    "thing a=1 before:s.restart\nthing s=up",
		have:    map[string]string{"a": "1", "s": "up"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "a failing before leaves the cause alone",
		site:    "thing a=1 before:s.restart\nthing s=up",
		have:    map[string]string{"s": "up"},
		broken:  map[string]error{"act s restart": no},
		log:     []string{"act s restart"},
		end:     "finished exit=3 proved=false",
		events:  []string{"failed a: cannot restart thing.s before the change: no", "skipped s: thing.a"},
	}, {
		summary: "an action owes to whom its target notifies",
		site:    "thing a=1 notifies:s.restart\nthing s=up notifies:t.reload\nthing t=up",
		have:    map[string]string{"s": "up", "t": "up"},
		log:     []string{"apply a", "act s restart", "act t reload"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart", "notified t reload"},
	}, {
		summary: "what a package did already is not done again",
		site:    "pack p=1\nthing conf=1 after:p",
		drops:   map[string]map[string]string{"p": {"conf": "1"}},
		log:     []string{"batch p"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "what a package altered after its turn is made right again",
		site:    "thing conf=1\npack p=1",
		have:    map[string]string{"conf": "1"},
		drops:   map[string]map[string]string{"p": {"conf": "shipped"}},
		log:     []string{"batch p", "apply conf"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "what a package altered and the plan had right is only restored",
		site:    "pack p=1\nthing conf=1 after:p notifies:s.restart\nthing s=up",
		have:    map[string]string{"conf": "1", "s": "up"},
		drops:   map[string]map[string]string{"p": {"conf": "shipped"}},
		log:     []string{"batch p", "apply conf", "act s restart"},
		end:     "finished exit=0 proved=true",
		events:  []string{"notified s restart"},
	}, {
		summary: "off does nothing and keeps its place in the order",
		site:    "thing c=1 after:b\nthing b=1 off: after:a\nthing a=1",
		log:     []string{"apply a", "apply c"},
		end:     "finished exit=0 proved=true",
	}} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			w := newWorld(c.have)
			w.broken, w.drops = c.broken, c.drops
			s := newFakeSite(t, w)
			out := s.run(c.site, func(o *Options) {
				if c.owed != "" {
					target, verb, _ := strings.Cut(c.owed, ".")
					o.Owed = []notify.Debt{{Target: resource.Addr{Kind: "thing", Name: target}, Verb: verb, Run: "earlier", Since: w.now()}}
				}
			})
			if d := cmp.Diff(c.log, w.log); d != "" {
				t.Errorf("effects (-want +got):\n%s", d)
			}
			if got := out.apply.of(event.RunFinished, "finished"); len(got) != 1 || got[0] != c.end {
				t.Errorf("end: got %q, want %q", got, c.end)
			}
			if d := cmp.Diff(c.events, out.apply.of(event.Failed, event.Skipped, event.Notified, event.Held)); d != "" {
				t.Errorf("events (-want +got):\n%s", d)
			}
			if out.result.Exit == 0 && out.result.Proved {
				log := slices.Clone(w.log)
				if again := s.run(c.site, nil); len(w.log) != len(log) || again.result.Counts.Changed()+again.result.Counts.Notified != 0 {
					t.Errorf("a second run did %q", w.log[len(log):])
				}
			}
		})
	}
}

// The forecast of a plan and the report of its apply are the same.
func TestPlanIsWhatApplyDoes(t *testing.T) {
	for _, text := range []string{
		"thing a=1 notifies:s.restart\nthing s=up\nmany m=1 after:a",
		"pack init=1\nunit u=up after:init notifies:s.reload\nthing s=up",
		"pack p=1\nthing conf=1 after:p notifies:s.restart\nthing s=up",
	} {
		w := newWorld(nil)
		w.drops = map[string]map[string]string{"p": {"conf": "1"}}
		out := newFakeSite(t, w).run(text, nil)
		strip := func(lines []string) []string {
			var s []string
			for _, l := range lines {
				l = strings.NewReplacer("planned ", "", "applied ", "", "owes ", "", "notified ", "", " tentative", "", " void", "").Replace(l)
				s = append(s, l)
			}
			slices.Sort(s)
			return s
		}
		if d := cmp.Diff(strip(out.plan.of(event.Planned, event.Owes)), strip(out.apply.of(event.Applied, event.Notified))); d != "" {
			t.Errorf("%s\nplan and apply differ (-plan +apply):\n%s", text, d)
		}
	}
}

func TestWhatCannotBeSeenYetIsTentative(t *testing.T) {
	s := newFakeSite(t, newWorld(nil))
	out := s.run("pack init=1\nunit u=up after:init", nil)
	want := []string{"planned init create", "planned u create tentative"}
	if d := cmp.Diff(want, out.plan.of(event.Planned)); d != "" {
		t.Error(d)
	}
	s = newFakeSite(t, newWorld(nil))
	out = s.run("unit u=up", nil)
	if got := out.plan.of(event.Failed); len(got) != 1 || out.result.Exit != 3 {
		t.Errorf("a unit that nothing will provide: plan says %q, exit %d", got, out.result.Exit)
	}
}

// Debts are on disk before the effect, and gone only when paid or when the
// change left no trace.
func TestJournalOrder(t *testing.T) {
	w := newWorld(map[string]string{"s": "up", "t": "up"})
	w.broken = map[string]error{"apply b": errors.New("no")}
	out := newFakeSite(t, w).run("thing a=1 notifies:s.restart\nthing b=1 notifies:t.restart\nthing s=up\nthing t=up", nil)
	want := []string{"begin a", "done a", "begin b", "untouched b", "paid s restart void=false"}
	if d := cmp.Diff(want, out.journal.lines); d != "" {
		t.Error(d)
	}
	if n := out.journal.owed.Len(); n != 0 {
		t.Errorf("%d debts are left", n)
	}
}

func TestWithoutJournalNothingIsTouched(t *testing.T) {
	w := newWorld(nil)
	out := newFakeSite(t, w).run("thing a=1", func(o *Options) {
		o.Journal.(*memory).fail = errors.New("disk full")
	})
	if len(w.log) != 0 || out.result.Exit != 1 {
		t.Errorf("effects %q, exit %d", w.log, out.result.Exit)
	}
}

// An interrupt stops between steps; what was changed stays owed.
func TestInterrupt(t *testing.T) {
	w := newWorld(map[string]string{"s": "up"})
	s := newFakeSite(t, w)
	rec, j := &recorder{}, &memory{}
	o := s.options(s.parse("thing a=1 notifies:s.restart\nthing b=1\nthing s=up"), rec, j)
	p, err := Plan(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	o.Events = sinkFunc(func(e event.Event) {
		rec.Emit(e)
		if e.Type == event.Applied {
			cancel()
		}
	})
	res, err := Apply(ctx, o, p)
	if err != nil || res.Exit != 130 {
		t.Errorf("exit %d, %v", res.Exit, err)
	}
	if d := cmp.Diff([]string{"apply a"}, w.log); d != "" {
		t.Error(d)
	}
	if _, owed := j.owed.Get(notify.Owner{Target: resource.Addr{Kind: "thing", Name: "s"}}); !owed {
		t.Error("the restart is not owed any more")
	}
}

type sinkFunc func(event.Event)

func (f sinkFunc) Emit(e event.Event) { f(e) }

func TestSecretsAreStruckOut(t *testing.T) {
	w := newWorld(nil)
	w.broken = map[string]error{"apply a": errors.New("bad password hunter2")}
	out := newFakeSite(t, w).run("thing a=1", func(o *Options) { o.Scrub = strings.NewReplacer("hunter2", "(sensitive)").Replace })
	want := []string{"failed a: bad password (sensitive)"}
	if d := cmp.Diff(want, out.apply.of(event.Failed)); d != "" {
		t.Error(d)
	}
}

func TestSavedPlanRefusesWhatChangedSince(t *testing.T) {
	w := newWorld(map[string]string{"a": "0", "b": "0"})
	s := newFakeSite(t, w)
	rec := &recorder{}
	o := s.options(s.parse("thing a=1\nthing b=1"), rec, &memory{})
	p, err := Plan(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if o.Expect, err = p.Fingerprints(); err != nil {
		t.Fatal(err)
	}
	w.vals["a"] = "somebody's"
	res, err := Apply(context.Background(), o, p)
	if err != nil || res.Exit != 3 {
		t.Errorf("exit %d, %v", res.Exit, err)
	}
	if d := cmp.Diff([]string{"apply b"}, w.log); d != "" {
		t.Error(d)
	}
}

func TestStaleNamesWhatChanged(t *testing.T) {
	w := newWorld(map[string]string{"a": "0", "b": "0", "c": "0", "d": "1"})
	s := newFakeSite(t, w)
	planOf := func(text string) *Planned {
		p, err := Plan(context.Background(), s.options(s.parse(text), &recorder{}, nil))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	saved, err := planOf("thing a=1\nthing b=1\nthing c=1\nthing d=1").Save(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.vals["a"], w.vals["b"] = "somebody's", "1"
	stale, err := Stale(t.Context(), saved, planOf("thing a=1\nthing b=1\nthing c=2\nthing e=1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range stale {
		got = append(got, s.Addr.Name+": "+s.Why)
	}
	want := []string{
		"a: it has changed on this machine",
		"b: it is as declared already; was this plan applied before?",
		"c: its declaration has changed",
		"d: it is not in the plan any more",
		"e: it was not in the plan",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
