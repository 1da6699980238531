package engine

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/event"
	"converge/internal/resource"
)

// refuser refuses every change, for good or as things stand.
type refuser struct {
	batcher
	why error
}

func (p *refuser) Solve(_ context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	bad := resource.Unsolvable{}
	for _, c := range cs {
		bad[c.Addr] = p.why
	}
	return resource.Forecast{Changes: cs}, bad
}

// A refusal for good stands, whatever pending change moves what it is about,
// unless that change is one of which nobody can tell what it does.
func TestCertainRefusals(t *testing.T) {
	older := errors.New("2 is installed and 1 is older")
	for _, c := range []struct {
		summary, site string
		why           error
		want          []string
	}{
		{"for good, behind a pin", "thing pin=1\nmany p=1 after:pin", resource.Certain(older), []string{"planned pin create", "failed p: " + older.Error()}},
		{"for good, behind a package", "pack repo=1\nmany p=1 after:repo", resource.Certain(older), []string{"planned repo create", "planned p create tentative"}},
		{"as things stand, behind a pin", "thing pin=1\nmany p=1 after:pin", older, []string{"planned pin create", "planned p create tentative"}},
		{"as things stand, behind nothing", "many p=1", older, []string{"failed p: " + older.Error()}},
	} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(nil)
			s := newFakeSite(t, w)
			s.kinds["thing"].Moves = func(resource.Change) bool { return true }
			s.kinds["many"].Provider = &refuser{batcher{provider{w: w}}, c.why}
			rec := &recorder{}
			if _, err := Plan(context.Background(), s.options(s.parse(c.site), rec, nil)); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, rec.of(event.Planned, event.Failed)); d != "" {
				t.Error(d)
			}
		})
	}
}
