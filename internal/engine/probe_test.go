package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// TestProbes shows when a check is asked, what comes before and after it, and what
// follows from its answer.
func TestProbes(t *testing.T) {
	no := errors.New("no")
	for _, c := range []struct {
		summary string
		site    string
		have    map[string]string
		broken  map[string]error
		drops   map[string]map[string]string
		owed    bool     // an earlier run owes check.q
		plan    []string // checks
		log     []string
		end     string
		events  []string // checked, failed, skipped, held
		stays   bool     // what is owed to check.q stays owed
		back    string   // what has the run taken back
	}{{
		summary: "nothing was changed: nothing is asked",
		site:    "thing a=1\ncheck q after:a", have: map[string]string{"a": "1"},
		end: "finished exit=0 proved=true",
	}, {
		summary: "what it depends on was changed, and what depends on it waits",
		site:    "thing c=1 after:q\ncheck q after:a\nthing a=1",
		plan:    []string{"checks q by thing.a"},
		log:     []string{"apply a", "act q run", "apply c"},
		end:     "finished exit=0 proved=true",
		events:  []string{"checked q by thing.a"},
	}, {
		summary: "it depends on that through others",
		site:    "thing a=1\nthing b=1 after:a\ncheck q after:b", have: map[string]string{"b": "1"},
		plan:   []string{"checks q by thing.a"},
		log:    []string{"apply a", "act q run"},
		end:    "finished exit=0 proved=true",
		events: []string{"checked q by thing.a"},
	}, {
		summary: "what is owed to that is delivered first, and the rest at the end",
		site:    "thing a=1 notifies:s.restart notifies:z.restart\nthing s=1\ncheck q after:s\nthing b=1 after:q\nthing z=1", have: map[string]string{"s": "1", "z": "1"},
		plan:   []string{"checks q by thing.a thing.s"},
		log:    []string{"apply a", "act s restart", "act q run", "apply b", "act z restart"},
		end:    "finished exit=0 proved=true",
		events: []string{"checked q by thing.a thing.s"},
	}, {
		summary: "a cause that notifies it is as good as a dependency",
		site:    "thing a=1 notifies:q.run\ncheck q",
		plan:    []string{"checks q by thing.a"},
		log:     []string{"apply a", "act q run"},
		end:     "finished exit=0 proved=true",
		events:  []string{"checked q by thing.a"},
	}, {
		summary: "it may be asked in every run",
		site:    "thing a=1\ncheck q=always after:a", have: map[string]string{"a": "1"},
		plan:   []string{"checks q by "},
		log:    []string{"act q run"},
		end:    "finished exit=0 proved=true",
		events: []string{"checked q by "},
	}, {
		summary: "an earlier run owes it",
		site:    "thing a=1\ncheck q after:a", have: map[string]string{"a": "1"}, owed: true,
		plan:   []string{"checks q by thing.a"},
		log:    []string{"act q run"},
		end:    "finished exit=0 proved=true",
		events: []string{"checked q by thing.a"},
	}, {
		summary: "a bad answer skips what depends on it, and stays owed",
		site:    "thing a=1\ncheck q after:a\nthing b=1 after:q\nthing c=1", broken: map[string]error{"act q run": no},
		plan:   []string{"checks q by thing.a"},
		log:    []string{"apply a", "act q run", "apply c"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed q: no", "skipped b: check.q"},
		stays:  true,
	}, {
		summary: "a tolerated one does not, and is not owed",
		site:    "thing a=1\ncheck q after:a fails:continue\nthing b=1 after:q", broken: map[string]error{"act q run": no},
		plan:   []string{"checks q by thing.a"},
		log:    []string{"apply a", "act q run", "apply b"},
		end:    "finished exit=0 proved=false",
		events: []string{"failed q: no"},
	}, {
		summary: "a dependency that failed",
		site:    "thing x=1\nthing a=1\ncheck q after:x after:a", broken: map[string]error{"apply a": no},
		plan:   []string{"checks q by thing.x thing.a"},
		log:    []string{"apply x", "apply a"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed a: no", "skipped q: thing.a"},
		stays:  true,
	}, {
		summary: "an action before it that failed",
		site:    "thing a=1 notifies:s.restart\nthing s=1\ncheck q after:s", have: map[string]string{"s": "1"}, broken: map[string]error{"act s restart": no},
		plan:   []string{"checks q by thing.a thing.s"},
		log:    []string{"apply a", "act s restart"},
		end:    "finished exit=3 proved=false",
		events: []string{"held s restart: no", "failed q: it was not asked, because the restart of thing.s failed and is still owed"},
		stays:  true,
	}, {
		summary: "a bad answer takes the run back, and nothing more is begun",
		site:    "thing a=1\ncheck q after:a fails:rollback\nthing c=1", broken: map[string]error{"act q run": no},
		plan:   []string{"checks q by thing.a, else roll back, or nothing if a part cannot be"},
		log:    []string{"apply a", "act q run"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed q: no"},
		stays:  true, back: "check.q",
	}, {
		summary: "the plan names what stays then",
		site:    "pack p=1\nthing a=1\ncheck q after:a after:p fails:rollback",
		plan:    []string{"checks q by pack.p thing.a, else roll back (pack.p stays)"},
		log:     []string{"batch p", "apply a", "act q run"},
		end:     "finished exit=0 proved=true",
		events:  []string{"checked q by pack.p thing.a"},
	}, {
		summary: "so does a dependency that failed after something was changed",
		site:    "thing x=1\nthing a=1\ncheck q after:x after:a fails:rollback", broken: map[string]error{"apply a": no},
		plan:   []string{"checks q by thing.x thing.a, else roll back, or nothing if a part cannot be"},
		log:    []string{"apply x", "apply a"},
		end:    "finished exit=3 proved=false",
		events: []string{"failed a: no", "failed q: it was not asked, because it depends on thing.a, which failed"},
		stays:  true, back: "check.q",
	}, {
		summary: "what was altered after it was asked is restored, and it is asked again",
		site:    "thing a=1\ncheck q after:a\npack p=1 after:q", drops: map[string]map[string]string{"p": {"a": "2"}},
		plan:   []string{"checks q by thing.a"},
		log:    []string{"apply a", "act q run", "batch p", "apply a", "act q run"},
		end:    "finished exit=0 proved=true",
		events: []string{"checked q by thing.a", "checked q by thing.a"},
	}} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(c.have)
			w.broken, w.drops = c.broken, c.drops
			s := newFakeSite(t, w)
			var owed []notify.Debt
			if c.owed {
				owed = []notify.Debt{{
					Target: resource.Addr{Kind: "check", Name: "q"}, Verb: "run", Cause: resource.Addr{Kind: "thing", Name: "a"}, Run: "old",
					Since: resource.Instant{Boot: "b"},
				}}
			}
			out := s.run(strings.ReplaceAll(c.site, "check q ", "check q= "), func(o *Options) { o.Owed = owed })
			got := map[string]any{
				"plan": out.plan.of(event.Checks), "log": w.log, "end": out.apply.lines[len(out.apply.lines)-1],
				"events": out.apply.of(event.Checked, event.Failed, event.Skipped, event.Held),
				"stays":  out.journal.owed.Len() > 0 && hasDebt(&out.journal.owed, "q"), "back": "",
			}
			if !out.result.TakeBack.IsZero() {
				got["back"] = out.result.TakeBack.String()
			}
			want := map[string]any{"plan": c.plan, "log": c.log, "end": c.end, "events": c.events, "stays": c.stays, "back": c.back}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func hasDebt(q *notify.Queue, target string) bool {
	for _, e := range q.Entries() {
		if e.Target.Name == target {
			return true
		}
	}
	return false
}

// What a run owes its probes is linear in the changes and the probes, and not their product.
func TestDebtsOfProbesAreFew(t *testing.T) {
	const changes, probes = 300, 40
	var site strings.Builder
	for i := range changes {
		fmt.Fprintf(&site, "pack p%d=1\n", i)
	}
	site.WriteString("thing last=1")
	for i := range changes {
		fmt.Fprintf(&site, " after:p%d", i)
	}
	for i := range probes {
		fmt.Fprintf(&site, "\ncheck q%d= after:last", i)
	}
	out := newFakeSite(t, newWorld(nil)).run(site.String(), nil)
	if n := out.journal.debts; n > maxCarriers*probes || n < probes {
		t.Errorf("%d debts of %d probes for %d changes", n, probes, changes)
	}
	if n := len(out.apply.of(event.Checked)); n != probes || out.journal.owed.Len() > 0 {
		t.Errorf("%d probes were asked, %d are owed", n, out.journal.owed.Len())
	}
	for _, line := range append(out.plan.of(event.Checks), out.apply.of(event.Checked)...) {
		if n := strings.Count(line, "pack."); n != maxCarriers {
			t.Errorf("%d causes are named: %s", n, line)
		}
	}
}

// Where the changes that carry the debt of a probe come to nothing, the others do owe it.
func TestDebtOfProbePassesOn(t *testing.T) {
	no := errors.New("no")
	for _, c := range []struct {
		summary       string
		broken        []int // of 30 changes that go down together
		owed          bool
		debts, tested int
	}{
		{"none", nil, false, 20, 1},
		{"all that carry it", numbers(0, 20), true, 21, 0},
		{"all but the last", numbers(0, 29), true, 21, 0},
		{"all but one of the middle", append(numbers(0, 25), numbers(26, 30)...), true, 22, 0},
		{"all", numbers(0, 30), false, 21, 0},
	} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(nil)
			for _, i := range c.broken {
				w.broken[fmt.Sprintf("apply p%d", i)] = no
			}
			site, check := "", "check q="
			for i := range 30 {
				site, check = fmt.Sprintf("%spack p%d=1\n", site, i), fmt.Sprintf("%s after:p%d", check, i)
			}
			out := newFakeSite(t, w).run(site+check, nil)
			got := []any{hasDebt(&out.journal.owed, "q"), out.journal.debts, len(out.apply.of(event.Checked))}
			if d := cmp.Diff([]any{c.owed, c.debts, c.tested}, got); d != "" {
				t.Errorf("owed, debts, asked (-want +got)\n%s", d)
			}
		})
	}
}

func numbers(from, to int) (out []int) {
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}
