package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// queuer leaves every action in a queue.
type queuer struct{ provider }

func (p *queuer) Act(context.Context, cty.Value, string) error {
	return fmt.Errorf("the restart %w", resource.ErrQueued)
}

func (p *queuer) Await(context.Context) error { return nil }

func (p *queuer) Finish(context.Context) ([]resource.Queued, error) {
	return []resource.Queued{{Key: "unit:t", Verb: "restart", For: "boot.service"}}, nil
}

func TestQueuedActionStaysOwedAndIsToldOfWithoutFailing(t *testing.T) {
	w := newWorld(map[string]string{"t": "up"})
	s := newFakeSite(t, w)
	q := &queuer{provider{w: w}}
	s.kinds["thing"].Provider = q
	out := s.run("many a=1 notifies:t.restart\nthing t=up", func(o *Options) { o.Machine.Finishers = []Finisher{q} })
	if out.result.Exit != 0 || out.result.Proved {
		t.Errorf("exit %d, proved %v", out.result.Exit, out.result.Proved)
	}
	if n := out.journal.owed.Len(); n != 1 {
		t.Errorf("%d debts are left, want 1", n)
	}
	if c := out.result.Counts; c.Held != 0 || c.Queued != 1 || c.Notified != 0 {
		t.Errorf("counts %+v", c)
	}
	want := []resource.Queued{{Key: "unit:t", Verb: "restart", For: "boot.service"}}
	if d := cmp.Diff(want, out.result.Queued); d != "" {
		t.Error(d)
	}
	if got := out.apply.of(event.Notified, event.Held); got != nil {
		t.Errorf("events %q", got)
	}
}

// frail is a provider whose things do not last after an action.
type frail struct {
	provider
	acted bool
}

func (p *frail) Act(ctx context.Context, want cty.Value, verb string) error {
	p.acted = true
	return p.provider.Act(ctx, want, verb)
}

func (p *frail) Await(context.Context) error {
	if !p.acted {
		return nil
	}
	return resource.Verdicts{"thing:t": fmt.Errorf("it %w", resource.ErrShortLived), "thing:unknown": errors.New("is none of the site's")}
}

func (p *frail) Finish(context.Context) ([]resource.Queued, error) { return nil, nil }

// giveKeys gives each thing its key.
func giveKeys(o *Options) {
	for _, r := range o.Resources {
		r.Key = r.Addr.Kind + ":" + r.Addr.Name
	}
}

func TestWhatDoesNotLastIsOwedAgain(t *testing.T) {
	w := newWorld(map[string]string{"t": "up"})
	s := newFakeSite(t, w)
	f := &frail{provider: provider{w: w}}
	s.kinds["thing"].Provider = f
	out := s.run("many a=1 notifies:t.restart\nthing t=up", func(o *Options) { giveKeys(o); o.Machine.Finishers = []Finisher{f} })
	if out.result.Exit != 3 {
		t.Errorf("exit %d, want 3", out.result.Exit)
	}
	if n := out.journal.owed.Len(); n != 1 {
		t.Errorf("%d debts are left, want 1", n)
	}
	want := []string{"notified t restart", "held t restart: it did not last", "failed t: it did not last"}
	if d := cmp.Diff(want, out.apply.of(event.Notified, event.Held, event.Failed)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"batch a", "act t restart"}, w.log); d != "" {
		t.Error(d)
	}
}

// A debt that is owed again keeps the run that made it.
func TestWhatDoesNotLastIsOwedSinceTheRunOfItsChange(t *testing.T) {
	w := newWorld(map[string]string{"a": "1", "t": "up"})
	s := newFakeSite(t, w)
	f := &frail{provider: provider{w: w}}
	s.kinds["thing"].Provider = f
	out := s.run("many a=1 notifies:t.restart\nthing t=up", func(o *Options) {
		giveKeys(o)
		o.Machine.Finishers = []Finisher{f}
		o.Owed = []notify.Debt{{
			Target: resource.Addr{Kind: "thing", Name: "t"}, Verb: "restart",
			Cause: resource.Addr{Kind: "many", Name: "a"}, Run: "earlier", Since: w.now(),
		}}
	})
	owed := out.journal.owed.Entries()
	if len(owed) != 1 || len(owed[0].Debts) != 1 || owed[0].Debts[0].Run != "earlier" {
		t.Errorf("owed: %+v", owed)
	}
}

// clumsy is a provider that cannot renew what the run changed.
type clumsy struct {
	provider
	verdicts resource.Verdicts
}

func (p *clumsy) Await(context.Context) error { return nil }
func (p *clumsy) Finish(context.Context) ([]resource.Queued, error) {
	return nil, p.verdicts.OrNil()
}

func TestVerdictsOfTheEndFailTheirResourceOrTheRun(t *testing.T) {
	for _, tt := range []struct {
		name, site string
		verdicts   resource.Verdicts
		events     []string
	}{
		{"of a declared thing", "many a=1\nthing t=up", resource.Verdicts{"thing:t": errors.New("cannot listen")}, []string{"failed t: cannot listen"}},
		{"of one in a run without effects", "thing t=up", resource.Verdicts{"thing:t": errors.New("cannot listen")}, []string{"failed t: cannot listen"}},
		{"of another", "many a=1\nthing t=up", resource.Verdicts{"thing:x": errors.New("cannot listen")}, []string{"failed : cannot listen"}},
		{"none", "many a=1\nthing t=up", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(map[string]string{"t": "up"})
			s := newFakeSite(t, w)
			c := &clumsy{provider{w: w}, tt.verdicts}
			s.kinds["thing"].Provider = c
			out := s.run(tt.site, func(o *Options) { giveKeys(o); o.Machine.Finishers = []Finisher{c} })
			if d := cmp.Diff(tt.events, out.apply.of(event.Failed)); d != "" {
				t.Error(d)
			}
			if (out.result.Exit == 0) != (tt.events == nil) {
				t.Errorf("exit %d", out.result.Exit)
			}
		})
	}
}

// hesitant foresees a failure until its thing is as wanted.
type hesitant struct{ clumsy }

func (p *hesitant) Review(ctx context.Context, c resource.Change, o resource.Outlook) resource.Review {
	r := p.clumsy.Review(ctx, c, o)
	if o.Ask == resource.AskForecast {
		r.Blocked = errors.New("not yet")
	}
	return r
}

// A verdict counts also where the plan foresaw a failure that did not come.
func TestVerdictsReachWhatWasForeseenToFail(t *testing.T) {
	w := newWorld(nil)
	w.drops["a"] = map[string]string{"t": "up"}
	s := newFakeSite(t, w)
	h := &hesitant{clumsy{provider{w: w}, resource.Verdicts{"thing:t": errors.New("did not last")}}}
	s.kinds["thing"].Provider = h
	out := s.run("many a=1\nthing t=up", func(o *Options) { giveKeys(o); o.Machine.Finishers = []Finisher{h} })
	if d := cmp.Diff([]string{"failed t: did not last"}, out.apply.of(event.Failed)); d != "" {
		t.Error(d, out.apply)
	}
}
