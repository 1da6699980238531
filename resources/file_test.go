package resources_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func build(t *testing.T, kind *resource.Kind, dir string, pairs ...any) (*resource.Resource, error) {
	t.Helper()
	return resourcetest.Build(kind, &resourcetest.World{Dir: dir}, "x", resourcetest.Attrs(pairs...))
}

func TestFileKindsRefuse(t *testing.T) {
	file, template := resources.File(nil), resources.Template(nil)
	dir, link := resources.Directory(nil), resources.Link(nil)
	for _, c := range []struct {
		kind *resource.Kind
		with []any
		want string
	}{
		{file, []any{"content", "x"}, "path is required"},
		{file, []any{"path", "etc/motd"}, "path must be an absolute path"},
		{file, []any{"path", "/etc/../motd"}, `path must be a clean path: "/motd"`},
		{file, []any{"path", "/a/"}, `path must be a clean path: "/a"`},
		{file, []any{"path", "/a\x00b"}, "path must not contain a NUL byte"},
		{file, []any{"path", "/"}, "path: must not be the root directory"},
		{file, []any{"path", "/a", "content", "x", "source", "y"}, "source: cannot stand beside content"},
		{file, []any{"path", "/a", "sha256", strings.Repeat("0", 64)}, "sha256: is of no use without source"},
		{file, []any{"path", "/a", "sha256", "0"}, "sha256 must be 64 hexadecimal digits"},
		{file, []any{"path", "/a", "source", "https://x/y"}, "source: a URL needs sha256, the digest of what is there"},
		{file, []any{"path", "/a", "source", "https://x/y.git"}, "source: is a git repository, which nothing here clones"},
		{file, []any{"path", "/a", "source", "https://github.com/x/y"}, "source: is a git repository, which nothing here clones"},
		{file, []any{"path", "/a", "source", "git@x:y"}, "source: is a git repository, which nothing here clones"},
		{file, []any{"path", "/a", "source", "https://github.com/x/y/archive/1.tar.gz"}, "source: a URL needs sha256"},
		{file, []any{"path", "/a", "source", "ftp://x/y"}, `source: cannot fetch by "ftp": only http and https`},
		{file, []any{"path", "/a", "mode", "rw"}, `mode "rw" is not a mode like "0644" or "u=rw,go=r": "rw" lacks one of = + -`},
		{file, []any{"path", "/a", "owner", "a:b"}, "owner must be a name or a number"},
		{file, []any{"path", "/a", "on_edit", "panic"}, `on_edit must be one of ["overwrite" "keep" "stop"]`},
		{file, []any{"path", "/a", "verify", []string{"{path}"}}, "verify must name a command first; {path} stands for the new content"},
		{file, []any{"path", "/a", "backup", "../x"}, `backup must be true, false or a suffix like ".bak"`},
		{file, []any{"path", "/a", "type", "file"}, "type cannot be set"},
		{template, []any{"path", "/a"}, "needs one of source and inline"},
		{template, []any{"path", "/a", "inline", "{{ .x }}", "vars", map[string]any{"y": 1}}, "inline: "},
		{template, []any{"path", "/a", "inline", "x", "vars", "y"}, "vars must be an object or a map"},
		{dir, []any{"path", "/", "ensure", "absent"}, "path: the root directory cannot be absent"},
		{dir, []any{"path", "/", "purge", true}, "purge: would remove all of the system that is not declared: purge the folders that are this manifest's alone"},
		{link, []any{"path", "/a"}, "needs target, the path that the link points to"},
		{link, []any{"path", "/a", "target", ""}, "target must be the path that the link points to"},
	} {
		_, err := build(t, c.kind, "", c.with...)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s %q: %v\nwant: %s", c.kind.Name, c.with, err, c.want)
		}
	}
}

func TestAbsentWantsNothingElse(t *testing.T) {
	r, err := build(t, resources.File(nil), "", "path", "/a", "ensure", "absent", "content", "x", "mode", "0644", "owner", "me")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]cty.Value{"type": cty.StringVal("file"), "path": cty.StringVal("/a"), "ensure": cty.StringVal("absent")}
	if !r.Want.RawEquals(cty.ObjectVal(want)) {
		t.Error(r.Want.GoString())
	}
}

