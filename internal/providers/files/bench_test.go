package files_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/userdb"
	"converge/resources"
)

// The benchmarks come in pairs: what converge does, and the floor, the least
// that any program has to do for the same end. Ratios count, not times.

func benchContent(i int) []byte {
	return []byte("# file " + strconv.Itoa(i) + "\n" + string(bytes.Repeat([]byte("key = value\n"), 40)))
}

func benchPath(i int) string { return fmt.Sprintf("/d/%05d.conf", i) }

// site is n declared files under a root.
func site(b *testing.B, n int, root string) ([]*resource.Resource, *files.Provider) {
	b.Helper()
	f, err := fsys.Open(root)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	p := files.New(files.Options{FS: f, Accounts: userdb.New(root), RunID: "bench"})
	kind := resources.File(p)
	rs := make([]*resource.Resource, n)
	for i := range rs {
		rs[i], err = resourcetest.Build(kind, &resourcetest.World{}, strconv.Itoa(i), map[string]cty.Value{
			"path": cty.StringVal(benchPath(i)), "content": cty.StringVal(string(benchContent(i))), "mode": cty.StringVal("0644"),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return rs, p
}

// sideBySide calls do for 0..n-1 on all processors, as the engine observes.
func sideBySide(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				from := int(next.Add(32)) - 32
				if from >= n {
					return
				}
				for i := from; i < min(from+32, n); i++ {
					do(i)
				}
			}
		})
	}
	wg.Wait()
}

// reportCPU adds the processor time of an iteration, which a busy machine
// disturbs less than the time on the wall.
func reportCPU(b *testing.B) func() {
	used := func() int64 {
		var r syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &r)
		return r.Utime.Nano() + r.Stime.Nano()
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}

func BenchmarkNoop(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		root := b.TempDir()
		os.Mkdir(root+"/d", 0o755)
		for i := range n {
			os.WriteFile(root+benchPath(i), benchContent(i), 0o644)
		}
		b.Run(fmt.Sprintf("floor-%d", n), func(b *testing.B) {
			contents := make([][]byte, n)
			for i := range contents {
				contents[i] = benchContent(i)
			}
			defer reportCPU(b)()
			for b.Loop() {
				sideBySide(n, func(i int) {
					got, err := os.ReadFile(root + benchPath(i))
					if err != nil || !bytes.Equal(got, contents[i]) {
						b.Error(i, err)
					}
				})
			}
		})
		// The process's own root, as on a real host, and a root of its own, as
		// for an image.
		for _, at := range []string{"host", "root"} {
			rs, p := site(b, n, root)
			if at == "host" {
				rs, p = hostSite(b, n, root)
			}
			b.Run(fmt.Sprintf("%s-%d", at, n), func(b *testing.B) {
				defer reportCPU(b)()
				ctx := context.Background()
				for b.Loop() {
					sideBySide(n, func(i int) {
						have, err := p.Observe(ctx, rs[i].Want)
						if err != nil || !resource.Diff(rs[i], have).Empty() {
							b.Error(i, err)
						}
					})
				}
			})
		}
	}
}

// hostSite is site for the process's own root.
func hostSite(b *testing.B, n int, dir string) ([]*resource.Resource, *files.Provider) {
	b.Helper()
	rs, _ := site(b, n, dir)
	f, err := fsys.Open("/")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	for i, r := range rs {
		r.Want = resource.With(r.Want, "path", cty.StringVal(dir+benchPath(i)))
	}
	return rs, files.New(files.Options{FS: f, Accounts: userdb.New("/"), RunID: "bench"})
}

func BenchmarkCreate(b *testing.B) {
	const n = 1_000
	contents := make([][]byte, n)
	for i := range contents {
		contents[i] = benchContent(i)
	}
	loop := func(b *testing.B, durable bool) {
		for b.Loop() {
			b.StopTimer()
			root := freshDir(b)
			b.StartTimer()
			for i, c := range contents {
				if err := writeRename(root+benchPath(i), c, durable); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("rename-loop", func(b *testing.B) { loop(b, false) })
	b.Run("fsync-loop", func(b *testing.B) { loop(b, true) })
	b.Run("converge", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			rs, p := site(b, n, freshDir(b))
			cs := make([]resource.Change, n)
			for i, r := range rs {
				cs[i] = resource.Diff(r, resource.Absent)
			}
			b.StartTimer()
			if err := errors.Join(p.ApplyAll(context.Background(), cs, resource.Forecast{}).Errs...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func freshDir(b *testing.B) string {
	b.Helper()
	root, err := os.MkdirTemp(b.TempDir(), "")
	if err == nil {
		err = os.Mkdir(root+"/d", 0o755)
	}
	if err != nil {
		b.Fatal(err)
	}
	return root
}

// writeRename is what a program does that writes files one at a time.
func writeRename(path string, content []byte, durable bool) error {
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil && durable {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
