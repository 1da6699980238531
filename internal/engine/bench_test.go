package engine

import (
	"context"
	"fmt"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/resource"
)

// chained returns n resources, each of which depends on the one before it and
// lies in a directory that ten of them share.
func chained(n int) []*resource.Resource {
	k := &resource.Kind{
		Name: "thing", Label: "name",
		Attrs:    []resource.Attr{{Name: "name", Type: cty.String}, {Name: "value", Type: cty.String}},
		Provider: still{},
		Links: func(want cty.Value) resource.Links {
			name := resource.StringAttr(want, "name")
			return resource.Links{
				Provides: []string{"path:" + name},
				Needs:    []resource.Need{{Key: "path:" + name[:len(name)-1] + "0", Reason: "it lies in that directory"}},
			}
		},
	}
	rs := make([]*resource.Resource, n)
	for i := range rs {
		name := fmt.Sprintf("/r%07d", i)
		rs[i] = &resource.Resource{Addr: resource.Addr{Kind: "thing", Name: name}, Kind: k, Want: cty.ObjectVal(map[string]cty.Value{
			"name": cty.StringVal(name), "value": cty.StringVal("v"),
		})}
		if i > 0 {
			rs[i].DependsOn = []resource.Dep{{On: rs[i-1].Addr, Reason: "depends_on"}}
		}
	}
	return rs
}

// still is a provider of things that are always right.
type still struct{}

func (still) Observe(_ context.Context, want cty.Value) (cty.Value, error) { return want, nil }
func (still) Apply(context.Context, resource.Change) error                 { return nil }

// inTurn is a provider of things that it makes as it is asked, one batch after the other.
type inTurn struct {
	resource.AsAsked
	made map[string]cty.Value
	told []int // for each batch: how many changes it was told that the plan has shown, and that come later
}

func (m *inTurn) Observe(_ context.Context, want cty.Value) (cty.Value, error) {
	if v, ok := m.made[resource.StringAttr(want, "name")]; ok {
		return v, nil
	}
	return resource.Absent, nil
}

func (m *inTurn) Apply(_ context.Context, c resource.Change) error {
	m.made[resource.StringAttr(c.Want, "name")] = c.Want
	return nil
}

func (m *inTurn) ApplyAll(ctx context.Context, cs []resource.Change, planned resource.Forecast) resource.Outcome {
	if m.told != nil {
		m.told = append(m.told, len(planned.Changes)+len(planned.Also), len(planned.ListLater()))
	}
	return resource.Outcome{Errs: []error{m.Apply(ctx, cs[0])}}
}

// applyChain makes n things, each of which comes after the one before it.
func applyChain(t testing.TB, n int, m *inTurn) {
	t.Helper()
	rs := chained(n)
	rs[0].Kind.Provider = m
	a, diags, err := assembly.Assemble(t.Context(), rs, assembly.Names{}, nil)
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags)
	}
	o := Options{Resources: a.Resources, Graph: a.Graph, Events: event.Discard{}, Journal: new(memory)}
	p, err := Plan(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := Apply(context.Background(), o, p); err != nil || !res.Proved {
		t.Fatal(res, err)
	}
}

// TestToldOnlyWhatIsAsked shows that a batch of a provider that does as it is asked is told nothing
// of the plan, and what comes later if it asks.
func TestToldOnlyWhatIsAsked(t *testing.T) {
	m := &inTurn{made: map[string]cty.Value{}, told: []int{}}
	applyChain(t, 3, m)
	if got, want := fmt.Sprint(m.told), "[0 2 0 1 0 0]"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

// BenchmarkChain makes things one after the other. What a batch takes must not grow with their number.
func BenchmarkChain(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				applyChain(b, n, &inTurn{made: map[string]cty.Value{}})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/resource")
		})
	}
}

// BenchmarkNoop is the engine's own share of a run in which nothing changes:
// assemble, plan and apply with providers that cost nothing.
func BenchmarkNoop(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rs := chained(n)
			b.ReportAllocs()
			for b.Loop() {
				a, diags, err := assembly.Assemble(b.Context(), rs, assembly.Names{}, nil)
				if err != nil || diags.HasErrors() {
					b.Fatal(err, diags)
				}
				o := Options{Resources: a.Resources, Graph: a.Graph, Events: event.Discard{}}
				p, err := Plan(context.Background(), o)
				if err != nil {
					b.Fatal(err)
				}
				if res, err := Apply(context.Background(), o, p); err != nil || !res.Proved {
					b.Fatal(res, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/resource")
		})
	}
}
