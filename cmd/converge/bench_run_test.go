package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// programs are the compared programs, built once for all benchmarks.
var programs = sync.OnceValues(func() (map[string]string, error) {
	dir, err := os.MkdirTemp("", "converge-bench-")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for name, pkg := range map[string]string{
		"converge": "converge/cmd/converge", "floor": "converge/internal/floor", "launch": "converge/internal/floor/launch",
	} {
		out[name] = filepath.Join(dir, name)
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out[name], pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("cannot build %s: %w\n%s", pkg, err, said)
		}
	}
	return out, nil
})

func removePrograms(b *testing.B) {
	if ps, err := programs(); err == nil {
		if err := os.RemoveAll(filepath.Dir(ps["launch"])); err != nil {
			b.Error(err)
		}
	}
}

// cost is the cost of one run of a program.
type cost struct {
	ns, cpu, rss float64
	said         string // its last line of output
}

// launch runs one of the programs.
func launch(b *testing.B, name string, args ...string) cost {
	b.Helper()
	ps, err := programs()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(ps["launch"], append([]string{ps[name]}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var c cost
	if _, err := fmt.Sscan(lines[len(lines)-1], &c.ns, &c.cpu, &c.rss); err != nil {
		b.Fatal(err)
	}
	if len(lines) > 1 {
		c.said = lines[len(lines)-2]
	}
	return c
}

// contest is one comparison of converge with its floor, in alternation.
type contest struct {
	what  string
	ours  []string // arguments of converge
	floor []string // arguments of floor; nil: there is none

	// against is the program that gets the arguments of floor instead of floor itself, to compare two commands of
	// converge.
	against string

	// bound is the maximal ratio; 0: the figure is only for information. Twice: the floor's own time after parsing
	// counts twice.
	bound float64
	twice bool

	byCPU bool    // the ratio is of processor time
	most  float64 // megabytes that converge may take; 0: any
	more  bool    // report how much more memory converge takes, instead of a figure per resource

	before func(b *testing.B, args []string) // runs before each run, not counted
	n      int                               // resources, for a figure per resource
	says   string                            // text in converge's last line of output
	single bool                              // one turn is enough, because it takes long
	took   []cost                            // costs of converge from an earlier contest with one turn; nil: run it
}

// row is a line of the summary.
type row struct{ what, floor, floorMS, oursMS, ratio, cpu, rss, each, bound string }

// run measures and reports medians: primarily of the ratio within each turn, because machines and moments differ more
// than programs. It returns the costs of converge.
func (c contest) run(b *testing.B, rows *[]row) (ours []cost) {
	b.Run(strings.ReplaceAll(c.what, " ", "_"), func(b *testing.B) {
		var floor []cost
		turn := func() {
			if c.floor != nil {
				floor = append(floor, c.once(b, cmp.Or(c.against, "floor"), c.floor))
			}
			if c.took != nil {
				ours = append(ours, c.took...)
				return
			}
			ours = append(ours, c.once(b, "converge", c.ours))
		}
		if !c.single {
			turn() // a first turn warms the caches
			ours, floor = nil, nil
		}
		for b.Loop() {
			if !c.single || len(ours) == 0 {
				turn()
			}
		}
		c.report(b, rows, ours, floor)
	})
	return ours
}

func (c contest) once(b *testing.B, name string, args []string) cost {
	b.Helper()
	if c.before != nil {
		b.StopTimer()
		c.before(b, args)
		b.StartTimer()
	}
	got := launch(b, name, args...)
	if slices.Equal(args, c.ours) && !strings.Contains(got.said, c.says) {
		b.Fatalf("%s ends with %q, want %q", strings.Join(args, " "), got.said, c.says)
	}
	return got
}

func (c contest) report(b *testing.B, rows *[]row, ours, floor []cost) {
	b.Helper()
	ns := median(ours, func(o cost) float64 { return o.ns })
	rss := median(ours, func(o cost) float64 { return o.rss })
	r := row{what: c.what, oursMS: ms(ns), rss: fmt.Sprintf("%.0f", rss/1e6)}
	b.ReportMetric(0, "ns/op") // of both together: meaningless
	b.ReportMetric(ns/1e6, "ms")
	b.ReportMetric(rss/1e6, "MB")
	if c.n > 0 {
		b.ReportMetric(ns/float64(c.n), "ns/resource")
		r.each = fmt.Sprintf("%.1f", ns/float64(c.n)/1e3)
	}
	if c.floor != nil {
		pairs := make([][2]cost, len(ours))
		for i := range ours {
			pairs[i] = [2]cost{ours[i], floor[i]}
		}
		cpu := median(pairs, func(p [2]cost) float64 { return p[0].cpu / p[1].cpu })
		ratio := cpu
		if !c.byCPU {
			ratio = median(pairs, func(p [2]cost) float64 { return p[0].ns / c.allowed(b, p[1]) })
		}
		if c.more {
			r.each = fmt.Sprintf("%+.1f ms, %+.1f MB", median(pairs, func(p [2]cost) float64 { return p[0].cpu - p[1].cpu })/1e6,
				median(pairs, func(p [2]cost) float64 { return p[0].rss - p[1].rss })/1e6)
		}
		least := median(floor, func(f cost) float64 { return f.ns })
		b.ReportMetric(ratio, "ratio")
		b.ReportMetric(cpu, "cpu-ratio")
		b.ReportMetric(least/1e6, "floor-ms")
		r.floor, r.floorMS, r.ratio, r.cpu = strings.TrimSpace(c.against+" "+c.floor[0]), ms(least), fmt.Sprintf("%.2f", ratio), fmt.Sprintf("%.2f", cpu)
		if c.twice {
			r.floor += " (2x compare)"
		}
		if c.bound > 0 {
			r.bound = strconv.FormatFloat(c.bound, 'g', -1, 64)
			if ratio > c.bound {
				r.bound += " MISSED"
			}
		}
	}
	if c.most > 0 {
		r.rss += fmt.Sprintf(" of %.0f", c.most)
		if rss/1e6 > c.most {
			r.rss += " MISSED"
		}
	}
	*rows = append(*rows, r)
}

// allowed returns the weighted time of the floor's run.
func (c contest) allowed(b *testing.B, f cost) float64 {
	if !c.twice {
		return f.ns
	}
	after, err := strconv.ParseFloat(f.said, 64)
	if err != nil {
		b.Fatal(err)
	}
	return f.ns + after
}

func ms(ns float64) string { return fmt.Sprintf("%.1f", ns/1e6) }

func median[T any](xs []T, of func(T) float64) float64 {
	vs := make([]float64, len(xs))
	for i, x := range xs {
		vs[i] = of(x)
	}
	slices.SortFunc(vs, cmp.Compare)
	if len(vs)%2 == 1 {
		return vs[len(vs)/2]
	}
	return (vs[len(vs)/2-1] + vs[len(vs)/2]) / 2
}

// summary prints the results for people.
func summary(rows []row) {
	if len(rows) == 0 {
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nwhat\tfloor\tfloor ms\tours ms\tratio\tbound\tcpu ratio\tMB\tus/resource")
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join([]string{r.what, r.floor, r.floorMS, r.oursMS, r.ratio, r.bound, r.cpu, r.rss, r.each}, "\t"))
	}
	w.Flush()
	fmt.Println()
}
