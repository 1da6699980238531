package resources

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestAccountsUndone: what parts of the files of accounts undo of an account, and an account of such parts.
// Of an account that nobody protects only what is declared is to stay.
func TestAccountsUndone(t *testing.T) {
	text := cty.StringVal
	list := func(names ...string) cty.Value {
		values := []cty.Value{}
		for _, n := range names {
			values = append(values, text(n))
		}
		if len(values) == 0 {
			return cty.SetValEmpty(cty.String)
		}
		return cty.SetVal(values)
	}
	files := map[string]string{
		passwdFile:  "root:x:0:0:root:/root:/bin/sh\nweb:x:40:60:Web:/home/web:/bin/sh\n",
		shadowFile:  "root:*:19000:0:99999:7:::\nweb:!$6$a:19000:0:99999:7:::\n",
		groupFile:   "root:x:0:\ngames:x:60:web,ann\n",
		gshadowFile: "root:*::\ngames:!::web,ann\n",
	}
	read := func(file string) []byte { return []byte(files[file]) }
	type attrs = map[string]cty.Value
	account := func(kind *resource.Kind, name string, a attrs) *resource.Resource {
		a["name"] = text(name)
		return &resource.Resource{Kind: kind, Key: kind.Name + ":" + name, Want: cty.ObjectVal(a)}
	}
	user := func(a attrs) *resource.Resource { return account(User(nil), "web", a) }
	group := func(a attrs) *resource.Resource { return account(Group(nil), "games", a) }
	line := func(file string, a attrs) *resource.Resource {
		a["part"], a["path"] = text(PartLine), text(file)
		return &resource.Resource{Kind: Line(nil), Key: resource.PartKey(file, "line x"), Want: cty.ObjectVal(a)}
	}
	replaced := func(file, match, by string) *resource.Resource {
		return line(file, attrs{"match": text(match), "line": text(by)})
	}
	before := func(file, by string) *resource.Resource {
		return line(file, attrs{"before": text("^root:"), "line": text(by)})
	}
	protected := func(r *resource.Resource) *resource.Resource {
		r.Protect = true
		return r
	}
	shell := attrs{"shell": text("/bin/sh")}
	for summary, c := range map[string]struct {
		theirs, ours *resource.Resource
		file         string
	}{
		"another shell":                    {user(shell), replaced(passwdFile, "^web:", "web:x:40:60:Web:/home/web:/bin/bash"), passwdFile},
		"another home":                     {user(shell), replaced(passwdFile, "^web:", "web:x:40:60:Web:/srv:/bin/sh"), ""},
		"another home, protected":          {protected(user(shell)), replaced(passwdFile, "^web:", "web:x:40:60:Web:/srv:/bin/sh"), passwdFile},
		"another user":                     {protected(user(shell)), replaced(passwdFile, "^root:", "root:x:0:0:root:/:/bin/sh"), ""},
		"an entry before it":               {protected(user(attrs{})), before(passwdFile, "web:x:0:0::/:/bin/sh"), passwdFile},
		"an entry behind it":               {protected(user(attrs{})), line(passwdFile, attrs{"line": text("web:x:0:0::/:/bin/sh")}), ""},
		"another group":                    {user(attrs{"group": text("games")}), replaced(passwdFile, "^web:", "web:x:40:0:Web:/home/web:/bin/sh"), passwdFile},
		"an account that goes":             {user(attrs{}), line(passwdFile, attrs{"match": text("^web:"), "ensure": text("absent")}), passwdFile},
		"unlocked":                         {user(attrs{"locked": cty.True}), replaced(shadowFile, "^web:", "web:$6$a:19000:0:99999:7:::"), shadowFile},
		"another hash":                     {user(attrs{"password": text("$6$a")}), replaced(shadowFile, "^web:", "web:!$6$b:19000:0:99999:7:::"), shadowFile},
		"the same hash":                    {user(attrs{"password": text("$6$a")}), replaced(shadowFile, "^web:", "web:$6$a:19000:0:99999:7:::"), ""},
		"another age":                      {user(attrs{"max_days": cty.NumberIntVal(90)}), replaced(shadowFile, "^web:", "web:!$6$a:19000:0:99999:7:::"), shadowFile},
		"no limit":                         {user(attrs{"inactive_days": cty.NumberIntVal(-1)}), replaced(shadowFile, "^web:", "web:!$6$b:19000:0:99999:7:::"), ""},
		"out of a group":                   {user(attrs{"groups": list("games")}), replaced(groupFile, "^games:", "games:x:60:ann"), groupFile},
		"another one out of the group":     {protected(user(attrs{"groups": list("games")})), replaced(groupFile, "^games:", "games:x:60:web"), ""},
		"a member goes":                    {group(attrs{"members": list("ann", "web")}), replaced(groupFile, "^games:", "games:x:60:web"), groupFile},
		"a member more":                    {group(attrs{"members": list("ann", "web")}), replaced(groupFile, "^games:", "games:x:60:web,ann,ben"), groupFile},
		"a member more, which may be":      {group(attrs{"members": list("web"), "append": cty.True}), replaced(groupFile, "^games:", "games:x:60:web,ann,ben"), ""},
		"another number":                   {group(attrs{"gid": cty.NumberIntVal(60)}), replaced(groupFile, "^games:", "games:x:61:web,ann"), groupFile},
		"a shell of a line":                {replaced(passwdFile, "^web:", "web:x:40:60:Web:/home/web:/bin/sh"), user(attrs{"shell": text("/bin/bash")}), passwdFile},
		"the shell that a line has":        {replaced(passwdFile, "^web:", "web:x:40:60:Web:/home/web:/bin/sh"), user(shell), ""},
		"an account of a line goes":        {replaced(passwdFile, "^web:", "web:x:40:60:Web:/home/web:/bin/sh"), user(attrs{"ensure": text("absent")}), passwdFile},
		"a member of a line goes":          {replaced(groupFile, "^games:", "games:x:60:web,ann"), user(attrs{"groups": list()}), groupFile},
		"members of a line":                {replaced(groupFile, "^games:", "games:x:60:web,ann"), group(attrs{"members": list("ann")}), groupFile},
		"two shells of a user":             {user(shell), user(attrs{"shell": text("/bin/bash")}), passwdFile},
		"one shell of a user, and a home":  {user(shell), user(attrs{"home": text("/srv")}), ""},
		"an account that is unknown to us": {&resource.Resource{Key: "user:web"}, replaced(passwdFile, "^web:", "web:x:40:60:Web:/home/web:/bin/bash"), ""},
	} {
		t.Run(summary, func(t *testing.T) {
			if got := Undone(NewFiles(read), c.theirs, c.ours); got != c.file {
				t.Errorf("undone in %q, want %q", got, c.file)
			}
		})
	}
}
