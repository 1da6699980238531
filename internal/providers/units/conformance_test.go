package units_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/providers/files"
	"converge/internal/providers/units"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/userdb"
	"converge/resources"
)

// kept holds the contents that the provider of files saves.
type kept map[string]string

func (k kept) KeepFile(_ context.Context, f *os.File) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		return "", err
	}
	return k.KeepBytes(nil, text)
}

func (k kept) KeepBytes(_ context.Context, text []byte) (string, error) {
	digest, err := resource.BytesBlob(text).Digest()
	k[digest] = string(text)
	return digest, err
}

// content returns a saved content.
func (k kept) content(digest string) (*resource.Blob, error) {
	text, ok := k[digest]
	if !ok {
		return nil, fmt.Errorf("content %s was not kept", digest)
	}
	return resource.BytesBlob([]byte(text)), nil
}

// newMachine creates a root with a unit web.service and its program.
func newMachine(t testing.TB) (root string, p *units.Provider, k kept) {
	t.Helper()
	root, k = t.TempDir(), kept{}
	for name, text := range map[string]string{
		"/etc/passwd":                          "root:x:0:0::/root:/bin/sh\n",
		"/etc/group":                           "root:x:0:\n",
		"/etc/systemd/system/ours.service":     "[Service]\nExecStart=/usr/bin/webd\n",
		"/usr/lib/systemd/system/web.service":  "[Service]\nExecStart=/usr/bin/webd\n",
		"/usr/lib/systemd/system/tty@.service": "[Service]\nExecStart=/usr/bin/webd %i\n",
		"/usr/bin/webd":                        "#!/bin/sh\n",
		"/run/.keep":                           "",
	} {
		if err := os.MkdirAll(filepath.Dir(root+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+name, []byte(text), 0o755&^(0o111*mode(name))); err != nil {
			t.Fatal(err)
		}
	}
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	o := files.New(files.Options{FS: f, Accounts: userdb.New(root), RunID: "test", Keep: k})
	return root, units.New(units.Options{FS: f, Files: o}), k
}

// mode returns 1 for a file that must not be executable.
func mode(name string) os.FileMode {
	if strings.HasPrefix(name, "/usr/bin/") {
		return 0
	}
	return 1
}

// dump lists everything below root that the tests are about.
func dump(t testing.TB, root string, times bool) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root+"/etc", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".wants") { // an empty one stays
			return nil
		}
		text, _ := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %s %q\n", strings.TrimPrefix(path, root), info.Mode(), text)
		if times {
			fmt.Fprintln(&b, info.ModTime())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestConformance runs without systemd-analyze, which makes it faster: TestJudge covers that program.
func TestConformance(t *testing.T) {
	t.Setenv("PATH", "/nonexistent")
	a := resourcetest.Attrs
	const own, dropIn = "/etc/systemd/system/web2.service", "/etc/systemd/system/web.service.d/limits.conf"
	file := func(path, text string) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			t.Helper()
			if err := os.WriteFile(w.Root+path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	holds := func(path, text string) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			t.Helper()
			if got, err := os.ReadFile(w.Root + path); string(got) != text {
				t.Fatalf("%s holds %q, %v", path, got, err)
			}
		}
	}
	missing := func(path string) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			t.Helper()
			if _, err := os.Lstat(w.Root + path); !os.IsNotExist(err) {
				t.Fatalf("%s is there: %v", path, err)
			}
		}
	}
	start := map[string]any{"Service": map[string]any{"ExecStart": "/usr/bin/webd"}}
	resourcetest.Suite{
		Kind: resources.Unit,
		World: func(t testing.TB) *resourcetest.World {
			root, p, k := newMachine(t)
			return &resourcetest.World{
				Provider: p, Root: root,
				Fingerprint: func(t testing.TB) string { return dump(t, root, true) },
				Dump:        func(t testing.TB) string { return dump(t, root, false) },
				Content:     k.content,
			}
		},
		Without: map[resourcetest.Part]string{resourcetest.Kept: "shown for the same files by the suite of package files"},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("name", name, "content", "[Unit]\n"), a("name", name, "ensure", "absent")
		},
		Cases: []resourcetest.Case{{
			Name: "whole", Want: a("name", "web2", "sections", start), Check: holds(own, "[Service]\nExecStart=/usr/bin/webd\n"),
			Drifts: []resourcetest.Drift{{Name: "content", Attr: "content", Do: file(own, "edited\n"), Managed: "a unit has a content"}},
			OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
				return a("name", "web2.service", "sections", start)
			},
			Gone: a("name", "web2", "ensure", "absent"), Removed: missing(own),
		}, {
			Name: "drop-in", Want: a("name", "web", "drop_in", "limits", "content", "[Service]\nLimitNOFILE=9\n", "backup", true), Check: holds(dropIn, "[Service]\nLimitNOFILE=9\n"),
			Gone: a("name", "web", "drop_in", "limits", "ensure", "absent"), Removed: missing("/etc/systemd/system/web.service.d"),
		}, {
			Name: "drop-in of an instance", Want: a("name", "tty@1", "drop_in", "a", "content", "[Service]\nNice=1\n"),
			Check: holds("/etc/systemd/system/tty@1.service.d/a.conf", "[Service]\nNice=1\n"),
			Gone:  a("name", "tty@1", "drop_in", "a", "ensure", "absent"),
		}},
	}.Run(t)
}
