package engine

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/event"
	"converge/internal/resource"
)

// follower keeps what it was let know of, in order.
type follower struct {
	seen []string
	err  error
}

func (f *follower) Invalidate(because []resource.Change) {
	for _, c := range because {
		f.seen = append(f.seen, c.Addr.Name)
	}
	if because == nil {
		f.seen = append(f.seen, "opaque")
	}
}

func (f *follower) Await(context.Context) error { return nil }

func (f *follower) Finish(context.Context) ([]resource.Queued, error) {
	f.seen = append(f.seen, "finish")
	return nil, f.err
}

func (f *follower) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskFollower && c.Addr.Name == "socket" {
		r.Notes = []string{"it is started anew"}
	}
	return r
}

func TestFollowersForetellInThePlan(t *testing.T) {
	s := newFakeSite(t, newWorld(map[string]string{"socket": "1"}))
	p, err := Plan(t.Context(), s.options(s.parse("thing a=1\nthing socket=2"), &recorder{}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if n := p.plan.steps[1].notes(); len(n) > 0 {
		t.Errorf("notes %q without a follower", n)
	}
	o := s.options(s.parse("thing a=1\nthing socket=2"), &recorder{}, nil)
	o.Machine.Followers = []resource.Invalidator{&follower{}}
	if p, err = Plan(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if s := p.plan.steps; len(s[0].notes()) > 0 || !slices.Equal(s[1].notes(), []string{"it is started anew"}) {
		t.Errorf("notes %q and %q", s[0].notes(), s[1].notes())
	}
}

func TestFollowersKnowOfEveryChangeAndFinishOnce(t *testing.T) {
	for _, c := range []struct {
		summary string
		site    string
		have    map[string]string
		err     error
		want    []string
		exit    int
	}{{
		summary: "a change, and the end of the run",
		site:    "thing a=1\nthing b=1",
		want:    []string{"a", "b", "finish"},
	}, {
		summary: "nothing changes",
		site:    "thing a=1",
		have:    map[string]string{"a": "1"},
		want:    []string{"finish"},
	}, {
		summary: "what fails at the end fails the run",
		site:    "thing a=1",
		err:     errors.New("cannot reload"),
		want:    []string{"a", "finish"},
		exit:    3,
	}} {
		t.Run(c.summary, func(t *testing.T) {
			f := &follower{err: c.err}
			s := newFakeSite(t, newWorld(c.have))
			out := s.run(c.site, func(o *Options) {
				o.Machine = Machine{Followers: []resource.Invalidator{f}, Finishers: []Finisher{f}}
			})
			if d := cmp.Diff(c.want, f.seen); d != "" {
				t.Error(d)
			}
			if out.result.Exit != c.exit {
				t.Errorf("exit %d, want %d", out.result.Exit, c.exit)
			}
		})
	}
}

// picky is a provider that does not accept some values.
type picky struct{ provider }

func (p *picky) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskCheck && resource.StringAttr(c.Want, "value") == "broken" {
		r.Blocked = errors.New("not accepted")
	}
	return r
}

func TestBeforeGoesOutAfterVerify(t *testing.T) {
	for value, want := range map[string][]string{
		"broken": nil,
		"good":   {"act t stop", "apply a"},
	} {
		w := newWorld(map[string]string{"t": "up"})
		s := newFakeSite(t, w)
		s.kinds["thing"].Verbs = append(s.kinds["thing"].Verbs, "stop")
		s.kinds["unit"].Provider = &picky{provider{w: w}}
		out := s.run("thing t=up\nunit a="+value+" before:t.stop", nil)
		if d := cmp.Diff(want, w.log); d != "" {
			t.Errorf("%s: %s", value, d)
		}
		if value == "broken" && out.result.Exit != 3 {
			t.Errorf("exit %d, want 3", out.result.Exit)
		}
	}
}

func TestBeforeIsTakenBackWhereTheChangeFails(t *testing.T) {
	w := newWorld(map[string]string{"t": "up"})
	w.broken["apply a"] = errors.New("disk full")
	s := newFakeSite(t, w)
	s.kinds["thing"].Verbs = append(s.kinds["thing"].Verbs, "start", "stop")
	s.kinds["thing"].Reverse = map[string]string{"stop": "start"}
	s.run("thing t=up\nmany a=1 before:t.stop", nil)
	if d := cmp.Diff([]string{"act t stop", "batch a", "act t start"}, w.log); d != "" {
		t.Error(d)
	}
}

func TestChangeOfQuietAttributesNotifiesNothing(t *testing.T) {
	w := newWorld(map[string]string{"a": "1", "b": "1", "t": "1"})
	s := newFakeSite(t, w)
	s.kinds["many"].Attrs = slices.Clone(s.kinds["many"].Attrs)
	for k := range s.kinds["many"].Attrs {
		s.kinds["many"].Attrs[k].Quiet = s.kinds["many"].Attrs[k].Name == "value"
	}
	out := s.run("many a=2 notifies:t.restart\nmany b=2 immediately:t.restart\nmany c=2 before:t.reload\nthing t=1", nil)
	if d := cmp.Diff([]string{"owes t reload"}, out.plan.of(event.Owes)); d != "" { // c is made anew
		t.Error(d)
	}
	if d := cmp.Diff([]string{"act t reload", "batch a+b+c"}, w.log); d != "" {
		t.Error(d)
	}
}
