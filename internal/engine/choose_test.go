package engine

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/resource"
)

// deferrer is a provider of things that are all somebody else's.
type deferrer struct{ batcher }

func (d *deferrer) Observe(_ context.Context, want cty.Value) (cty.Value, error) { return want, nil }

func (d *deferrer) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskForecast && resource.StringAttr(c.Want, "value") == "2" {
		r.Owner = "somebody else's"
	}
	return r
}

// TestChosenProviders: one kind, several providers. Each makes its own, in a
// batch of its own, and what one says of itself is said of its own only.
func TestChosenProviders(t *testing.T) {
	w := newWorld(nil)
	s := newFakeSite(t, w)
	other := newWorld(nil)
	second := &batcher{provider{w: other}}
	s.kinds["many"].Choose = func(want cty.Value) resource.Provider {
		if resource.StringAttr(want, "value") == "1" {
			return nil
		}
		return second
	}
	out := s.run("many a=1\nmany b=2\nmany c=1\nmany d=2", nil)
	if d := cmp.Diff([]string{"batch a+c"}, w.log); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"batch b+d"}, other.log); d != "" {
		t.Error(d)
	}
	if !out.result.Proved {
		t.Error("not proved")
	}
}

// TestWhatIsSomebodyElsesIsSaid: nothing is done about it, and every plan says
// so.
func TestWhatIsSomebodyElsesIsSaid(t *testing.T) {
	w := newWorld(nil)
	s := newFakeSite(t, w)
	s.kinds["many"].Provider = &deferrer{batcher{provider{w: w}}}
	out := s.run("many a=1\nmany b=2", nil)
	if d := cmp.Diff([]string{"planned b none"}, out.plan.of(event.Planned)); d != "" {
		t.Error(d)
	}
	if len(w.log) > 0 || out.result.Exit != 0 || !out.result.Proved {
		t.Errorf("it did %q and ended with %+v", w.log, out.result)
	}
}
