package testhost

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestMetricsOfABenchmark(t *testing.T) {
	const out = "goos: linux\nBenchmarkNoOpToo-2 \t 5\t 1 ns/op\nBenchmarkNoOp-2   \t       5\t  14200000 ns/op\t         1.3 x-of-list\nPASS\n"
	want := map[string]float64{"ns/op": 14200000, "x-of-list": 1.3}
	if got := parseBenchmark(out, "BenchmarkNoOp"); !maps.Equal(got, want) {
		t.Error(got)
	}
	if got := parseBenchmark("PASS\n", "BenchmarkNoOp"); got != nil {
		t.Error(got)
	}
}

// A statically linked test binary runs in hosts itself: it is not linked twice.
func TestOwnBinaryIsShared(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if alone, err := isStatic(self); err != nil || !alone {
		t.Skip("this test binary needs libraries: ", err)
	}
	own := t.TempDir()
	name, err := shareTests(t.Context(), own, "test-x")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.Stat(self)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.Stat(filepath.Join(own, name)); err != nil || got.Size() != want.Size() || got.Mode()&0o111 == 0 {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
