package resources_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// undone writes what is to be wanted as "KIND NAME want: … made: …".
func undone(us []resource.RevertTarget) []string {
	var out []string
	for _, u := range us {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s want:%s made:%s", u.Kind, u.Name, attrText(u.Want), attrText(u.Made))))
	}
	return out
}

func attrText(m map[string]cty.Value) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		v := m[name]
		text := fmt.Sprintf("%#v", v)
		switch {
		case resource.AsBlob(v) != nil:
			text = "(content)"
		case v.Type() == cty.String:
			text = v.AsString()
		case v.Type() == cty.Bool:
			text = fmt.Sprint(v.True())
		case v.Type() == cty.Number:
			text = v.AsBigFloat().String()
		case v.CanIterateElements():
			text = fmt.Sprint(resource.GoValue(v))
		}
		fmt.Fprintf(&b, " %s=%s", name, text)
	}
	return b.String()
}

func sparse(pairs ...any) cty.Value { return cty.ObjectVal(resourcetest.Attrs(pairs...)) }

func names(s ...string) cty.Value {
	vals := make([]cty.Value, len(s))
	for i, n := range s {
		vals[i] = cty.StringVal(n)
	}
	return cty.SetVal(vals)
}

func blob(s string) cty.Value { return resource.BlobVal(resource.BytesBlob([]byte(s))) }

// What to want of a thing so that it is as it was, and what the run must have
// left for that to be right.
func TestUndo(t *testing.T) {
	file, pkg, user, group := resources.File(nil), resources.Package(nil), resources.User(nil), resources.Group(nil)
	none := resource.Absent
	for _, c := range []struct {
		summary       string
		kind          *resource.Kind
		before, after cty.Value
		also, purge   bool
		want          []string
	}{
		{
			"a file made", file, none, sparse("type", "file", "path", "/x", "content", blob("new"), "mode", "0644", "backup", ".bak"), false, false,
			[]string{"want: ensure=absent path=/x type=file made: content=(content) mode=0644 path=/x type=file"},
		},
		{
			"only what was touched", file, sparse("type", "file", "path", "/x", "content", blob("same"), "mode", "0600", "owner", "a", "group", "b"),
			sparse("type", "file", "path", "/x", "content", blob("same"), "mode", "0644", "owner", "a"), false, false,
			[]string{"want: mode=0600 path=/x type=file made: mode=0644 path=/x type=file"},
		},
		{
			"nothing touched", file, sparse("type", "file", "path", "/x", "content", blob("same"), "mode", "0644"),
			sparse("type", "file", "path", "/x", "content", blob("same")), false, false, nil,
		},
		{
			"set-id bits that went with the owner", file, sparse("type", "file", "path", "/x", "mode", "6755", "owner", "a", "group", "b"),
			sparse("type", "file", "path", "/x", "owner", "root"), false, false,
			[]string{"want: mode=6755 owner=a path=/x type=file made: owner=root path=/x type=file"},
		},
		{
			"a file removed; not everybody could read it", file, sparse("type", "file", "path", "/x", "content", blob("old"), "mode", "0640", "owner", "a", "group", "b"),
			sparse("type", "file", "path", "/x", "ensure", "absent"), false, false,
			[]string{"file  want: content=(content) group=b mode=0640 owner=a path=/x sensitive=true type=file made: ensure=absent path=/x type=file"},
		},
		{
			"an empty file removed: there is nothing to hide", file, sparse("type", "file", "path", "/x", "content", blob(""), "mode", "0640", "owner", "a", "group", "b"),
			sparse("type", "file", "path", "/x", "ensure", "absent"), false, false,
			[]string{"file  want: content=(content) group=b mode=0640 owner=a path=/x type=file made: ensure=absent path=/x type=file"},
		},
		{
			"a file changed that not everybody could read: the change has shown what was in it", file,
			sparse("type", "file", "path", "/x", "content", blob("old"), "mode", "0440", "owner", "a", "group", "b"),
			sparse("type", "file", "path", "/x", "content", blob("new"), "mode", "0644"), false, false,
			[]string{"want: content=(content) mode=0440 path=/x type=file made: content=(content) mode=0644 path=/x type=file"},
		},
		{
			"a link replaced by a file", file, sparse("type", "link", "path", "/x", "target", "y", "owner", "a", "group", "b"),
			sparse("type", "file", "path", "/x", "content", blob("new"), "force", true), false, false,
			[]string{"link  want: force=true group=b owner=a path=/x target=y type=link made: content=(content) path=/x type=file"},
		},
		{
			"a package installed", pkg, none, sparse("name", "p", "ensure", "present", "version", "1"), false, false,
			[]string{"want: ensure=absent name=p made: ensure=present mark=keep name=p version=1"},
		},
		{
			"and purged", pkg, none, sparse("name", "p", "ensure", "present", "version", "1"), false, true,
			[]string{"want: ensure=purged name=p made: ensure=present mark=keep name=p version=1"},
		},
		{
			"a package upgraded, of any provider", pkg, sparse("name", "p", "ensure", "present", "version", ">= 1", "installed", "1.1"),
			sparse("name", "p", "ensure", "present", "version", "2.0", "provider", "stow2"), false, false,
			[]string{"want: allow_downgrade=true ensure=present name=p provider=stow2 version=1.1 made: ensure=present mark=keep name=p provider=stow2 version=2.0"},
		},
		{
			"a package upgraded along", pkg, sparse("name", "p", "ensure", "present", "version", "1"), sparse("name", "p", "ensure", "present", "version", "2"), true, false,
			[]string{"want: allow_downgrade=true ensure=present mark=keep name=p version=1 made: ensure=present mark=keep name=p version=2"},
		},
		{
			"a package removed that was held, and nobody had asked for", pkg, sparse("name", "p", "ensure", "present", "version", "1", "hold", true, "mark", "auto"),
			sparse("name", "p", "ensure", "absent"), false, false,
			[]string{"want: allow_downgrade=true ensure=present hold=true mark=auto name=p version=1 made: ensure=absent name=p"},
		},
		{
			"a hold", pkg, sparse("name", "p", "ensure", "present", "version", "1", "installed", "1", "hold", false),
			sparse("name", "p", "ensure", "present", "hold", true, "version", "1"), false, false,
			[]string{"want: ensure=present hold=false name=p made: ensure=present hold=true mark=keep name=p version=1"},
		},
		{
			"members that a run added", group, sparse("name", "g", "gid", 7, "members", names("a")), sparse("name", "g", "members", names("b"), "append", true), false, false,
			[]string{"want: members=[a] name=g made: members=[a b] name=g"},
		},
		{
			"a password: the journal does not say which it became", user, sparse("name", "u", "password", blob("$6$old"), "shell", "/bin/sh"),
			sparse("name", "u", "shell", "/bin/sh"), false, false,
			[]string{"want: name=u password=$6$old made: name=u"},
		},
		{
			"a user removed, with the group of its name", user,
			sparse("name", "u", "uid", 1001, "gid", 1001, "group", "u", "groups", names("adm"), "home", "/home/u", "shell", "/bin/sh", "locked", false),
			sparse("name", "u", "ensure", "absent"), false, false,
			[]string{
				"group u want: gid=1001 name=u made: ensure=absent name=u",
				"want: create_home=false group=u groups=[adm] home=/home/u locked=false name=u shell=/bin/sh uid=1001 made: ensure=absent name=u",
			},
		},
		{
			"a user removed, without the group of its name", user, sparse("name", "u", "uid", 1001, "gid", 1001, "group", "u"),
			sparse("name", "u", "ensure", "absent", "remove_group", false), false, false,
			[]string{"want: create_home=false group=u name=u uid=1001 made: ensure=absent name=u"},
		},
		{
			"a user made, and the group of its name", user, none, sparse("name", "u", "uid", 1001), false, true,
			[]string{"want: ensure=absent name=u remove_home=true made: name=u uid=1001"},
		},
		{
			"a user made, whose group was there", user, none, sparse("name", "u", "uid", 1001, "group", "u"), false, true,
			[]string{"want: ensure=absent name=u remove_group=false remove_home=true made: group=u name=u uid=1001"},
		},
	} {
		t.Run(c.summary, func(t *testing.T) {
			us, err := c.kind.Undo(resource.Past{Name: "x", Before: c.before, After: c.after, Also: c.also, Purge: c.purge})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, undone(us)); d != "" {
				t.Error(d)
			}
		})
	}
}

