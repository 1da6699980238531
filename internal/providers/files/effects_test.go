package files_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// effect is one declared thing on one machine, and the whole machine after.
type effect struct {
	summary  string
	given    []string // "d PATH", "f PATH CONTENT", "l PATH TARGET", "p PATH" (a pipe), "m MODE PATH"
	wrote    map[string]string
	also     []string // declared paths
	kind     func(resource.Provider) *resource.Kind
	want     map[string]cty.Value
	observe  string   // error of Observe: ends the case
	notes    []string // of the change
	destroys []string // paths that go besides
	attrs    string   // that the plan changes
	err      string   // of Apply, all of it
	tree     []string // whole; nil: as given
}

// ledger remembers contents by key.
type ledger map[string]string

func (l ledger) Wrote(key, digest string) (same, known bool) {
	content, ok := l[key]
	if !ok {
		return false, false
	}
	d, err := resource.BytesBlob([]byte(content)).Digest()
	return d == digest, err == nil
}

// kept records what is kept.
type kept struct{ contents []string }

func (k *kept) KeepFile(_ context.Context, f *os.File) (string, error) {
	b, err := io.ReadAll(f)
	if err != nil {
		return "", err
	}
	k.contents = append(k.contents, string(b))
	return resource.BytesBlob(b).Digest()
}

func (k *kept) KeepBytes(_ context.Context, b []byte) (string, error) {
	k.contents = append(k.contents, string(b))
	return resource.BytesBlob(b).Digest()
}

func attrs(pairs ...any) map[string]cty.Value { return resourcetest.Attrs(pairs...) }

func effects() []effect {
	return append(fileEffects(), treeEffects()...)
}

