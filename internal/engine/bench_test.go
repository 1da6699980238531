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
		name := fmt.Sprintf("r%07d", i)
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
