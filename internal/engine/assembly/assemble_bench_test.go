package assembly

import (
	"context"
	"fmt"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// BenchmarkAssemble is what a site of files costs before anything is observed: by
// the manifest alone, and again with a machine to look at.
func BenchmarkAssemble(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := &names{spot: func(string) Spot { return Spot{Anything: true} }}
			plain, equipped := resources.File(nil), resources.File(p)
			rs := make([]*resource.Resource, n)
			for i := range rs {
				path := fmt.Sprintf("/srv/d%d/f%d", i/100, i)
				rs[i] = &resource.Resource{Addr: resource.Addr{Kind: "file", Name: path}, Kind: plain, Want: cty.ObjectVal(map[string]cty.Value{
					"path": cty.StringVal(path), "type": cty.StringVal("file"),
				})}
			}
			b.ReportAllocs()
			for b.Loop() {
				a, diags, err := Assemble(context.Background(), rs, Names{}, nil)
				if err != nil || diags.HasErrors() {
					b.Fatal(diags, err)
				}
				for _, r := range rs {
					r.Kind = equipped
				}
				if _, _, err = a.Again(context.Background(), p.names(), nil); err != nil {
					b.Fatal(err)
				}
				for _, r := range rs {
					r.Kind = plain
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/resource")
		})
	}
}
