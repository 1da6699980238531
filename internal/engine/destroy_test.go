package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/event"
	"converge/internal/resource"
)

// sweeper is a provider whose changes remove all that is called NAME/….
type sweeper struct{ provider }

func (p *sweeper) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast && o.Ask != resource.AskRemoval || c.Action != resource.Update && c.Action != resource.Delete {
		return r
	}
	for name := range p.w.vals {
		if strings.HasPrefix(name, resource.StringAttr(c.Want, "name")+"/") {
			r.Removes = append(r.Removes, name)
		}
	}
	slices.Sort(r.Removes)
	return r
}

// lastApplied keeps the last event about a change that was made.
type lastApplied struct{ event.Event }

func (l *lastApplied) Emit(e event.Event) {
	if e.Type == event.Applied {
		l.Event = e
	}
}

// What is reported is what was there right before the change, and not when the
// plan was made.
func TestAppliedIsWhatWasDone(t *testing.T) {
	for _, c := range []struct {
		summary     string
		have, drops map[string]string // drops are made by the package before it
		action      string
		removes     []string
		counts      event.Counts
	}{{
		summary: "as planned", have: map[string]string{"d": "0", "d/x": ""},
		action: "update", removes: []string{"d/x"}, counts: event.Counts{Create: 1, Update: 1, Removes: 1},
	}, {
		summary: "it is there by its turn", drops: map[string]string{"d": "0", "d/x": ""},
		action: "create", removes: []string{"d/x"}, counts: event.Counts{Create: 2, Removes: 1},
	}, {
		summary: "more is there by its turn", have: map[string]string{"d": "0"}, drops: map[string]string{"d/x": ""},
		action: "update", removes: []string{"d/x"}, counts: event.Counts{Create: 1, Update: 1, Removes: 1},
	}, {
		summary: "the package did it, and removed nothing", have: map[string]string{"d": "0", "d/x": ""}, drops: map[string]string{"d": "1"},
		action: "update", counts: event.Counts{Create: 1, Update: 1},
	}} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			w := newWorld(c.have)
			w.drops = map[string]map[string]string{"p": c.drops}
			s := newFakeSite(t, w)
			s.kinds["thing"].Provider, s.kinds["thing"].Inert = &sweeper{provider{w: w}}, true
			var last lastApplied
			o := s.options(s.parse("pack p=1\nthing d=1 after:p"), nil, &memory{})
			o.Events = nil
			p, err := Plan(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			o.Events = &last
			result, err := Apply(t.Context(), o, p)
			if err != nil {
				t.Fatal(err)
			}
			c.counts.Resources = 2
			if d := cmp.Diff(c.counts, result.Counts); d != "" {
				t.Errorf("counts: %s", d)
			}
			if last.Resource != "thing.d" || last.Action != c.action || !slices.Equal(last.Removes, c.removes) {
				t.Errorf("applied %s: %s, removes %q", last.Resource, last.Action, last.Removes)
			}
		})
	}
}
