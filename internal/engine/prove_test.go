package engine

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// Each case is a site whose resources alter each other, and everything that
// the run does about it.
func TestProof(t *testing.T) {
	type effects = map[string]map[string]string
	for _, c := range []struct {
		summary string
		site    string
		have    map[string]string
		drops   effects // what applying, or telling, a thing puts into the world besides
		log     []string
		end     string
		failed  []string
	}{{
		summary: "what a later change altered is put right in a second pass",
		site:    "thing a=1\nthing b=1",
		drops:   effects{"b": {"a": "0"}},
		log:     []string{"apply a", "apply b", "apply a"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "also what was as declared when the run began",
		site:    "thing a=1\nthing b=1", have: map[string]string{"a": "1"},
		drops: effects{"b": {"a": "0"}},
		log:   []string{"apply b", "apply a"},
		end:   "finished exit=0 proved=true",
	}, {
		summary: "two that undo each other are named",
		site:    "thing a=1\nthing b=1",
		drops:   effects{"a": {"b": "0"}, "b": {"a": "0"}},
		log:     []string{"apply a", "apply b", "apply a"},
		end:     "finished exit=3 proved=false",
		failed:  []string{"failed b: contradicts thing.a: making that as declared has altered this: value"},
	}, {
		summary: "of three that undo each other in a ring, those that were touched last",
		site:    "thing a=1\nthing b=1\nthing c=1",
		drops:   effects{"a": {"b": "0"}, "b": {"c": "0"}, "c": {"a": "0"}},
		log:     []string{"apply a", "apply b", "apply c", "apply a"},
		end:     "finished exit=3 proved=false",
		failed:  []string{"failed b: contradicts thing.a: making that as declared has altered this: value"},
	}, {
		summary: "what an action altered is put right, and whoever is notified by it is told again",
		site:    "thing a=1 notifies:s.restart\nthing s=up\nthing c=1 notifies:u.reload\nthing u=up",
		have:    map[string]string{"s": "up", "u": "up", "c": "1"},
		drops:   effects{"act s": {"c": "0"}},
		log:     []string{"apply a", "act s restart", "apply c", "act u reload"},
		end:     "finished exit=0 proved=true",
	}, {
		summary: "an action that undoes what notified it is named",
		site:    "thing a=1 notifies:s.restart\nthing s=up",
		have:    map[string]string{"s": "up"},
		drops:   effects{"act s": {"a": "0"}},
		log:     []string{"apply a", "act s restart", "apply a", "act s restart"},
		end:     "finished exit=3 proved=false",
		failed:  []string{"failed a: contradicts thing.s: each undoes the other, and this one differs again: value"},
	}, {
		summary: "a run that changed nothing says so by its plan",
		site:    "thing a=1\nthing b=1", have: map[string]string{"a": "1", "b": "1"},
		end: "finished exit=0 proved=true",
	}, {
		summary: "a failure elsewhere does not keep the rest from coming to rest",
		site:    "thing x=1\nthing a=1\nthing b=1",
		drops:   effects{"b": {"a": "0"}, "broken x": nil},
		log:     []string{"apply x", "apply a", "apply b", "apply a"},
		end:     "finished exit=3 proved=false",
		failed:  []string{"failed x: no"},
	}} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(c.have)
			w.drops = c.drops
			if _, ok := c.drops["broken x"]; ok {
				w.broken["apply x"] = errNo
			}
			out := newFakeSite(t, w).run(c.site, nil)
			if d := cmp.Diff(c.log, w.log); d != "" {
				t.Error("effects (-want +got):\n", d)
			}
			if d := cmp.Diff(c.end, out.apply.lines[len(out.apply.lines)-1]); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.failed, out.apply.of(event.Failed)); d != "" {
				t.Error(d)
			}
		})
	}
}

type plainError string

func (e plainError) Error() string { return string(e) }

const errNo = plainError("no")

// looker counts what is asked of it.
type looker struct {
	provider
	looks, forgets, waits int
}

func (l *looker) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	l.looks++
	return l.provider.Observe(ctx, want)
}
func (l *looker) Invalidate([]resource.Change)                      { l.forgets++ }
func (l *looker) Await(context.Context) error                       { l.waits++; return nil }
func (l *looker) Finish(context.Context) ([]resource.Queued, error) { return nil, nil }

// A run costs one look at everything more than a plan if it changed something,
// and none if it did not.
func TestProofLooksOnce(t *testing.T) {
	for _, c := range []struct {
		summary string
		have    map[string]string
		looks   int // at three things
		waits   int
	}{
		{"nothing to do", map[string]string{"a": "1", "b": "1", "c": "1"}, 3, 0},
		{"one change: before and after it, and all at the end", map[string]string{"b": "1", "c": "1"}, 3 + 2 + 3, 1},
	} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(c.have)
			s := newFakeSite(t, w)
			l := &looker{provider: provider{w: w}}
			s.kinds["thing"].Provider = l
			out := s.run("thing a=1\nthing b=1\nthing c=1", func(o *Options) { o.Machine.Finishers = []Finisher{l} })
			if !out.result.Proved || l.looks != c.looks || l.waits != c.waits {
				t.Errorf("proved %v, %d looks, %d waits", out.result.Proved, l.looks, l.waits)
			}
			if c.waits > 0 && l.forgets == 0 {
				t.Error("it was looked at through what had been read before")
			}
		})
	}
}

func TestProofSaysWhatItLeavesOut(t *testing.T) {
	w := newWorld(nil)
	s := newFakeSite(t, w)
	s.kinds["thing"].Recurs = func(want cty.Value) bool { return resource.StringAttr(want, "name") == "b" }
	out := s.run("thing a=1\nthing b=1", nil)
	if d := cmp.Diff([]string{"thing.b"}, out.result.Recurring); out.result.Proved || d != "" {
		t.Error(out.result.Proved, d)
	}
	out = s.run("thing a=2", func(o *Options) {
		o.Inputs = func(context.Context) (Inputs, error) { return Inputs{Files: []string{"/x.tmpl"}}, nil }
	})
	if d := cmp.Diff([]string{"/x.tmpl"}, out.result.Altered.Files); out.result.Proved || d != "" {
		t.Error(out.result.Proved, d)
	}
	out = s.run("thing a=3", func(o *Options) {
		o.Inputs = func(context.Context) (Inputs, error) { return Inputs{Facts: []string{"node.users.web"}}, nil }
	})
	if d := cmp.Diff([]string{"node.users.web"}, out.result.Altered.Facts); out.result.Proved || d != "" {
		t.Error(out.result.Proved, d)
	}
}

// What comes after a change that moves it is looked at again at its turn, and
// its forecast is tentative.
func TestWhatIsMovedIsLookedAtAgain(t *testing.T) {
	w := newWorld(map[string]string{"l": "old", "f": "1"})
	w.drops = map[string]map[string]string{"l": {"f": "0"}}
	s := newFakeSite(t, w)
	s.kinds["many"].Moves = func(resource.Change) bool { return true }
	out := s.run("many l=new\nthing f=1 after:l\nthing g=1 after:f", nil)
	if d := cmp.Diff([]string{"planned l update", "planned f none tentative", "planned g create tentative"}, out.plan.of(event.Planned)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"applied l update", "applied f update", "applied g create"}, out.apply.of(event.Applied)); d != "" {
		t.Error(d)
	}
	if !out.result.Proved {
		t.Error("not proved")
	}
}
