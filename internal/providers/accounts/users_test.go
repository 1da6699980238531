package accounts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"

	"github.com/zclconf/go-cty/cty"
)

func TestUserConformance(t *testing.T) {
	resourcetest.Suite{
		Kind:  resources.User,
		World: world(func(a *accounts.Accounts) resource.Provider { return a.Users() }),
		Named: func(name string) (want, gone map[string]cty.Value) {
			return resourcetest.Attrs("name", name), resourcetest.Attrs("name", name, "ensure", "absent")
		},
		Without: map[resourcetest.Part]string{
			resourcetest.Aliases: "an account is declared by its name alone",
			resourcetest.Whole:   "State has the databases and the homes",
		},
		Cases: []resourcetest.Case{
			{
				Name: "full",
				Want: resourcetest.Attrs("name", "ann", "uid", 1500, "group", "staff", "groups", set("adm", "crew"),
					"home", "/home/ann", "shell", "/bin/sh", "comment", "Ann, with comma", "password", hash, "locked", false, "expires", "2031-01-31"),
				Check: func(t testing.TB, w *resourcetest.World) {
					line(t, w.Dir, "etc/passwd", "ann:x:1500:50:Ann, with comma:/home/ann:/bin/sh")
					line(t, w.Dir, "etc/group", "adm:x:4:ann")
					line(t, w.Dir, "etc/group", "crew:x:300:ann")
					line(t, w.Dir, "home/ann/.rc", "from skel")
					if got := shadow(t, w.Dir, "ann"); got != hash+" 22310" {
						t.Errorf("shadow has %s", got)
					}
				},
				Hidden: []resourcetest.Hidden{
					{
						Name: "days until a password that ended locks", Do: edit("etc/shadow", "::22310:", ":7:22310:"),
						LostBy: map[string]bool{"gone": true}, Irreversible: "nobody declares it, and what others removed is not recorded",
					},
				},
				Drifts: []resourcetest.Drift{
					{Name: "uid", Attr: "uid", Do: edit("etc/passwd", "ann:x:1500", "ann:x:1600")},
					{Name: "group", Attr: "group", Do: edit("etc/passwd", "1500:50:", "1500:4:")},
					{Name: "one group more", Attr: "groups", Do: edit("etc/group", "staff:x:50:", "staff:x:50:ann")},
					{Name: "one group less", Attr: "groups", Do: edit("etc/group", "crew:x:300:ann", "crew:x:300:")},
					{Name: "home", Attr: "home", Do: edit("etc/passwd", ":/home/ann:", ":/srv:")},
					{Name: "shell", Attr: "shell", Do: edit("etc/passwd", ":/home/ann:/bin/sh", ":/home/ann:/bin/bash")},
					{Name: "no shell", Attr: "shell", Do: edit("etc/passwd", ":/home/ann:/bin/sh", ":/home/ann:")},
					{Name: "comment", Attr: "comment", Do: edit("etc/passwd", "Ann, with comma", "")},
					{Name: "password", Attr: "password", Do: edit("etc/shadow", hash, other)},
					{Name: "locked", Attr: "locked", Do: edit("etc/shadow", hash, "!"+hash)},
					{Name: "expires", Attr: "expires", Do: edit("etc/shadow", ":22310:", "::")},
					{
						Name: "gone", Do: edit("etc/passwd", "ann:x:1500:50:Ann, with comma:/home/ann:/bin/sh\n", ""),
						Irreversible: "groups had a member that was not there, and userdel leaves none",
					},
				},
				Gone: resourcetest.Attrs("name", "ann", "ensure", "absent"),
				Removed: func(t testing.TB, w *resourcetest.World) {
					if _, err := os.Stat(filepath.Join(w.Dir, "home/ann/.rc")); err != nil {
						t.Errorf("the home went too: %v", err)
					}
				},
			},
			{
				Name: "name alone",
				Want: resourcetest.Attrs("name", "bob"),
				Check: func(t testing.TB, w *resourcetest.World) {
					line(t, w.Dir, "etc/group", "bob:x:1000:")
					line(t, w.Dir, "home/bob/.rc", "from skel")
				},
				Gone: resourcetest.Attrs("name", "bob", "ensure", "absent", "remove_home", true),
				Removed: func(t testing.TB, w *resourcetest.World) {
					if _, err := os.Stat(filepath.Join(w.Dir, "home/bob")); !os.IsNotExist(err) {
						t.Errorf("the home is still there: %v", err)
					}
				},
			},
			{
				Name:  "its group is there already",
				Given: edit("etc/group", "crew:x:300:", "crew:x:300:\nsvc:x:301:"),
				Want:  resourcetest.Attrs("name", "svc", "system", true, "uid", 301, "shell", "/usr/sbin/nologin"),
				Check: func(t testing.TB, w *resourcetest.World) {
					line(t, w.Dir, "etc/passwd", "svc:x:301:301::/home/svc:/usr/sbin/nologin")
					if _, err := os.Stat(filepath.Join(w.Dir, "home/svc")); err == nil {
						t.Error("a system account got a home")
					}
				},
			},
			{
				Name:  "its group is there already, and named",
				Given: edit("etc/group", "crew:x:300:", "crew:x:300:\nsvd:x:302:root"),
				Want:  resourcetest.Attrs("name", "svd", "group", "svd"),
			},
			{
				Name:   "groups are added to",
				Want:   resourcetest.Attrs("name", "cat", "groups", set("adm"), "append", true),
				Drifts: []resourcetest.Drift{{Name: "not in it", Attr: "groups", Do: edit("etc/group", "adm:x:4:cat", "adm:x:4:")}},
			},
			{
				Name:   "in no group",
				Want:   resourcetest.Attrs("name", "dan", "groups", set()),
				Drifts: []resourcetest.Drift{{Name: "in one", Attr: "groups", Do: edit("etc/group", "adm:x:4:", "adm:x:4:dan")}},
			},
			{
				Name: "locked with a password",
				Want: resourcetest.Attrs("name", "eve", "password", hash, "locked", true),
				Check: func(t testing.TB, w *resourcetest.World) {
					if got := shadow(t, w.Dir, "eve"); got != "!"+hash+" " {
						t.Errorf("shadow has %s", got)
					}
				},
				Drifts: []resourcetest.Drift{
					{Name: "unlocked", Attr: "locked", Do: edit("etc/shadow", "!"+hash, hash)},
					{Name: "another password", Attr: "password", Do: edit("etc/shadow", hash, other)},
				},
			},
			{
				Name: "how long a password lasts, of a locked account",
				Want: resourcetest.Attrs("name", "gil", "password", hash, "locked", true, "min_days", 1, "max_days", 60, "warn_days", 7, "inactive_days", -1),
				Check: func(t testing.TB, w *resourcetest.World) {
					if got := shadow(t, w.Dir, "gil"); got != "!"+hash+" " {
						t.Errorf("shadow has %s", got)
					}
				},
				Drifts: []resourcetest.Drift{
					{Name: "min", Attr: "min_days", Do: edit("etc/shadow", ":1:60:7:", "::60:7:")},
					{Name: "max", Attr: "max_days", Do: edit("etc/shadow", ":1:60:7:", ":1:99999:7:")},
					{Name: "warn", Attr: "warn_days", Do: edit("etc/shadow", ":1:60:7:", ":1:60:0:")},
					{Name: "inactive", Attr: "inactive_days", Do: edit("etc/shadow", ":1:60:7:", ":1:60:7:30")},
				},
			},
			{
				Name:   "never expires",
				Want:   resourcetest.Attrs("name", "fay", "expires", "never", "group", "300"),
				Drifts: []resourcetest.Drift{{Name: "expires", Attr: "expires", Do: edit("etc/shadow", "::::::\n", ":::::20000:\n")}},
			},
		},
	}.Run(t)
}