func fileEffects() []effect {
	return []effect{
		{
			summary: "a relative mode changes what is there",
			given:   []string{"f /a x", "m 0640 /a"}, kind: resources.File, want: attrs("path", "/a", "mode", "g+w,o=r"),
			attrs: "mode", tree: []string{`/a 0664 "x"`},
		},
		{
			summary: "neither content nor source makes an empty file",
			kind:    resources.File, want: attrs("path", "/a"),
			attrs: "type, path", tree: []string{`/a 0644 ""`},
		},
		{
			summary: "a sensitive file is private unless it says otherwise",
			kind:    resources.File, want: attrs("path", "/a", "content", "s", "sensitive", true),
			attrs: "type, path, content", tree: []string{`/a 0600 "s"`},
		},
		{
			summary: "a replaced file keeps its mode",
			given:   []string{"f /a old", "m 0751 /a"}, kind: resources.File, want: attrs("path", "/a", "content", "new"),
			attrs: "content", tree: []string{`/a 0751 "new"`},
		},
		{
			summary: "an edit is overwritten, and said",
			given:   []string{"f /a edited"}, wrote: map[string]string{"path:/a": "ours"},
			kind: resources.File, want: attrs("path", "/a", "content", "new"), attrs: "content",
			notes: []string{"edited since converge wrote it: the edited content is kept in the state folder"},
			tree:  []string{`/a 0644 "new"`},
		},
		{
			summary: "what converge wrote is no edit",
			given:   []string{"f /a ours"}, wrote: map[string]string{"path:/a": "ours"},
			kind: resources.File, want: attrs("path", "/a", "content", "new", "on_edit", "stop"), attrs: "content",
			tree: []string{`/a 0644 "new"`},
		},
		{
			summary: "an edit is kept, and ours parked",
			given:   []string{"f /a edited"}, wrote: map[string]string{"path:/a": "ours"},
			kind: resources.File, want: attrs("path", "/a", "content", "new", "on_edit", "keep"), attrs: "content",
			notes: []string{"edited since converge wrote it: left as it is, ours goes to /a.converge-new"},
			tree:  []string{`/a 0644 "edited"`, `/a.converge-new 0644 "new"`},
		},
		{
			summary: "an edit stops",
			given:   []string{"f /a edited"}, wrote: map[string]string{"path:/a": "ours"},
			kind: resources.File, want: attrs("path", "/a", "content", "new", "on_edit", "stop"),
			observe: `cannot replace "/a": it was edited since converge wrote it, and on_edit is "stop"; bring the edit into the manifest or undo it, or set on_edit to "keep" or "overwrite"`,
		},
		{
			summary: "a backup replaces the one before",
			given:   []string{"f /a old", "f /a~ older"}, kind: resources.File, want: attrs("path", "/a", "content", "new", "backup", "~"),
			attrs: "content", tree: []string{`/a 0644 "new"`, `/a~ 0644 "old"`},
		},
		{
			summary: "a removed file leaves its backup",
			given:   []string{"f /a old"}, kind: resources.File, want: attrs("path", "/a", "ensure", "absent", "backup", true),
			attrs: "ensure", tree: []string{`/a.bak 0644 "old"`},
		},
		{
			summary: "verify refuses: the old file stays, its output is shown",
			given:   []string{"f /a.conf good"}, kind: resources.File,
			want: attrs("path", "/a.conf", "content", "bad", "backup", true,
				"verify", []string{"sh", "-c", `echo "$1: line 1: bad" >&2; case $1 in *.conf) exit 3; esac`, "sh", "{path}"}),
			attrs: "content", err: "cannot replace \"/a.conf\": sh does not accept the new content: exit status 3\n/a.conf: line 1: bad",
		},
		{
			summary: "verify's output is withheld where the content is sensitive",
			kind:    resources.File,
			want:    attrs("path", "/a", "content", "secret", "sensitive", true, "verify", []string{"sh", "-c", "cat $0; exit 1", "{path}"}),
			attrs:   "type, path, content", err: `cannot replace "/a": sh does not accept the new content: exit status 1; its output is not shown, because the content is sensitive`,
		},
		{
			summary: "a link is refused",
			given:   []string{"f /b x", "l /a b"}, kind: resources.File, want: attrs("path", "/a", "content", "new"),
			observe: `cannot manage file "/a": it is a symbolic link; set follow = true to manage what it points to, or force = true to replace it`,
		},
		{
			summary: "a link in the place of a unit is refused",
			given:   []string{"d /etc", "d /etc/systemd", "d /etc/systemd/system", "l /etc/systemd/system/a.service /dev/null"}, kind: resources.File, want: attrs("path", "/etc/systemd/system/a.service", "content", "new"),
			observe: `cannot manage file "/etc/systemd/system/a.service": it is a symbolic link; a masked unit is one (systemctl unmask a.service), and force = true replaces it`,
		},
		{
			summary: "a link is followed inside the root",
			given:   []string{"d /d", "f /d/b x", "l /a /d/b"}, kind: resources.File, want: attrs("path", "/a", "content", "new", "follow", true),
			attrs: "content", tree: []string{"/a -> /d/b", "/d/ 0755", `/d/b 0644 "new"`},
		},
		{
			summary: "a link is replaced by force",
			given:   []string{"f /b x", "l /a b"}, kind: resources.File, want: attrs("path", "/a", "content", "new", "force", true),
			attrs: "type, path, content", notes: []string{`replaces a symbolic link to "b"`},
			tree: []string{`/a 0644 "new"`, `/b 0644 "x"`},
		},
		{
			summary: "links that go round are an error",
			given:   []string{"l /x y", "l /y x"}, kind: resources.File, want: attrs("path", "/x/a", "content", "new"),
			observe: `cannot look at "/x/a": too many levels of symbolic links`,
		},
		{
			summary: "a directory in the way is never replaced",
			given:   []string{"d /a"}, kind: resources.File, want: attrs("path", "/a", "content", "new", "force", true),
			observe: `cannot manage file "/a": it is a directory; move or remove it`,
		},
		{
			summary: "a pipe in the way does not block",
			given:   []string{"p /a"}, kind: resources.File, want: attrs("path", "/a", "content", "new"),
			observe: `cannot manage file "/a": it is a named pipe; set force = true to replace it`,
		},
		{
			summary: "a file where a directory should be",
			given:   []string{"f /a x"}, kind: resources.File, want: attrs("path", "/a/b", "content", "new"),
			observe: `cannot look at "/a/b": not a directory`,
		},
		{
			summary: "no directory to lie in",
			kind:    resources.File, want: attrs("path", "/no/b", "content", "new"),
			attrs: "type, path, content", err: `cannot create "/no/b": no such file or directory: there is no directory "/no"`,
		},
		{
			summary: "an owner that nobody is",
			kind:    resources.File, want: attrs("path", "/a", "content", "new", "owner", "nobody-here"),
			attrs: "type, path, content, owner", err: `cannot write "/a": no user "nobody-here" for owner: neither this host nor the manifest has it (user "nobody-here" { … } would make it)`,
		},
	}
}

