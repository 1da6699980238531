package pacman

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// The paths of a machine without a configuration.
const (
	localDir = defaultDB + "/local"
	lockFile = defaultDB + "/db.lck"
	logFile  = defaultLog
	cacheDir = defaultCache
)

// noPrograms fails a test that runs a program.
type noPrograms struct{ t testing.TB }

func (n noPrograms) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	n.t.Errorf("unexpected: %v", c.Argv)
	return tool.Result{Status: 127}, nil
}

// tree returns a root with pacman and n packages.
func tree(t testing.TB, n int) string {
	t.Helper()
	root := t.TempDir()
	for i := range n {
		dir := filepath.Join(root, localDir, fmt.Sprintf("package-%d-1.%d-1", i, i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		desc := fmt.Sprintf("%%NAME%%\npackage-%d\n\n%%VERSION%%\n1.%d-1\n\n%%ARCH%%\nany\n\n%%PROVIDES%%\nvirtual-%d\n\n", i, i, i)
		if err := os.WriteFile(filepath.Join(dir, "desc"), []byte(desc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func provider(t testing.TB, root string) *packages.Provider {
	t.Helper()
	m, err := New(Options{Options: tool.Options{Root: root, Runner: noPrograms{t}}})
	if err != nil {
		t.Fatal(err)
	}
	return packages.New(m.Parts(), packages.Options{Tree: m.Tree})
}

func observeAll(t testing.TB, p *packages.Provider, n int) {
	k := resources.Package(p)
	for i := range n {
		r := packagestest.Want(t, k, "", fmt.Sprintf("package-%d", i), "version", fmt.Sprintf("1.%d-1", i))
		if have, err := p.Observe(t.Context(), r.Want); err != nil || !resource.Diff(r, have).Empty() {
			t.Fatal(have, err)
		}
	}
}

// TestObserveRunsNothing: an observation without changes runs no program.
func TestObserveRunsNothing(t *testing.T) { observeAll(t, provider(t, tree(t, 50)), 50) }

func TestDatabaseIsReadOnceForAllDeclarations(t *testing.T) {
	m, err := New(Options{Options: tool.Options{Root: tree(t, 2), Runner: noPrograms{t}}})
	if err != nil {
		t.Fatal(err)
	}
	packagestest.CheckReadsOnce(t, m.Parts(), "package-1")
}

// TestHalfInstalledPackageIsBroken: a killed pacman leaves a folder without a description; a running one has such a
// folder too.
func TestHalfInstalledPackageIsBroken(t *testing.T) {
	root := tree(t, 1)
	if err := os.MkdirAll(filepath.Join(root, localDir, "half-done-2.0-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := provider(t, root)
	r := packagestest.Want(t, resources.Package(p), "", "half-done")
	have, err := p.Observe(t.Context(), r.Want)
	if err != nil {
		t.Fatal(err)
	}
	if c := resource.Diff(r, have); c.Empty() || c.Action != resource.Update {
		t.Error(c)
	}
}

func TestMachineWithoutPacman(t *testing.T) {
	p := provider(t, t.TempDir())
	_, err := p.Observe(t.Context(), packagestest.Want(t, resources.Package(p), "", "a").Want)
	if !errors.Is(err, resource.ErrMissing) || !strings.HasPrefix(err.Error(), "there is no pacman here") {
		t.Error(err)
	}
}

// BenchmarkNoOp observes 500 packages of a machine that has 500, by one read of the database.
func BenchmarkNoOp(b *testing.B) {
	root := tree(b, 500)
	k := resources.Package(nil)
	var rs []*resource.Resource
	for i := range 500 {
		rs = append(rs, packagestest.Want(b, k, "", fmt.Sprintf("package-%d", i)))
	}
	for b.Loop() {
		p := provider(b, root)
		for _, r := range rs {
			if have, err := p.Observe(b.Context(), r.Want); err != nil || !have.RawEquals(r.Want) {
				b.Fatal(have, err)
			}
		}
	}
}
