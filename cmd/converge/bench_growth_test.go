package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// BenchmarkGrowth searches for superlinear time: for each kind, five times the resources may take seven times the
// processor time, in every command of a site's life. It prints larger ratios; short times are not meaningful.
func BenchmarkGrowth(b *testing.B) {
	const few, times, most, little = 200, 5, 7, 20e6
	b.Cleanup(func() { removePrograms(b) })
	for _, c := range kindCases() {
		b.Run(c.name, func(b *testing.B) {
			var took [2]map[string]float64
			for b.Loop() {
				for i, n := range []int{few, few * times} {
					took[i] = liveThrough(b, c, n)
				}
			}
			for _, what := range slices.Sorted(maps.Keys(took[0])) {
				if ratio := took[1][what] / max(took[0][what], little); ratio > most {
					fmt.Printf("%s, %s: %d take %.0f ms, %d take %.0f ms: %.1f times\n",
						c.name, what, few, took[0][what]/1e6, few*times, took[1][what]/1e6, ratio)
				}
			}
			b.ReportMetric(took[1]["plan"]/cmp.Or(took[0]["plan"], 1), "plan-x")
		})
	}
}

// liveThrough returns the processor time of the commands of a site with n resources, minus that of an empty site.
func liveThrough(b *testing.B, c kindCase, n int) map[string]float64 {
	root, dir := b.TempDir(), b.TempDir()
	kindsRoot(b, root, n)
	site, other, none := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl"), filepath.Join(dir, "none.hcl")
	text := func(from, to int) string {
		var out strings.Builder
		for i := from; i < to; i++ {
			if c.name == "check" {
				fmt.Fprintf(&out, "sysctl \"net.x.key%d\" {\n  value = 1\n}\n", i)
			}
			out.WriteString(c.text(i))
		}
		return out.String()
	}
	writeFile(b, site, text(0, n/2))
	writeFile(b, other, text(n/2, n))
	writeFile(b, none, "")
	base := launch(b, "converge", "plan", "--root", root, none).cpu
	out := map[string]float64{}
	run := func(what string, args ...string) { out[what] = launch(b, "converge", args...).cpu - base }
	run("plan", "plan", "--root", root, site)
	run("apply", "apply", "--root", root, site)
	run("no-op", "apply", "--root", root, site)
	run("plan beside", "plan", "--root", root, other)
	run("apply beside", "apply", "--root", root, other)
	run("no-op beside", "apply", "--root", root, other)
	run("plan of rollback", "rollback", "--root", root, "--dry-run")
	if err := os.WriteFile(site, nil, 0o644); err != nil {
		b.Fatal(err)
	}
	run("plan without", "plan", "--root", root, site)
	run("plan of prune", "plan", "--root", root, "--prune", site)
	run("prune", "apply", "--root", root, "--prune", site)
	run("rollback", "rollback", "--root", root)
	return out
}
