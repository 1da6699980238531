package accounts_test

import (
	"strings"
	"testing"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"

	"github.com/zclconf/go-cty/cty"
)

func TestGroupConformance(t *testing.T) {
	withUsers := edit("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n",
		"root:x:0:0:root:/root:/bin/sh\nann:x:1000:50::/:/bin/sh\nbob:x:1001:50::/:/bin/sh\n")
	resourcetest.Suite{
		Kind:  resources.Group,
		World: world(func(a *accounts.Accounts) resource.Provider { return a.Groups() }),
		Named: func(name string) (want, gone map[string]cty.Value) {
			return resourcetest.Attrs("name", name), resourcetest.Attrs("name", name, "ensure", "absent")
		},
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:    "a group has nothing besides its number and members",
			resourcetest.Aliases: "a group is declared by its name alone",
			resourcetest.Whole:   "State has the databases",
		},
		Cases: []resourcetest.Case{
			{
				Name: "full", Given: withUsers, Alone: true,
				Want:  resourcetest.Attrs("name", "deploy", "gid", 1500, "members", set("ann", "bob")),
				Check: func(t testing.TB, w *resourcetest.World) { line(t, w.Dir, "etc/group", "deploy:x:1500:ann,bob") },
				Drifts: []resourcetest.Drift{
					{Name: "gid", Attr: "gid", Do: edit("etc/group", "deploy:x:1500:", "deploy:x:1600:")},
					{Name: "one member less", Attr: "members", Do: edit("etc/group", "ann,bob", "ann")},
					{Name: "one member more", Attr: "members", Do: edit("etc/group", "ann,bob", "ann,bob,root")},
					{Name: "gone", Do: func(t testing.TB, w *resourcetest.World) {
						edit("etc/group", "deploy:x:1500:ann,bob\n", "")(t, w)
						edit("etc/gshadow", "deploy:!::ann,bob\n", "")(t, w)
					}},
				},
				Gone: resourcetest.Attrs("name", "deploy", "ensure", "absent"),
			},
			{Name: "name alone", Want: resourcetest.Attrs("name", "plain"), Gone: resourcetest.Attrs("name", "plain", "ensure", "absent")},
			{Name: "system", Want: resourcetest.Attrs("name", "sys", "system", true)},
			{
				Name: "no members", Given: withUsers, Alone: true, Want: resourcetest.Attrs("name", "crew2", "members", set()),
				Drifts: []resourcetest.Drift{{Name: "one", Attr: "members", Do: edit("etc/group", "crew2:x:1000:", "crew2:x:1000:ann")}},
			},
			{
				Name: "members are added to", Given: withUsers, Alone: true,
				Want:   resourcetest.Attrs("name", "team", "members", set("ann"), "append", true),
				Drifts: []resourcetest.Drift{{Name: "another", Attr: "members", Do: edit("etc/group", "team:x:1000:ann", "team:x:1000:bob")}},
			},
		},
	}.Run(t)
}

func TestGroupErrors(t *testing.T) {
	root := newTree(t)
	a := open(t, root, accounts.Options{})
	resourcetest.Converge(t, build(t, resources.User, a.Users(), "name", "ann", "group", "crew"))
	resourcetest.Converge(t, build(t, resources.User, a.Users(), "name", "bob", "group", "crew"))
	p := a.Groups()
	for _, tt := range []struct {
		name  string
		attrs []any
		want  string
	}{
		{"a primary group stays", []any{"name", "crew", "ensure", "absent"}, `cannot remove group "crew": it is the primary group of ann, bob`},
		{"gid is taken", []any{"name", "new", "gid", 4}, "groupadd: GID '4' already exists (exit status 4)"},
		{"no such member", []any{"name", "adm", "members", set("nobody")}, "gpasswd: user 'nobody' does not exist (exit status 3)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := build(t, resources.Group, p, tt.attrs...)
			err := p.Apply(t.Context(), resourcetest.Plan(t, r))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestGroupNotes(t *testing.T) {
	root := newTree(t)
	p := open(t, root, accounts.Options{}).Groups()
	ch := resourcetest.Plan(t, build(t, resources.Group, p, "name", "adm", "gid", 4000))
	if notes := p.Review(t.Context(), ch, resource.Outlook{}).Notes; len(notes) != 1 || notes[0] != "files that belong to the old number keep it" {
		t.Errorf("got %q", notes)
	}
}