// A content that converge wrote is as sensitive as it was declared. That of another file that not everybody may read
// is presumed to be sensitive.
func TestUndoPresumesSecrets(t *testing.T) {
	for _, c := range []struct {
		summary            string
		mode               string
		written            bool
		sensitive, presume bool
	}{
		{"of converge, not sensitive", "0440", true, false, false},
		{"of something else", "0440", false, true, true},
		{"of something else, for everybody", "0644", false, false, false},
	} {
		t.Run(c.summary, func(t *testing.T) {
			us, err := resources.File(nil).Undo(resource.Past{
				Name: "x", Written: c.written,
				Before: sparse("type", "file", "path", "/x", "content", blob("old"), "mode", c.mode, "owner", "a", "group", "b"),
				After:  sparse("type", "file", "path", "/x", "ensure", "absent"),
			})
			if err != nil || len(us) != 1 {
				t.Fatal(us, err)
			}
			_, sensitive := us[0].Want["sensitive"]
			if sensitive != c.sensitive || us[0].Presumed != c.presume {
				t.Errorf("sensitive %v, presumed %v", sensitive, us[0].Presumed)
			}
		})
	}
}

// What cannot be undone is an error, and nothing is made up.
func TestUndoImpossible(t *testing.T) {
	lost := resource.BlobVal(resource.DigestBlob("d", -1, func() (io.ReadCloser, error) { return nil, errors.New("not kept") }))
	for _, c := range []struct {
		summary       string
		kind          *resource.Kind
		before, after cty.Value
		want          string
	}{
		{"a command", resources.Exec(nil), resource.Absent, sparse("command", "true"), resource.ErrOpaque.Error()},
		{
			"a content that is not kept", resources.File(nil), sparse("type", "file", "path", "/x", "content", lost, "mode", "0644"),
			sparse("type", "file", "path", "/x", "ensure", "absent"), "cannot put its old content back: not kept",
		},
		{
			"a pipe", resources.File(nil), sparse("type", "pipe", "path", "/x", "mode", "0644"),
			sparse("type", "file", "path", "/x", "force", true), "there was a pipe, which cannot be made again",
		},
	} {
		t.Run(c.summary, func(t *testing.T) {
			us, err := c.kind.Undo(resource.Past{Name: "x", Before: c.before, After: c.after})
			if err == nil || err.Error() != c.want || len(us) > 0 {
				t.Errorf("%v, %v; want %q", undone(us), err, c.want)
			}
		})
	}
}
