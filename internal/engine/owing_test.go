package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// keyed gives the kind unit what it stands for, and takes from the kind thing
// what it would stand for: such is known by its address alone.
func keyed(s *fakeSite) {
	s.kinds["unit"] = &resource.Kind{
		Name: "unit", Label: "name", Attrs: s.kinds["thing"].Attrs, Verbs: []string{"reload", "restart"}, Provider: &provider{w: s.w},
		Links: func(want cty.Value) resource.Links {
			return resource.Links{Provides: []string{"unit:" + resource.StringAttr(want, "name")}}
		},
	}
}

// What an earlier run left owed belongs to a thing. The plan says of it what the
// run then does.
func TestDebtsBelongToThings(t *testing.T) {
	const run0 = "r0"
	debt := func(target, thing, verb string) notify.Debt {
		kind, name, _ := strings.Cut(target, ".")
		return notify.Debt{
			Target: resource.Addr{Kind: kind, Name: name}, Thing: thing, Verb: verb,
			Cause: resource.Addr{Kind: "thing", Name: "cause"}, Run: run0,
		}
	}
	for _, c := range []struct {
		summary string
		site    string
		owed    []notify.Debt
		known   map[string]string // target → kind, name and value, as they were: "unit web=1"
		have    map[string]string
		broken  map[string]error
		names   map[string]string // further names of things
		target  bool              // the run is about the first resource only
		claim   Claim             // whose debts they are
		plan    []string
		apply   []string
		journal []string
		log     []string
		end     string
	}{{
		summary: "it has another address", site: "unit web=1", have: map[string]string{"web": "1"},
		owed: []notify.Debt{debt("unit.old", "unit:web", "restart")},
		plan: []string{"owes web restart"}, apply: []string{"notified web restart"},
		journal: []string{"paid web restart void=false"}, log: []string{"act web restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "its address is another thing's by now", site: "unit web=1", have: map[string]string{"web": "1"},
		owed: []notify.Debt{debt("unit.web", "unit:old", "restart")}, known: map[string]string{"unit.web": "unit old=1"},
		plan: []string{"dropped web restart"}, apply: []string{"dropped web restart"},
		journal: []string{"dropped web restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "it is not declared any more, and still there", site: "unit web=1", have: map[string]string{"web": "1", "old": "1"},
		owed: []notify.Debt{debt("unit.old", "unit:old", "restart")}, known: map[string]string{"unit.old": "unit old=1"},
		plan: []string{"owes old restart"}, apply: []string{"notified old restart"},
		journal: []string{"paid old restart void=false"}, log: []string{"act old restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "it is not declared any more, and fails", site: "unit web=1", have: map[string]string{"web": "1", "old": "1"},
		owed: []notify.Debt{debt("unit.old", "unit:old", "restart")}, known: map[string]string{"unit.old": "unit old=1"},
		broken: map[string]error{"act old restart": errNo},
		plan:   []string{"owes old restart"}, apply: []string{"held old restart: no"},
		log: []string{"act old restart"}, end: "finished exit=3 proved=false",
	}, {
		summary: "nobody knows what it was", site: "unit web=1", have: map[string]string{"web": "1"},
		owed: []notify.Debt{debt("unit.old", "unit:old", "restart")},
		plan: []string{"dropped old restart"}, apply: []string{"dropped old restart"},
		journal: []string{"dropped old restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "an alias owes what its unit does", site: "unit web=1", have: map[string]string{"web": "1"},
		owed:  []notify.Debt{debt("unit.alias", "unit:alias", "reload"), debt("unit.web", "unit:web", "restart")},
		names: map[string]string{"unit:alias": "unit:web"},
		plan:  []string{"owes web restart"}, apply: []string{"notified web restart"},
		journal: []string{"paid web restart void=false"}, log: []string{"act web restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "a debt of before things were known", site: "unit web=1", have: map[string]string{"web": "1"},
		owed: []notify.Debt{debt("unit.web", "", "restart")},
		plan: []string{"owes web restart"}, apply: []string{"notified web restart"},
		journal: []string{"paid web restart void=false"}, log: []string{"act web restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "such a debt, and it has another address", site: "unit web=1", have: map[string]string{"web": "1"},
		owed: []notify.Debt{debt("unit.old", "", "restart")}, known: map[string]string{"unit.old": "unit web=1"},
		plan: []string{"owes web restart"}, apply: []string{"notified web restart"},
		journal: []string{"paid web restart void=false"}, log: []string{"act web restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "a command by another name", site: "thing b=2\nthing c=1", have: map[string]string{"b": "2", "c": "1"},
		owed: []notify.Debt{debt("thing.a", "", "reload")}, known: map[string]string{"thing.a": "thing c=1"},
		plan: []string{"owes c reload"}, apply: []string{"notified c reload"},
		journal: []string{"paid c reload void=false"}, log: []string{"act c reload"}, end: "finished exit=0 proved=true",
	}, {
		summary: "a command that is gone", site: "thing b=2", have: map[string]string{"b": "2"},
		owed: []notify.Debt{debt("thing.a", "", "reload")}, known: map[string]string{"thing.a": "thing a=1"},
		plan: []string{"dropped a reload"}, apply: []string{"dropped a reload"},
		journal: []string{"dropped a reload"}, end: "finished exit=0 proved=true",
	}, {
		summary: "it is switched off", site: "unit web=1 off\nunit b=1", have: map[string]string{"b": "1"},
		owed: []notify.Debt{debt("unit.web", "unit:web", "restart")},
		plan: []string{"dropped web restart"}, apply: []string{"dropped web restart"},
		journal: []string{"dropped web restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "what is switched off owes nothing new", site: "unit a=1 notifies:web.restart immediately:web.reload before:web.reload\nunit web=1 off",
		plan: []string{"planned a create"}, apply: []string{"applied a create"},
		journal: []string{"begin a", "done a"}, log: []string{"apply a"}, end: "finished exit=0 proved=true",
	}, {
		summary: "a run about something else leaves it", site: "unit a=1\nunit web=1", have: map[string]string{"a": "1", "web": "1"},
		owed:   []notify.Debt{debt("unit.web", "unit:web", "restart"), debt("unit.old", "unit:old", "reload")},
		target: true,
		plan:   []string{"owes web restart", "owes old reload"}, apply: []string{"held web restart: it is not part of this run", "held old reload: it is not part of this run"},
		end: "finished exit=3 proved=false",
	}, {
		summary: "another site's, of a thing that is declared here too", site: "unit web=1", have: map[string]string{"web": "1"}, claim: Others,
		owed: []notify.Debt{debt("unit.old", "unit:web", "restart")},
		plan: []string{"owes web restart"}, apply: []string{"notified web restart"},
		journal: []string{"paid web restart void=false"}, log: []string{"act web restart"}, end: "finished exit=0 proved=true",
	}, {
		summary: "another site's, of a command that does the same here", site: "thing a=2\nthing b=1", have: map[string]string{"a": "2", "b": "1"}, claim: Others,
		owed: []notify.Debt{debt("thing.a", "", "reload")}, known: map[string]string{"thing.a": "thing b=1"},
		plan: []string{"owes b reload"}, apply: []string{"notified b reload"},
		journal: []string{"paid b reload void=false"}, log: []string{"act b reload"}, end: "finished exit=0 proved=true",
	}, {
		summary: "another site's is left alone", site: "thing a=2", have: map[string]string{"a": "2", "old": "1"}, claim: Others,
		owed:  []notify.Debt{debt("thing.a", "", "reload"), debt("unit.old", "unit:old", "reload"), debt("unit.x", "unit:x", "reload")},
		known: map[string]string{"thing.a": "thing a=1", "unit.old": "unit old=1"},
		end:   "finished exit=0 proved=true",
	}, {
		summary: "nobody's, by its address", site: "thing a=2", have: map[string]string{"a": "2"}, claim: Shared,
		owed: []notify.Debt{debt("thing.a", "", "reload"), debt("thing.b", "", "reload")}, known: map[string]string{"thing.a": "thing a=1", "thing.b": "thing b=1"},
		plan: []string{"owes a reload"}, apply: []string{"notified a reload"},
		journal: []string{"paid a reload void=false"}, log: []string{"act a reload"}, end: "finished exit=0 proved=true",
	}, {
		summary: "a command was renamed, and fails once more", site: "thing b=1", have: map[string]string{"b": "1"},
		owed: []notify.Debt{debt("thing.a", "", "reload")}, known: map[string]string{"thing.a": "thing b=1"}, broken: map[string]error{"act b reload": errNo},
		plan: []string{"owes b reload"}, apply: []string{"held b reload: no"},
		journal: []string{"renamed b reload"}, log: []string{"act b reload"}, end: "finished exit=3 proved=false",
	}, {
		summary: "another site's command keeps its name", site: "thing b=1", have: map[string]string{"b": "1"}, claim: Others,
		owed: []notify.Debt{debt("thing.a", "", "reload")}, known: map[string]string{"thing.a": "thing b=1"}, broken: map[string]error{"act b reload": errNo},
		plan: []string{"owes b reload"}, apply: []string{"held b reload: no"},
		log: []string{"act b reload"}, end: "finished exit=3 proved=false",
	}, {
		summary: "one is dropped, one delivered, one held", site: "thing b=1\nunit web=1", have: map[string]string{"b": "1", "web": "1"},
		owed:   []notify.Debt{debt("thing.a", "", "reload"), debt("unit.web", "unit:web", "reload"), debt("thing.b", "", "reload")},
		broken: map[string]error{"act b reload": errNo},
		plan:   []string{"owes web reload", "owes b reload", "dropped a reload"}, apply: []string{"dropped a reload", "held b reload: no", "notified web reload"},
		journal: []string{"dropped a reload", "paid web reload void=false"}, log: []string{"act b reload", "act web reload"},
		end: "finished exit=3 proved=false",
	}} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			w := newWorld(c.have)
			for what, err := range c.broken {
				w.broken[what] = err
			}
			s := newFakeSite(t, w)
			keyed(s)
			out := s.run(c.site, func(o *Options) {
				for _, r := range o.Resources {
					if r.Kind.Links != nil {
						r.Key = r.Kind.Links(r.Want).Provides[0]
					}
				}
				o.Identity, _ = assembly.Identify(t.Context(), nil, assembly.Names{Identify: func(context.Context, []string) (map[string]string, error) { return c.names, nil }}, nil)
				o.Owed = c.owed
				o.Known = func(d notify.Debt) *resource.Resource {
					text, ok := c.known[d.Target.String()]
					if !ok {
						return nil
					}
					res := s.parse(text)[0]
					res.Addr = d.Target
					return res
				}
				o.Claim = func(notify.Debt) Claim { return c.claim }
				if c.target {
					o.Targets = map[int]bool{0: true}
				}
			})
			kinds := []event.Type{event.Planned, event.Owes, event.Dropped, event.Applied, event.Notified, event.Held}
			if d := cmp.Diff(c.plan, out.plan.of(kinds...)); d != "" {
				t.Errorf("plan: %s", d)
			}
			if d := cmp.Diff(c.apply, out.apply.of(kinds...)); d != "" {
				t.Errorf("apply: %s", d)
			}
			if d := cmp.Diff(c.journal, out.journal.lines); d != "" {
				t.Errorf("journal: %s", d)
			}
			if d := cmp.Diff(c.log, w.log); d != "" {
				t.Errorf("effects: %s", d)
			}
			if end := out.apply.lines[len(out.apply.lines)-1]; end != c.end {
				t.Errorf("got %q, want %q", end, c.end)
			}
		})
	}
}