func treeEffects() []effect {
	return []effect{
		{
			summary: "purge removes what is not declared, and lists it",
			given:   []string{"d /d", "f /d/keep x", "f /d/old x", "d /d/sub", "f /d/sub/keep x", "f /d/sub/old x", "d /d/gone", "f /d/gone/f x", "l /d/l /"},
			also:    []string{"/d/keep", "/d/sub/keep"}, kind: resources.Directory, want: attrs("path", "/d", "purge", true), attrs: "undeclared",
			destroys: []string{"/d/gone", "/d/gone/f", "/d/l", "/d/old", "/d/sub/old"},
			tree:     []string{"/d/ 0755", `/d/keep 0644 "x"`, "/d/sub/ 0755", `/d/sub/keep 0644 "x"`},
		},
		{
			summary: "recurse gives files the mode without execute, unless they have it",
			given:   []string{"d /d", "f /d/f x", "f /d/x x", "m 0755 /d/x", "d /d/sub", "m 2755 /d/sub"},
			kind:    resources.Directory, want: attrs("path", "/d", "recurse", true, "mode", "0750"), attrs: "differing, mode",
			tree: []string{"/d/ 0750", `/d/f 0640 "x"`, "/d/sub/ 0750", `/d/x 0750 "x"`},
		},
		{
			summary: "a directory that is not empty is not removed unasked",
			given:   []string{"d /d", "f /d/f x"}, kind: resources.Directory, want: attrs("path", "/d", "ensure", "absent"),
			attrs: "ensure", err: `cannot remove "/d": directory not empty (it holds "f"): set purge = true to remove what is in it`,
		},
		{
			summary: "a directory goes with all that is in it if asked",
			given:   []string{"d /d", "f /d/f x"}, kind: resources.Directory, want: attrs("path", "/d", "ensure", "absent", "purge", true),
			attrs: "ensure", destroys: []string{"/d/f"}, tree: []string{},
		},
		{
			summary: "a directory behind a link is managed where it is",
			given:   []string{"d /real", "l /d real"}, kind: resources.Directory, want: attrs("path", "/d", "mode", "0700"),
			attrs: "mode", tree: []string{"/d -> real", "/real/ 0700"},
		},
		{
			summary: "missing parents are an error",
			kind:    resources.Directory, want: attrs("path", "/a/b"),
			attrs: "type, path", err: `cannot create "/a/b": no such file or directory: there is no directory "/a"`,
		},
		{
			summary: "missing parents are made if asked",
			kind:    resources.Directory, want: attrs("path", "/a/b/c", "parents", true, "mode", "0700"),
			attrs: "type, path, mode", tree: []string{"/a/ 0755", "/a/b/ 0755", "/a/b/c/ 0700"},
		},
		{
			summary: "a link does not replace a file",
			given:   []string{"f /a x"}, kind: resources.Link, want: attrs("path", "/a", "target", "b"),
			observe: `cannot manage link "/a": it is a file; set force = true to replace it`,
		},
		{
			summary: "a link replaces a file by force",
			given:   []string{"f /a x"}, kind: resources.Link, want: attrs("path", "/a", "target", "b", "force", true),
			attrs: "type, path, target", notes: []string{"replaces what is there: a file"}, tree: []string{"/a -> b"},
		},
		{
			summary: "a link never replaces a directory",
			given:   []string{"d /a"}, kind: resources.Link, want: attrs("path", "/a", "target", "b", "force", true),
			observe: `cannot manage link "/a": it is a directory; move or remove it`,
		},
		{
			summary: "a file is not taken for a link to remove",
			given:   []string{"f /a x"}, kind: resources.Link, want: attrs("path", "/a", "ensure", "absent"),
			observe: `cannot manage link "/a": it is a file; it is left alone`,
		},
	}
}