// More groups than asked for are none of our business with append.
func TestAppendKeepsOthers(t *testing.T) {
	root := newTree(t)
	p := open(t, root, accounts.Options{}).Users()
	resourcetest.Converge(t, build(t, resources.User, p, "name", "ann", "groups", set("adm", "crew")))
	more := build(t, resources.User, p, "name", "ann", "groups", set("staff", "crew"), "append", true)
	resourcetest.Converge(t, more)
	for _, want := range []string{"adm:x:4:ann", "crew:x:300:ann", "staff:x:50:ann"} {
		line(t, root, "etc/group", want)
	}
}

func TestHomeMoves(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given string // a folder that is there before
		attrs []any
		moved bool
	}{
		{"moved", "", nil, true},
		{"not for a system account", "", []any{"system", true}, false},
		{"not if it is not to be made", "", []any{"create_home", false}, false},
		{"not over something", "srv/ann", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := newTree(t)
			p := open(t, root, accounts.Options{}).Users()
			resourcetest.Converge(t, build(t, resources.User, p, "name", "ann"))
			if err := os.MkdirAll(filepath.Join(root, "srv", filepath.Base(tt.given)), 0o755); err != nil {
				t.Fatal(err)
			}
			resourcetest.Converge(t, build(t, resources.User, p, append([]any{"name", "ann", "home", "/srv/ann"}, tt.attrs...)...))
			_, err := os.Stat(filepath.Join(root, "srv/ann/.rc"))
			if (err == nil) != tt.moved {
				t.Errorf("moved: %v, want %v", err == nil, tt.moved)
			}
		})
	}
}

