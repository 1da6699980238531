package resources_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func TestAccountsRefuse(t *testing.T) {
	for _, tt := range []struct {
		name  string
		kind  *resource.Kind
		attrs []any
		want  string
	}{
		{"a number as name", resources.User(nil), []any{"name", "1000"}, "name must not be a number"},
		{"an option as name", resources.User(nil), []any{"name", "-r"}, "name must not start with - nor hold blanks or any of : , /"},
		{"another field", resources.Group(nil), []any{"name", "a:b"}, "name must not start with - nor hold blanks or any of : , /"},
		{"too long", resources.User(nil), []any{"name", strings.Repeat("a", 33)}, "name must have 1 to 32 characters"},
		{"a list in one name", resources.Group(nil), []any{"name", "a", "members", cty.SetVal([]cty.Value{cty.StringVal("b,c")})}, `members must hold names, and "b,c" must not start with - nor hold blanks or any of : , /`},
		{"the uid that means none", resources.User(nil), []any{"name", "a", "uid", cty.NumberIntVal(1<<32 - 1)}, "uid must be a whole number from 0 to 4294967294"},
		{"half a gid", resources.Group(nil), []any{"name", "a", "gid", cty.NumberFloatVal(1.5)}, "gid must be a whole number from 0 to 4294967294"},
		{"a password itself", resources.User(nil), []any{"name", "a", "password", "hunter2"}, "password must be a hash as mkpasswd writes it ($y$…, $6$…), and not the password itself; `openssl passwd -6` prints one, and \"!\" or \"*\" is one that no password matches"},
		{"no password at all", resources.User(nil), []any{"name", "a", "password", ""}, `password must not be empty: "!" is no password that could be typed`},
		{"a second line", resources.User(nil), []any{"name", "a", "comment", "x\nroot2:x:0:0"}, "comment must not contain a colon or more than one line"},
		{"a second field", resources.User(nil), []any{"name", "a", "password", "$6$a$b:0"}, "password must not contain a colon or more than one line"},
		{"a day that is none", resources.User(nil), []any{"name", "a", "expires", "2027-02-30"}, `expires must be a day like "2027-01-31", or "never"`},
		{"a home that is relative", resources.User(nil), []any{"name", "a", "home", "home/a"}, "home must be an absolute path, which begins with a slash"},
		{"remove_home of a user that stays", resources.User(nil), []any{"name", "a", "remove_home", true}, `remove_home: is of no use without ensure = "absent"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := resourcetest.Build(tt.kind, &resourcetest.World{}, "it", resourcetest.Attrs(tt.attrs...))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestKeptHome shows that remove_home may be what an expression says: false of a user that stays.
func TestKeptHome(t *testing.T) {
	r, err := resourcetest.Build(resources.User(nil), &resourcetest.World{}, "it", resourcetest.Attrs("name", "a", "remove_home", false))
	if err != nil || resource.GetAttr(r.Want, "remove_home") != cty.NilVal {
		t.Errorf("%v, %#v", err, r)
	}
}

func TestUserPasswordAndLock(t *testing.T) {
	for _, tt := range []struct {
		attrs  []any
		hash   string
		locked cty.Value // NilVal: not managed
	}{
		{[]any{"password", "$6$a"}, "$6$a", cty.NilVal},
		{[]any{"password", "!$6$a"}, "$6$a", cty.True},
		{[]any{"password", "!!$6$a"}, "$6$a", cty.True},
		{[]any{"password", "!$6$a", "locked", false}, "$6$a", cty.False},
		{[]any{"password", "!"}, "!", cty.NilVal},
		{[]any{"password", "*"}, "*", cty.NilVal},
	} {
		r, err := resourcetest.Build(resources.User(nil), &resourcetest.World{}, "it", resourcetest.Attrs(append(tt.attrs, "name", "a")...))
		if err != nil {
			t.Fatal(err)
		}
		if got := resource.StringAttr(r.Want, "password"); got != tt.hash || resource.GetAttr(r.Want, "locked") != tt.locked || !r.Secret["password"] {
			t.Errorf("%v became %#v", tt.attrs, r.Want)
		}
	}
}

func TestAccountLinks(t *testing.T) {
	for _, tt := range []struct {
		name            string
		kind            *resource.Kind
		attrs           []any
		provides, needs string
	}{
		{"user", resources.User(nil), []any{"name", "a", "group", "g", "groups", cty.SetVal([]cty.Value{cty.StringVal("h")}), "home", "/srv/app/a"}, "user:a", "group:g group:h path:/srv/app path:/srv"},
		{"user whose group is a number", resources.User(nil), []any{"name", "a", "group", "7"}, "user:a", "group:7"},
		{"user and group known by number", resources.User(nil), []any{"name", "a", "uid", 1042}, "user:a user:1042", "group:a"},
		{"group known by number", resources.Group(nil), []any{"name", "g", "gid", 5006}, "group:g group:5006", ""},
		{"user whose group has its name", resources.User(nil), []any{"name", "a"}, "user:a", "group:a"},
		{"system user makes no home", resources.User(nil), []any{"name", "a", "group", "7", "home", "/srv/app", "system", true}, "user:a", "group:7"},
		{"no user", resources.User(nil), []any{"name", "a", "ensure", "absent", "group", "g"}, "user:a gone:user", ""},
		{"group", resources.Group(nil), []any{"name", "g", "members", cty.SetVal([]cty.Value{cty.StringVal("a")})}, "group:g", "user:a"},
		{"no group", resources.Group(nil), []any{"name", "g", "ensure", "absent"}, "group:g", "gone:user moved:user"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := resourcetest.Build(tt.kind, &resourcetest.World{}, "it", resourcetest.Attrs(tt.attrs...))
			if err != nil {
				t.Fatal(err)
			}
			l := r.Kind.Links(r.Want)
			var needs []string
			for _, n := range l.Needs {
				needs = append(needs, n.Key)
			}
			if got := strings.Join(l.Provides, " "); got != tt.provides {
				t.Errorf("provides %q, want %q", got, tt.provides)
			}
			if got := strings.Join(needs, " "); got != tt.needs {
				t.Errorf("needs %q, want %q", got, tt.needs)
			}
		})
	}
}

// TestLeftOfUser shows what a rollback names of a new user that it does not take back.
func TestLeftOfUser(t *testing.T) {
	text, none := cty.StringVal, cty.NullVal(cty.EmptyObject)
	user := func(more map[string]cty.Value) cty.Value {
		attrs := map[string]cty.Value{"name": text("u")}
		maps.Copy(attrs, more)
		return cty.ObjectVal(attrs)
	}
	for _, c := range []struct {
		name          string
		before, after cty.Value
		purge, also   bool
		want          []string
	}{
		{name: "made", before: none, after: user(nil), want: []string{"the home directory of user u, if that run made it"}},
		{name: "made with a home", before: none, after: user(map[string]cty.Value{"home": text("/srv/u")}), want: []string{"/srv/u of user u, if that run made it"}},
		{name: "made for a service", before: none, after: user(map[string]cty.Value{"system": cty.True})},
		{name: "made without a home", before: none, after: user(map[string]cty.Value{"create_home": cty.False})},
		{name: "the home is removed", before: none, after: user(nil), purge: true},
		{name: "made by a package", before: none, after: user(nil), also: true},
		{name: "changed", before: user(nil), after: user(map[string]cty.Value{"shell": text("/bin/sh")})},
		{name: "removed", before: user(nil), after: user(map[string]cty.Value{"ensure": text("absent")})},
		{name: "removed with its home", before: user(nil), after: user(map[string]cty.Value{"ensure": text("absent"), "remove_home": cty.True}), want: []string{"the content of the home directory and the mail of user u"}},
	} {
		p := resource.Past{Kind: resources.User(nil), Name: "u", Before: c.before, After: c.after, Purge: c.purge, Also: c.also}
		if d := cmp.Diff(c.want, p.Kind.Leaves(p)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}
