package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// ender is the provider of actions that end everything that runs. What the machine
// requires is a value "require NAME" of the world.
type ender struct{ asker }

func (p *ender) Satisfied(_ context.Context, _ cty.Value, _ string, since resource.Instant) (bool, error) {
	return since.Boot != "b", nil
}

func (p *ender) Require(_ context.Context, want cty.Value) (string, error) {
	name := resource.StringAttr(want, "name")
	return p.w.vals["require "+name], p.w.broken["require "+name]
}

func (p *ender) Request(_ context.Context, want cty.Value, causes []string) error {
	return p.w.effect(strings.TrimSpace("request " + resource.StringAttr(want, "name") + " " + strings.Join(causes, " ")))
}

func withEnder(s *fakeSite) *fakeSite {
	s.kinds["boot"] = &resource.Kind{
		Name: "boot", Label: "name", Attrs: s.kinds["thing"].Attrs, Verbs: []string{"request"}, Provider: &ender{asker{provider{w: s.w}}},
		InPlace: func(want cty.Value) bool { return resource.StringAttr(want, "value") == "inplace" },
	}
	return s
}

// TestEndings shows when an action that ends everything that runs is requested, and
// whether it follows the run.
func TestEndings(t *testing.T) {
	no, later := errors.New("no"), resource.NotYet(errors.New("later"))
	for _, c := range []struct {
		summary string
		site    string
		have    map[string]string
		broken  map[string]error
		drops   map[string]map[string]string
		owed    string   // boot in which an earlier run came to owe it; "": it does not
		plan    []string // owes
		log     []string
		end     string
		events  []string // ending, notified, failed, skipped, held
		ends    bool     // it follows the run
		stays   bool     // it stays owed
	}{{
		summary: "a change requests it, it comes after all other actions, and stays owed",
		site:    "boot r=x\nthing a=1 notifies:r.request notifies:s.restart\nthing s=1", have: map[string]string{"s": "1"},
		plan:   []string{"owes r request", "owes s restart"},
		log:    []string{"apply a", "request r thing.a", "act s restart"},
		end:    "finished exit=0 proved=false ends",
		events: []string{"notified s restart", "ending r request by thing.a"}, ends: true, stays: true,
	}, {
		summary: "nothing requests it",
		site:    "thing a=1 notifies:r.request\nboot r=x", have: map[string]string{"a": "1"},
		end: "finished exit=0 proved=true",
	}, {
		summary: "the machine requires it",
		site:    "boot r=x\nthing a=1", have: map[string]string{"require r": "it is old"},
		plan:   []string{"owes r request"},
		log:    []string{"apply a", "request r"},
		end:    "finished exit=0 proved=false ends",
		events: []string{"ending r request by "}, ends: true, stays: true,
	}, {
		summary: "the machine requires it after a change of the run",
		site:    "boot r=x\npack a=1", drops: map[string]map[string]string{"a": {"require r": "it is old"}},
		log:    []string{"batch a", "request r"},
		end:    "finished exit=0 proved=false ends",
		events: []string{"ending r request by "}, ends: true, stays: true,
	}, {
		summary: "it does not follow a run in which something has failed",
		site:    "thing a=1 notifies:r.request\nboot r=x\nthing b=1", broken: map[string]error{"apply b": no},
		plan:   []string{"owes r request"},
		log:    []string{"apply a", "apply b", "request r thing.a"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed b: no", "held r request: a run in which something has failed, or is held, does not end in a reboot"}, stays: true,
	}, {
		summary: "nor one in which another action is held",
		site:    "thing a=1 notifies:r.request notifies:s.restart\nboot r=x\nthing s=1", have: map[string]string{"s": "1"}, broken: map[string]error{"act s restart": no},
		plan:   []string{"owes r request", "owes s restart"},
		log:    []string{"apply a", "request r thing.a", "act s restart"},
		end:    "finished exit=3 proved=false",
		events: []string{"held s restart: no", "held r request: a run in which something has failed, or is held, does not end in a reboot"}, stays: true,
	}, {
		summary: "it is put off",
		site:    "thing a=1 notifies:r.request\nboot r=x", broken: map[string]error{"request r thing.a": later},
		plan:   []string{"owes r request"},
		log:    []string{"apply a", "request r thing.a"},
		end:    "finished exit=3 proved=false",
		events: []string{"held r request: later"}, stays: true,
	}, {
		summary: "it is refused",
		site:    "thing a=1 notifies:r.request\nboot r=x", broken: map[string]error{"request r thing.a": no},
		plan:   []string{"owes r request"},
		log:    []string{"apply a", "request r thing.a"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed r: no"}, stays: true,
	}, {
		summary: "what has required it before requires it again",
		site:    "thing a=1\nboot r=x", have: map[string]string{"a": "1"}, broken: map[string]error{"require r": no},
		end:    "finished exit=3 proved=false",
		events: []string{"failed r: no"},
	}, {
		summary: "an earlier run owes it, in this boot",
		site:    "thing a=1 notifies:r.request\nboot r=x", have: map[string]string{"a": "1"}, owed: "b",
		plan:   []string{"owes r request"},
		log:    []string{"request r thing.a"},
		end:    "finished exit=0 proved=false ends",
		events: []string{"ending r request by thing.a"}, ends: true, stays: true,
	}, {
		summary: "an earlier run owes it, and a boot has come since",
		site:    "thing a=1 notifies:r.request\nboot r=x", have: map[string]string{"a": "1"}, owed: "before",
		plan:   []string{"owes r request"}, // the fake's review does not know
		end:    "finished exit=0 proved=true",
		events: []string{"notified r request void"},
	}, {
		summary: "what a boot has settled is no cause of the next",
		site:    "thing a=1 notifies:r.request\nthing c=1 notifies:r.request\nboot r=x", have: map[string]string{"a": "1"}, owed: "before",
		plan:   []string{"owes r request"},
		log:    []string{"apply c", "request r thing.c"},
		end:    "finished exit=0 proved=false ends",
		events: []string{"ending r request by thing.c"}, ends: true, stays: true,
	}, {
		summary: "in place, the rest waits",
		site:    "thing a=1 notifies:r.request\nboot r=inplace\nthing b=1 after:r",
		plan:    []string{"owes r request"},
		log:     []string{"apply a", "request r thing.a"},
		end:     "finished exit=130 proved=false ends",
		events:  []string{"ending r request by thing.a"}, ends: true, stays: true,
	}, {
		summary: "in place, because the machine requires it, after what comes before it",
		site:    "boot r=inplace after:a\nthing b=1 after:r\npack a=1", drops: map[string]map[string]string{"a": {"require r": "it is old"}},
		log:    []string{"batch a", "request r"},
		end:    "finished exit=130 proved=false ends",
		events: []string{"ending r request by "}, ends: true, stays: true,
	}, {
		summary: "right after its cause, by the notification",
		site:    "thing a=1 immediately:r.request\nboot r=x\nthing b=1",
		plan:    []string{"owes r request"},
		log:     []string{"apply a", "request r thing.a"},
		end:     "finished exit=130 proved=false ends",
		events:  []string{"ending r request by thing.a"}, ends: true, stays: true,
	}, {
		summary: "in place, what is owed otherwise stays owed",
		site:    "thing a=1 notifies:s.restart notifies:r.request\nboot r=inplace\nthing s=1", have: map[string]string{"s": "1"},
		plan:   []string{"owes s restart", "owes r request"},
		log:    []string{"apply a", "request r thing.a"},
		end:    "finished exit=130 proved=false ends",
		events: []string{"held s restart: the run was stopped: a reboot comes before the rest", "ending r request by thing.a"}, ends: true, stays: true,
	}, {
		summary: "in place and put off, what comes after it is skipped",
		site:    "thing a=1 notifies:r.request\nboot r=inplace\nthing b=1 after:r\nthing c=1", broken: map[string]error{"request r thing.a": later},
		plan:   []string{"owes r request"},
		log:    []string{"apply a", "request r thing.a", "apply c"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed r: later", "skipped b: boot.r"}, stays: true,
	}, {
		summary: "in place, after a failure elsewhere",
		site:    "thing x=1\nthing a=1 notifies:r.request\nboot r=inplace\nthing b=1 after:r", broken: map[string]error{"apply x": no},
		plan:   []string{"owes r request"},
		log:    []string{"apply x", "apply a"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed x: no", "failed r: " + errEndsNothing.Error(), "skipped b: boot.r"}, stays: true,
	}, {
		summary: "a failed check that takes the run back comes before it",
		site:    "thing a=1 notifies:r.request\ncheck q= after:a fails:rollback\nboot r=x", broken: map[string]error{"act q run": no},
		plan:   []string{"owes r request"},
		log:    []string{"apply a", "act q run"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed q: no", "held r request: the run was stopped: a resource with on_failure = \"rollback\" has failed"}, stays: true,
	}, {
		summary: "one that is switched off",
		site:    "thing a=1 notifies:r.request\nboot r=x off:", have: map[string]string{"require r": "it is old"},
		log: []string{"apply a"},
		end: "finished exit=0 proved=true",
	}, {
		summary: "one that is only audited",
		site:    "thing a=1 notifies:r.request\nboot r=x audit:", have: map[string]string{"require r": "it is old"},
		log: []string{"apply a"},
		end: "finished exit=0 proved=true",
	}} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(c.have)
			w.broken, w.drops = c.broken, c.drops
			s := withEnder(newFakeSite(t, w))
			var owed []notify.Debt
			if c.owed != "" {
				owed = []notify.Debt{{
					Target: resource.Addr{Kind: "boot", Name: "r"}, Verb: "request", Cause: resource.Addr{Kind: "thing", Name: "a"}, Run: "old",
					Since: resource.Instant{Boot: c.owed},
				}}
			}
			out := s.run(c.site, func(o *Options) { o.Owed = owed })
			got := map[string]any{
				"plan": out.plan.of(event.Owes), "log": w.log, "end": out.apply.lines[len(out.apply.lines)-1],
				"events": out.apply.of(event.Ending, event.Notified, event.Failed, event.Skipped, event.Held),
				"ends":   out.result.Ends, "stays": hasDebt(&out.journal.owed, "r") || c.owed == "b",
			}
			want := map[string]any{"plan": c.plan, "log": c.log, "end": c.end, "events": c.events, "ends": c.ends, "stays": c.stays}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
