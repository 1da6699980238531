package apk_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	goapk "github.com/chainguard-dev/go-apk/pkg/apk"
	goapkfs "github.com/chainguard-dev/go-apk/pkg/fs"

	"converge/internal/pkgrepo"
	"converge/internal/providers/apk"
	"converge/internal/providers/apk/apktest"
	"converge/internal/providers/packages/tool"
)

// There is no apk to be had for Debian, but somebody else's implementation of its
// formats, the one with which Wolfi's images are made. It checks the signature of our
// index, solves by it, and installs our package; and what it writes into a root,
// the provider reads.
func TestAnotherApkReadsOurRepository(t *testing.T) {
	repo, root := t.TempDir(), t.TempDir()
	ours, other := newKeys(t, "ours"), newKeys(t, "other")
	s := &site{T: t}
	s.build(repo, named("base", "1.0"))
	s.build(repo, named("app", "1.0", "base"))
	s.build(repo, named("app", "1.1", "base >= 1.0"))
	s.must(pkgrepo.Update(t.Context(), repo, pkgrepo.Options{
		Name: "ours", Suite: "stable", Keys: ours, Now: time.Now, Log: func(string, string) {}, Warn: func(text string) { t.Error(text) },
	}))

	elsewhere := filepath.Join(t.TempDir(), "repo") // it keeps what it has read by the path
	s.must(os.Symlink(repo, elsewhere))
	if err := installWith(t, t.TempDir(), elsewhere, other[1]+".pub"); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Errorf("with another key: %v", err)
	}
	s.must(installWith(t, root, repo, ours[1]+".pub"))

	content, err := os.ReadFile(filepath.Join(root, "usr/share/app"))
	if err != nil || string(content) != "1.1" {
		t.Errorf("the file of app holds %q, %v", content, err)
	}
	m, err := apk.New(apk.Options{Options: tool.Options{Root: root, LockTimeout: -1, Runner: &apktest.Program{Root: root}}})
	s.must(err)
	defer m.Close()
	list, err := m.ReadInstalled(t.Context())
	s.must(err)
	var got []string
	for _, p := range list {
		got = append(got, p.Name+" "+p.Version+" "+p.Arch)
	}
	slices.Sort(got)
	if want := "app 1.1-r0 x86_64, base 1.0-r0 x86_64"; strings.Join(got, ", ") != want {
		t.Errorf("installed are %q, want %q", got, want)
	}
}

// newKeys makes an OpenPGP key, which is not used here, and one for apk.
func newKeys(t *testing.T, name string) []string {
	t.Helper()
	names, err := pkgrepo.NewKeys(t.TempDir(), name, 0, 2048, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return []string{names[0], names[2]}
}

// installWith installs app into an empty root that trusts one key.
func installWith(t *testing.T, root, repo, key string) error {
	t.Helper()
	a, err := goapk.New(goapk.WithFS(goapkfs.DirFS(root)), goapk.WithArch("x86_64"), goapk.WithIgnoreMknodErrors(true))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return a.InitDB(t.Context()) },
		func() error { return a.InitKeyring(t.Context(), []string{key}, nil) },
		func() error { return a.SetRepositories(t.Context(), []string{filepath.Join(repo, "apk")}) },
		func() error { return a.SetWorld(t.Context(), []string{"app"}) },
		func() error { return a.FixateWorld(t.Context(), nil) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
