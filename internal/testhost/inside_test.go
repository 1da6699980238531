package testhost

import (
	"maps"
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