func TestEffects(t *testing.T) {
	for _, e := range effects() {
		t.Run(e.summary, func(t *testing.T) {
			k := &kept{}
			m := newMachine(t, files.Options{Ledger: ledger(e.wrote), Keep: k})
			os.RemoveAll(m.root + "/etc")
			e.arrange(t, m.root)
			m.p.Declare(files.Site{Paths: e.also})
			before := perms(t, m.root)
			e.run(t, m)
			if e.tree == nil {
				e.tree = before
			}
			if d := cmp.Diff(e.tree, perms(t, m.root)); d != "" {
				t.Errorf("the machine after (-want +got):\n%s", d)
			}
		})
	}
}

func (e effect) run(t *testing.T, m *machine) {
	r, err := resourcetest.Build(e.kind(m.p), m.world(), "x", e.want)
	if err != nil {
		t.Fatal(err)
	}
	have, err := m.p.Observe(t.Context(), r.Want)
	if text(err) != e.observe {
		t.Fatalf("observe: %v\nwant: %s", err, e.observe)
	}
	if err != nil {
		return
	}
	c := resource.Diff(r, have)
	if got := resourcetest.Names(c); got != e.attrs {
		t.Errorf("the plan changes %q, want %q", got, e.attrs)
	}
	review := m.p.Review(t.Context(), c, resource.Outlook{Pending: resource.UnknownPending})
	if d := cmp.Diff(e.notes, review.Notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
	if d := cmp.Diff(e.destroys, review.Removes); d != "" || review.Blocked != nil {
		t.Errorf("removes (-want +got), %v:\n%s", review.Blocked, d)
	}
	if err := m.p.Apply(t.Context(), c); text(err) != e.err {
		t.Fatalf("apply: %v\nwant: %s", err, e.err)
	}
	if e.err == "" {
		if left := resourcetest.Plan(t, r); !left.Empty() {
			t.Errorf("applied, and yet the plan would %s: %s", left.Action, resourcetest.Names(left))
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (e effect) arrange(t *testing.T, root string) {
	t.Helper()
	for _, line := range e.given {
		f := strings.Fields(line)
		path := root + f[1]
		var err error
		switch f[0] {
		case "d":
			err = os.Mkdir(path, 0o755)
		case "f":
			err = os.WriteFile(path, []byte(f[2]), 0o644)
		case "l":
			err = os.Symlink(f[2], path)
		case "p":
			err = mkfifo(path)
		case "m":
			err = chmodBits(filepath.Join(root, f[2]), f[1])
		}
		if err != nil {
			t.Fatal(line, err)
		}
	}
}

// perms is the dump without owners, as lines.
func perms(t *testing.T, root string) []string {
	t.Helper()
	out := []string{}
	for line := range strings.Lines(tree(t, root, false)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		if f[0] == "/" {
			continue
		}
		switch rest := strings.Join(f[3:], ""); {
		case strings.HasPrefix(rest, "->"):
			out = append(out, f[0]+" "+rest)
		default:
			out = append(out, strings.TrimSpace(f[0]+" "+f[1]+" "+rest))
		}
	}
	return out
}
