package packagestest

import (
	"context"
	"iter"
	"os"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/packages"
	"converge/internal/resource"
	"converge/resources"
)

// Selection is a repository that decides, by a priority or a pin, which version of the
// fixture many is installed.
type Selection struct {
	File          string // that has the repository
	Text          string // of the file with it
	Without, With string // the versions that a plan shows without and with the repository

	Upgrade func(t testing.TB) // makes the manager upgrade the package itself
}

// Definition is the native text of a repository of these attributes.
func Definition(t testing.TB, attrs map[string]cty.Value) string {
	t.Helper()
	want, err := resources.Repository(nil).Prepare(resource.Input{Attrs: attrs})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := resource.Must[resources.RepositoryWant](cty.ObjectVal(want)).Definition.Bytes()
	return string(text)
}

// CheckSelection checks that a plan names the version that the repository selects, before the
// repository is set up and after, that this version is installed, and that an upgrade by the
// manager alone keeps it.
func CheckSelection(t *testing.T, w *World, s Selection) {
	w.Clean(t)
	before, err := os.ReadFile(s.File)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	defer func() {
		w.Clean(t)
		if err := os.Remove(s.File); err != nil {
			t.Error(err)
		}
		if before != nil {
			writeFile(t, s.File, string(before))
		}
	}()
	plan := func(version string, planned map[string][]byte) func() error {
		t.Helper()
		p := w.New(t, packages.Options{
			Planned: func(context.Context, iter.Seq[resource.Change]) map[string][]byte { return planned },
			Notice:  func(m string) { t.Error(m) },
		})
		r := Want(t, resources.Package(nil, resources.NamedProvider{Name: w.Manager, Provider: p}), w.Manager, Prefix+"many")
		cs := []resource.Change{resource.Diff(r, resource.Absent)}
		f, err := p.Solve(t.Context(), cs, func(func(resource.Change) bool) {})
		if err != nil {
			t.Fatal(err)
		}
		if got := versionOf(f.Changes[0]); got != w.Full(version) {
			t.Errorf("the plan shows %q, want %q", got, w.Full(version))
		}
		return func() error { return p.ApplyAll(t.Context(), cs, f).Err(0) }
	}
	plan(s.Without, nil)
	plan(s.With, map[string][]byte{s.File: []byte(s.Text)})
	writeFile(t, s.File, s.Text)
	if err := plan(s.With, nil)(); err != nil {
		t.Fatal(err)
	}
	s.Upgrade(t)
	if got := w.Installed(t, Prefix+"many"); got != w.Full(s.With) {
		t.Errorf("by itself the manager has made it %s", got)
	}
}
