package apk_test

import (
	"os"
	"path/filepath"
	"testing"

	"converge/internal/providers/apk/apktest"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/resource"
	"converge/resources"
)

// The mirror has another version than the index that was fetched.
func TestRepositoryHasMovedOn(t *testing.T) {
	s := newSite(t, named("a", "1.0"))
	s.must(os.WriteFile(filepath.Join(s.root, "etc/apk/repositories"), []byte("https://example.org/alpine/main\n"), 0o644)) //nolint:gosec // apk's mode
	s.program.Mirror = func(string) string { return filepath.Join(s.root, "srv/repo") }
	s.must(s.manager.Refresh(t.Context(), false))
	s.must(os.Remove(filepath.Join(s.root, "srv/repo", apktest.Arch, "a-1.0-r0.apk")))
	s.publish(named("a", "1.1"))
	p := packages.New(s.manager.Parts(), packages.Options{})
	r := packagestest.Want(t, resources.Package(p), "", "a")
	s.must(p.Apply(t.Context(), resource.Diff(r, resource.Absent)))
	s.want(s.state(), "a 1.1-r0")
}
