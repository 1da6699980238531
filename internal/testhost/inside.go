package testhost

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// insideEnv is set in test binaries that run in a host. They also inherit the number of rounds of a random test.
const (
	insideEnv = "CONVERGE_INSIDE_TESTHOST"
	roundsEnv = "CONVERGE_TEST_ROUNDS"
)

// source is the path of the module's tree in a host, read-only.
const source = "/run/testhost-source"

// Inside reports whether this test binary runs in a host.
func Inside() bool { return os.Getenv(insideEnv) == "1" }

// OnHost runs the calling test in a host: it is false beside the host, where
// the test has been run inside by the time it returns, and true inside. Beside the
// host the test is parallel: another test has a host of its own.
//
//	func TestUserAdd(t *testing.T) {
//		if !testhost.OnHost(t, testhost.Options{}) {
//			return
//		}
//		… // this machine is ours
//	}
func OnHost(t *testing.T, o Options) bool {
	t.Helper()
	if Inside() {
		return true
	}
	t.Parallel()
	RunInside(t, Start(t, o), t.Name())
	return false
}

// RunInside runs one test of the calling package in the host, by its test binary,
// built without cgo, and fails or skips with it. The package's
// folder is the working directory there too, read-only.
func RunInside(t *testing.T, h *Host, name string) {
	t.Helper()
	r, err := h.execTests(t, "-test.v", "-test.run", pattern(name))
	report(t, name, r, err)
}

// execTests runs the test binary of the calling package in the host.
func (h *Host) execTests(t testing.TB, args ...string) (Result, error) {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	bin, err := shareTests(t.Context(), h.own, "test-"+filepath.Base(wd))
	if err != nil {
		t.Fatal(err)
	}
	root, err := moduleRoot(wd)
	if err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(root, wd)
	if err != nil {
		t.Fatal(err)
	}
	return h.Exec(t.Context(), append([]string{"env", "-C", path.Join(source, rel), insideEnv + "=1", roundsEnv + "=" + os.Getenv(roundsEnv), path.Join(Dir, bin)}, args...)...)
}

// BenchOnHost is [OnHost] for a benchmark: beside the host, the results from inside become its metrics. Run it once
// (-benchtime 1x): each time it boots a host.
func BenchOnHost(b *testing.B, o Options) bool {
	b.Helper()
	if Inside() {
		return true
	}
	const times = "5x" // inside
	r, err := Start(b, o).execTests(b, "-test.run", "^$", "-test.benchtime", times, "-test.bench", pattern(b.Name()))
	if err != nil || r.Exit != 0 {
		b.Fatalf("in the host: %v, exit status %d\n%s", err, r.Exit, r.Stdout+r.Stderr)
	}
	metrics := parseBenchmark(r.Stdout, b.Name())
	if metrics == nil {
		b.Fatalf("there is no benchmark %s in the host's test binary:\n%s", b.Name(), r.Stdout+r.Stderr)
	}
	for unit, value := range metrics {
		b.ReportMetric(value, unit)
	}
	return false
}

// parseBenchmark reads the metrics of one benchmark, by unit:
//
//	BenchmarkNoOp-2   	       5	  14200000 ns/op	         1.3 x-of-list
func parseBenchmark(out, name string) map[string]float64 {
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != name && !strings.HasPrefix(f[0], name+"-") {
			continue
		}
		metrics := map[string]float64{}
		for i := 2; i+1 < len(f); i += 2 {
			if v, err := strconv.ParseFloat(f[i], 64); err == nil {
				metrics[f[i+1]] = v
			}
		}
		return metrics
	}
	return nil
}

// report gives t the outcome of a test inside.
func report(t *testing.T, name string, r Result, err error) {
	t.Helper()
	out := r.Stdout + r.Stderr
	switch {
	case err != nil:
		t.Fatalf("in the host: %v\n%s", err, out)
	case r.Exit != 0:
		t.Fatalf("in the host: exit status %d\n%s", r.Exit, out)
	case strings.Contains(out, "--- SKIP: "+name+" "):
		if os.Getenv("CONVERGE_REQUIRE_HOST") == "1" {
			t.Fatalf("skipped in the host:\n%s", out)
		}
		t.Skipf("skipped in the host:\n%s", out)
	case !strings.Contains(out, "--- PASS: "+name+" "):
		t.Fatalf("there is no test %s in the host's test binary:\n%s", name, out)
	default:
		t.Logf("in the host:\n%s", out)
	}
}

// pattern returns a pattern for exactly the test with that name, with subtests.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// Program builds the main package pkg ("converge/cmd/converge") without cgo, once per test process, and returns its path
// inside the host.
func (h *Host) Program(t testing.TB, pkg string) string {
	t.Helper()
	return path.Join(Dir, filepath.Base(Binary(t, pkg)))
}

// Binary builds the main package pkg without cgo, once per test process, and
// returns its path on this machine. In every host it is in [Dir].
func Binary(t testing.TB, pkg string) string {
	t.Helper()
	own, err := ownRun()
	if err != nil {
		t.Fatal(err)
	}
	bin, err := build(t.Context(), own, path.Base(pkg), "build", pkg)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(own, bin)
}

func moduleRoot(wd string) (string, error) {
	for d := wd; d != filepath.Dir(d); d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d, nil
		}
	}
	return "", errors.New("there is no go.mod above " + wd)
}