func TestUserErrors(t *testing.T) {
	root := newTree(t)
	p := open(t, root, accounts.Options{}).Users()
	resourcetest.Converge(t, build(t, resources.User, p, "name", "ann", "uid", 1500))
	for _, tt := range []struct {
		name  string
		attrs []any
		want  string
	}{
		{"uid is taken", []any{"name", "bob", "uid", 1500}, "useradd: UID 1500 is not unique (exit status 4)"},
		{"no such group", []any{"name", "bob", "group", "nope"}, "useradd: group 'nope' does not exist (exit status 6)"},
		{"no such groups", []any{"name", "ann", "groups", set("nope")}, "usermod: group 'nope' does not exist (exit status 6)"},
		{"nothing to unlock to", []any{"name", "ann", "locked", false}, `cannot unlock user "ann": it has no password`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := build(t, resources.User, p, tt.attrs...)
			err := p.Apply(t.Context(), resourcetest.Plan(t, r))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A rollback keeps the group of the user's name that was there before the user.
func TestGroupStaysInARollback(t *testing.T) {
	root := newTree(t)
	a := open(t, root, accounts.Options{})
	resourcetest.Converge(t, build(t, resources.User, a.Users(), "name", "ann", "uid", 1500))
	gone := build(t, resources.User, a.Users(), "name", "ann", "ensure", "absent")
	gone.Want = resource.With(gone.Want, "remove_group", cty.False)
	resourcetest.Converge(t, gone)
	line(t, root, "etc/group", "ann:x:1500:")
}

// userdel would remove the group of the user's name, which another resource declares.
func TestDeclaredGroupStays(t *testing.T) {
	root := newTree(t)
	a := open(t, root, accounts.Options{})
	resourcetest.Converge(t, build(t, resources.User, a.Users(), "name", "ann", "uid", 1500))
	gone, group := build(t, resources.User, a.Users(), "name", "ann", "ensure", "absent"), build(t, resources.Group, a.Groups(), "name", "ann")
	a.Declare([]*resource.Resource{gone, group})
	resourcetest.Converge(t, gone)
	line(t, root, "etc/group", "ann:x:1500:")
	if c := resourcetest.Plan(t, group); !c.Empty() {
		t.Errorf("the plan would %s the group", c.Action)
	}
}
