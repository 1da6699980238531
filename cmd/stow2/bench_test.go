package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// BenchmarkProgram compares the whole program with the least that any program must do (internal/floor), and with the
// machine's GNU Stow, in alternation: processor time, as medians of the ratio within each turn. The trees are in memory
// if there is such a file system: on a disk, the figures depend more on the disk.
func BenchmarkProgram(b *testing.B) { benchFarms(b, 1000, 10_000) }

// BenchmarkLarge measures slow cases that show little that is new.
func BenchmarkLarge(b *testing.B) { benchFarms(b, 50_000) }

func benchFarms(b *testing.B, sizes ...int) {
	b.Helper()
	w := newWorkshop(b)
	for _, n := range sizes {
		f := w.farm(b, n)
		for _, c := range []contest{
			{what: "stow", verb: "link", args: []string{"--no-folding", "p"}, before: f.empty, bound: 2, gnu: 10},
			{what: "restow unchanged", verb: "check", args: []string{"--no-folding", "-R", "p"}, before: f.full, bound: 1.5, gnu: 40},
			{what: "stow again", verb: "check", args: []string{"--no-folding", "p"}, before: f.full, bound: 1.5, gnu: 40},
			{what: "unstow", verb: "unlink", args: []string{"--no-folding", "-D", "p"}, before: f.refill, bound: 2},
			{what: "fold", args: []string{"q"}, before: f.unfold},
		} {
			c.run(b, w, f)
		}
	}
	w.table(b)
}

// contest is one comparison. bound is the maximal ratio to the floor, gnu the minimal ratio of GNU Stow to stow2; 0 for
// none.
type contest struct {
	what, verb string
	args       []string
	before     func(b *testing.B)
	bound, gnu float64
}

func (c contest) run(b *testing.B, w *workshop, f *farm) {
	b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(c.what, " ", "_"), f.links), func(b *testing.B) {
		var floors, ratios, gnus, cpus, walls []float64
		for b.Loop() {
			if f.links > 10_000 && len(cpus) > 0 {
				continue // one turn is enough, because it takes long
			}
			ours := w.measure(b, c, "stow2", f.stow(c.args)...)
			cpus, walls = append(cpus, ours.cpu), append(walls, ours.wall)
			if c.verb != "" {
				floor := w.measure(b, c, "floor", "links", c.verb, f.pkg("p"), f.target, "stow/p")
				floors, ratios = append(floors, floor.cpu), append(ratios, ours.cpu/floor.cpu)
			}
			if w.programs["gnu"] != "" && len(gnus) < 3 { // it takes its time
				gnus = append(gnus, w.measure(b, c, "gnu", f.stow(c.args)...).cpu/ours.cpu)
			}
		}
		b.ReportMetric(0, "ns/op") // of all together: meaningless
		b.ReportMetric(median(cpus)/1e6, "cpu-ms")
		b.ReportMetric(median(walls)/1e6, "ms")
		b.ReportMetric(median(ratios), "x-floor")
		b.ReportMetric(median(gnus), "x-faster-than-GNU")
		w.rows = append(w.rows, fmt.Sprintf("%s\t%d\t%.1f\t%.1f\t%.1f\t%.2f\t%s\t%.0f\t%s", c.what, f.links,
			median(floors)/1e6, median(cpus)/1e6, median(walls)/1e6, median(ratios), orDash(c.bound), median(gnus), orDash(c.gnu)))
	})
}

// workshop holds the programs and their results.
type workshop struct {
	dir      string
	programs map[string]string
	rows     []string
}

func newWorkshop(b *testing.B) *workshop {
	b.Helper()
	dir := b.TempDir()
	if memory, err := os.MkdirTemp("/dev/shm", "stow2-bench-"); err == nil {
		dir = memory
		b.Cleanup(func() { os.RemoveAll(memory) })
	}
	w := &workshop{dir: dir, programs: map[string]string{}}
	for name, pkg := range map[string]string{
		"stow2": "converge/cmd/stow2", "floor": "converge/internal/floor", "launch": "converge/internal/floor/launch",
	} {
		w.programs[name] = filepath.Join(b.TempDir(), name)
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", w.programs[name], pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("cannot build %s: %v\n%s", pkg, err, said)
		}
	}
	w.programs["gnu"], _ = exec.LookPath("stow")
	return w
}

// cost is nanoseconds.
type cost struct{ wall, cpu float64 }

func (w *workshop) measure(b *testing.B, c contest, program string, args ...string) cost {
	b.Helper()
	b.StopTimer()
	defer b.StartTimer()
	c.before(b)
	out, err := exec.Command(w.programs["launch"], append([]string{w.programs[program]}, args...)...).CombinedOutput()
	if err != nil {
		b.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var got cost
	var rss float64
	if _, err := fmt.Sscan(lines[len(lines)-1], &got.wall, &got.cpu, &rss); err != nil {
		b.Fatal(err)
	}
	return got
}

func (w *workshop) table(b *testing.B) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "what\tlinks\tfloor cpu ms\tcpu ms\tms\tratio\tmost\tGNU ratio\tleast\t")
	for _, r := range w.rows {
		fmt.Fprintln(t, r+"\t")
	}
	if err := t.Flush(); err != nil {
		b.Error(err)
	}
}

// farm is a target with a stow directory, in which the package p has that many files, 25 in a directory, and the package
// q one directory.
type farm struct {
	target string
	links  int
}

func (w *workshop) farm(b *testing.B, n int) *farm {
	b.Helper()
	f := &farm{target: filepath.Join(w.dir, fmt.Sprint(n)), links: n}
	for i := range n {
		path := filepath.Join(f.pkg("p"), fmt.Sprintf("d%03d/s%02d/file%06d", i/500, i/25%20, i))
		if i%25 == 0 {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(f.pkg("q"), "folded/in"), 0o755); err != nil {
		b.Fatal(err)
	}
	return f
}

func (f *farm) pkg(name string) string { return filepath.Join(f.target, "stow", name) }

func (f *farm) stow(args []string) []string {
	return append([]string{"-d", filepath.Join(f.target, "stow"), "-t", f.target}, args...)
}

// empty leaves the stow directory alone in the target.
func (f *farm) empty(b *testing.B) {
	list, err := os.ReadDir(f.target)
	for _, e := range list {
		if e.Name() != "stow" && err == nil {
			err = os.RemoveAll(filepath.Join(f.target, e.Name()))
		}
	}
	if err != nil {
		b.Fatal(err)
	}
}

func (f *farm) unfold(b *testing.B) {
	if err := os.Remove(filepath.Join(f.target, "folded")); err != nil && !os.IsNotExist(err) {
		b.Fatal(err)
	}
}

// refill makes all links anew.
func (f *farm) refill(b *testing.B) {
	f.empty(b)
	f.full(b)
}

// full makes the links, unless they are there.
func (f *farm) full(b *testing.B) {
	if _, err := os.Lstat(filepath.Join(f.target, "d000")); err == nil {
		return
	}
	for i := range f.links {
		rel := fmt.Sprintf("d%03d/s%02d/file%06d", i/500, i/25%20, i)
		if i%25 == 0 {
			if err := os.MkdirAll(filepath.Join(f.target, filepath.Dir(rel)), 0o755); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.Symlink("../../stow/p/"+rel, filepath.Join(f.target, rel)); err != nil {
			b.Fatal(err)
		}
	}
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

func orDash(f float64) string {
	if f == 0 {
		return "-"
	}
	return fmt.Sprintf("%g", f)
}