func TestSourceIsFixed(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, make([]byte, 2<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	b, err := resource.FileBlob(big, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, held := b.Bytes(); held || b.Size != 2<<20 {
		t.Errorf("2 MiB are held in memory, or counted as %d", b.Size)
	}
	r, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	os.WriteFile(big, make([]byte, 2<<20+1), 0o644)
	if _, err := b.Open(); err == nil || !strings.HasSuffix(err.Error(), "it was changed since the manifest was evaluated") {
		t.Errorf("a source that was changed: %v", err)
	}
	if _, err := resource.FileBlob(dir, nil); err == nil {
		t.Error("a directory was taken for content")
	}
	if _, err := resource.FileBlob(filepath.Join(dir, "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing source: %v", err)
	}
}

func TestPathLinks(t *testing.T) {
	for _, c := range []struct {
		kind     *resource.Kind
		with     []any
		provides []string
		needs    []string
	}{
		{
			resources.File(nil),
			[]any{"path", "/etc/nginx/x.conf", "owner", "www", "group", "33"},
			[]string{"path:/etc/nginx/x.conf"},
			[]string{"path:/etc/nginx", "path:/etc", "path:/etc/nginx/", "user:www", "group:33"},
		},
		{
			resources.File(nil),
			[]any{"path", "/etc/systemd/system/a@.service", "group", "adm"},
			[]string{"path:/etc/systemd/system/a@.service", "unit:a@.service"},
			[]string{"path:/etc/systemd/system", "path:/etc/systemd", "path:/etc", "path:/etc/systemd/system/", "group:adm"},
		},
		{
			resources.Template(nil),
			[]any{"path", "/etc/systemd/system/a.service.d/x.conf", "inline", ""},
			[]string{"path:/etc/systemd/system/a.service.d/x.conf", "shared unit:a.service"},
			[]string{"path:/etc/systemd/system/a.service.d", "path:/etc/systemd/system", "path:/etc/systemd", "path:/etc", "path:/etc/systemd/system/a.service.d/"},
		},
		{resources.Link(nil), []any{"path", "/etc/init.d/a", "target", "x"}, []string{"path:/etc/init.d/a", "unit:a.service"}, []string{"path:/etc/init.d", "path:/etc", "path:/etc/init.d/"}},
		{resources.File(nil), []any{"path", "/etc/init/a.conf"}, []string{"path:/etc/init/a.conf", "unit:a.service"}, []string{"path:/etc/init", "path:/etc", "path:/etc/init/"}},
		{resources.File(nil), []any{"path", "/a", "backup", true, "on_edit", "keep"}, []string{"path:/a", "path:/a.bak", "path:/a.converge-new"}, nil},
		{resources.File(nil), []any{"path", "/a/b/c", "ensure", "absent"}, []string{"path:/a/b/c", "gone in:/a/b", "gone in:/a"}, []string{"unpacks:/a/b", "unpacks:/a"}},
		{resources.Directory(nil), []any{"path", "/a/b", "ensure", "absent"}, []string{"path:/a/b", "gone in:/a"}, []string{"unpacks:/a", "gone in:/a/b"}},
		{resources.Directory(nil), []any{"path", "/a/b/c", "parents", true}, []string{"path:/a/b/c", "path:/a/b/", "path:/a/"}, []string{"path:/a/b", "path:/a"}},
		{resources.Directory(nil), []any{"path", "/"}, []string{"path:/"}, nil},
	} {
		r, err := build(t, c.kind, "", c.with...)
		if err != nil {
			t.Fatal(err)
		}
		l := r.Kind.Links(r.Want)
		for _, key := range l.Shares { // a drop-in makes no unit
			l.Provides = append(l.Provides, "shared "+key)
		}
		var needs []string
		for _, n := range l.Needs {
			needs = append(needs, n.Key)
		}
		if d := cmp.Diff(c.provides, l.Provides); d != "" {
			t.Errorf("%v provides (-want +got):\n%s", c.with, d)
		}
		if !slices.Equal(c.needs, needs) {
			t.Errorf("%v needs %q, want %q", c.with, needs, c.needs)
		}
	}
}

func TestSecretContent(t *testing.T) {
	k := resources.Template(nil)
	r, err := build(t, k, "", "path", "/a", "inline", "x", "sensitive", true)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Secret["content"] {
		t.Error("sensitive = true does not make the content secret")
	}
	r, err = build(t, k, "", "path", "/a", "inline", "x")
	if err != nil {
		t.Fatal(err)
	}
	if r.Secret["content"] || !k.Secrets(r.Want, map[string]bool{"vars": true})["content"] {
		t.Error("a content is secret exactly if what it is made from is")
	}
}

// TestOnePathHasOneForm: a path that a manifest put together from pieces is the
// same thing as one that was encoded as a whole.
func TestOnePathHasOneForm(t *testing.T) {
	for _, name := range append(resourcetest.OddNames(), "/p/é\u0301e", "/p/\u0301é") {
		if len(name) < 2 {
			continue
		}
		want := resource.EncodeBytes(name)
		for _, text := range []string{want, resource.EncodeText(name)} {
			file, err := build(t, resources.File(nil), "", "path", text)
			if err != nil {
				t.Fatal(err)
			}
			if got := file.Kind.Links(file.Want).Provides[0]; got != "path:"+want {
				t.Errorf("the file %q provides %q, want %q", text, got, want)
			}
			link, err := build(t, resources.Link(nil), "", "path", "/l", "target", text)
			if err != nil {
				t.Fatal(err)
			}
			if got := link.Kind.Links(link.Want).Leads; got != want {
				t.Errorf("a link to %q leads to %q, want %q", text, got, want)
			}
		}
	}
}
