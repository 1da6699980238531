package stow_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// BenchmarkNothingToDo observes converged packages, as every run does: one read of the target, and one pass over each
// package.
func BenchmarkNothingToDo(b *testing.B) {
	for _, size := range []struct{ packages, links int }{{1, 10_000}, {100, 10}} {
		b.Run(fmt.Sprintf("packages=%d/links=%d", size.packages, size.links), func(b *testing.B) {
			m := newMachine(b, "usr/local/bin/")
			var rs []*resource.Resource
			var cs []resource.Change
			for i := range size.packages {
				name := fmt.Sprintf("p%d", i)
				dir := filepath.Join(m.root, "usr/local/stow", name, "1/bin")
				if err := os.MkdirAll(dir, 0o755); err != nil {
					b.Fatal(err)
				}
				for k := range size.links {
					if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d", name, k)), nil, 0o755); err != nil {
						b.Fatal(err)
					}
				}
				rs = append(rs, m.resource("name", name, "version", "1"))
			}
			for _, r := range rs {
				cs = append(cs, resourcetest.Plan(b, r))
			}
			for _, err := range m.p.ApplyAll(b.Context(), cs, resource.Forecast{}).Errs {
				if err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				m.p.Invalidate(nil)
				for _, r := range rs {
					if !resourcetest.Plan(b, r).Empty() {
						b.Fatal("there is something to do")
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size.packages*size.links), "ns/link")
		})
	}
}
