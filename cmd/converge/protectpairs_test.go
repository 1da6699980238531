package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pair is the declaration of one site, and that of another one against it. If the first is protected, the second is
// refused. Otherwise its plan warns, or refuses what two sites cannot share.
type pair struct {
	theirs, ours string // PROTECT is replaced by the mark
	given        map[string]string
	free         string // the plan's message if nothing is protected
}

const (
	isWarned  = "each undoes the other"
	isRefused = "remove one of them (a file with only mode and owner is fine)"
	isFine    = "" // no warning at all, protected or not
)

const (
	keyOne = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsABgH5C9okWi0dh2l9GKJl"
	keyTwo = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtyzZ/BXeVPE/2UnEYnwpJjXMiP9Dc5ph2fqPgoEQEQ"
)

// keyPairs returns pairs of which one is about the keys of a user.
func keyPairs() map[string]pair {
	const keys, folder = "/home/ann/.ssh/authorized_keys", "/home/ann/.ssh"
	user := func(name, attrs string) string { return fmt.Sprintf("user %q {\n%s\nPROTECT\n}", name, attrs) }
	withKeys := user("ann", `ssh_keys = ["`+keyOne+`"]`)
	at := func(file, attrs string) string { return "line \"l\" {\npath = \"" + file + "\"\n" + attrs + "\n}" }
	return map[string]pair{
		"keys, a key absent":          {theirs: withKeys, ours: "authorized_key \"k\" {\nuser = \"ann\"\nkey = \"" + keyOne + "\"\nensure = \"absent\"\n}", free: isWarned},
		"keys, a key more":            {theirs: withKeys, ours: "authorized_key \"k\" {\nuser = \"ann\"\nkey = \"" + keyTwo + "\"\n}", free: isFine},
		"keys, a line absent":         {theirs: withKeys, ours: removeLine(keys, "ed25519"), free: isWarned},
		"keys, a line with a key":     {theirs: withKeys, ours: at(keys, `line = "`+keyTwo+`"`), free: isWarned},
		"keys, a line without a key":  {theirs: withKeys, ours: at(keys, `line = "# a"`), free: isFine},
		"keys, a block with a key":    {theirs: withKeys, ours: "block \"b\" {\npath = \"" + keys + "\"\ncontent = \"" + keyTwo + "\\n\"\n}", free: isWarned},
		"keys, the file":              {theirs: withKeys, ours: `file "` + keys + `" { content = "" }`, free: isRefused},
		"keys, the file absent":       {theirs: withKeys, ours: `file "` + keys + `" { ensure = "absent" }`, free: isRefused},
		"keys, a link":                {theirs: withKeys, ours: "link \"" + keys + "\" {\ntarget = \"/nowhere\"\nforce = true\n}", free: isRefused},
		"keys, other keys":            {theirs: withKeys, ours: user("ann", `ssh_keys = ["`+keyTwo+`"]`), free: isWarned},
		"keys, no keys":               {theirs: withKeys, ours: user("ann", `ssh_keys = []`), free: isWarned},
		"keys, the folder absent":     {theirs: withKeys, ours: "directory \"" + folder + "\" {\nensure = \"absent\"\npurge = true\n}", free: "another site"},
		"keys, the folder":            {theirs: withKeys, ours: `directory "` + folder + `" { purge = true }`, free: isFine},
		"a line with a key, no keys":  {theirs: at(keys, `line = "`+keyTwo+"\"\nPROTECT"), ours: user("ann", `ssh_keys = []`), given: map[string]string{keys: ""}, free: isWarned},
		"a key of its own, no keys":   {theirs: "authorized_key \"k\" {\nuser = \"ann\"\nkey = \"" + keyTwo + "\"\nPROTECT\n}", ours: user("ann", `ssh_keys = []`), free: isFine},
		"a file of keys, other keys":  {theirs: "file \"" + keys + "\" {\ncontent = \"" + keyTwo + "\\n\"\nPROTECT\n}", ours: user("ann", `ssh_keys = []`), given: map[string]string{folder + "/.keep": ""}, free: isRefused},
		"hidden keys, a line absent":  {theirs: user("ann", `ssh_keys = [sensitive("`+keyOne+`")]`), ours: removeLine(keys, "ed25519"), free: isWarned},
		"hidden keys, another line":   {theirs: user("ann", `ssh_keys = [sensitive("`+keyOne+`")]`), ours: at(keys, `line = "# a"`), free: isFine},
		"keys, other keys of another": {theirs: withKeys, ours: user("ben", `ssh_keys = []`), free: isFine},
	}
}

// accountPairs returns pairs of which one is about an account.
func accountPairs() map[string]pair {
	user := func(name, attrs string) string { return fmt.Sprintf("user %q {\n%s\nPROTECT\n}", name, attrs) }
	group := func(name, attrs string) string { return fmt.Sprintf("group %q {\n%s\nPROTECT\n}", name, attrs) }
	replace := func(file, match, by string) string {
		return "line \"l\" {\npath = \"" + file + "\"\nmatch = \"" + match + "\"\nline = \"" + by + "\"\nPROTECT\n}"
	}
	whole := func(file, content string) string {
		return "file \"" + file + "\" {\ncontent = \"" + content + "\"\nPROTECT\n}"
	}
	const (
		passwd  = `root:x:0:0:root:/root:/bin/sh\nann:x:4003:4003::/home/ann:/bin/sh\nben:x:4004:4004::/home/ben:/bin/sh\n`
		groups  = `root:x:0:\ngames:x:60:\ndev:x:61:ben\nann:x:4003:\nben:x:4004:\n`
		members = `root:*::\ngames:*::\ndev:*::ben\nann:!::\nben:!::\n`
	)
	ben, shell := user("ben", `groups = ["dev"]`), user("ben", `shell = "/bin/sh"`)
	bash := strings.Replace(passwd, "/home/ben:/bin/sh", "/home/ben:/bin/bash", 1)
	out := strings.Replace(groups, "61:ben", "61:", 1)
	return map[string]pair{
		"groups, the whole file without":        {theirs: ben, ours: whole("/etc/group", out), free: isWarned},
		"groups, the whole file with more":      {theirs: ben, ours: whole("/etc/group", strings.Replace(groups, "games:x:60:", "games:x:60:ben", 1)), free: isWarned},
		"groups, the whole file, another group": {theirs: ben, ours: whole("/etc/group", groups+`new:x:62:ann\n`), free: isFine},
		"groups, the whole other file without":  {theirs: ben, ours: whole("/etc/gshadow", strings.Replace(members, "::ben", "::", 1)), free: isWarned},
		"groups, a link":                        {theirs: ben, ours: "link \"/etc/group\" {\ntarget = \"/nowhere\"\nforce = true\n}", free: isWarned},
		"groups, the file absent":               {theirs: ben, ours: `file "/etc/gshadow" { ensure = "absent" }`, free: isWarned},
		"groups, a line in another one":         {theirs: ben, ours: replace("/etc/group", "^games:", "games:x:60:ben"), free: isWarned},
		"groups, a line in a new one":           {theirs: ben, ours: "line \"l\" {\npath = \"/etc/group\"\nline = \"new:x:62:ben\"\n}", free: isWarned},
		"groups, a group with it":               {theirs: ben, ours: group("games", `members = ["ben"]`), free: isWarned},
		"groups, a new group with it":           {theirs: ben, ours: group("new", "members = [\"ben\"]\nappend = true"), free: isWarned},
		"groups kept, a line in another one":    {theirs: user("ben", "groups = [\"dev\"]\nappend = true"), ours: replace("/etc/group", "^games:", "games:x:60:ben"), free: isFine},
		"groups kept, a line without":           {theirs: user("ben", "groups = [\"dev\"]\nappend = true"), ours: replace("/etc/group", "^dev:", "dev:x:61:"), free: isWarned},
		"groups kept, the whole file without":   {theirs: user("ben", "groups = [\"dev\"]\nappend = true"), ours: whole("/etc/group", out), free: isWarned},
		"groups kept, the group without":        {theirs: user("ben", "groups = [\"dev\"]\nappend = true"), ours: group("dev", `members = []`), free: isWarned},
		"members kept, a line without":          {theirs: group("dev", "members = [\"ben\"]\nappend = true"), ours: replace("/etc/group", "^dev:", "dev:x:61:"), free: isWarned},
		"members, the whole file without":       {theirs: group("dev", `members = ["ben"]`), ours: whole("/etc/group", out), free: isWarned},
		"a shell, the whole file":               {theirs: shell, ours: whole("/etc/passwd", bash), free: isWarned},
		"a shell, a link":                       {theirs: shell, ours: "link \"/etc/passwd\" {\ntarget = \"/nowhere\"\nforce = true\n}", free: isWarned},
		"a password, the whole file":            {theirs: user("ben", `password = "*"`), ours: whole("/etc/shadow", `root:*:19000:0:99999:7:::\nann:!:19000:0:99999:7:::\nben:$6$a:19000:0:99999:7:::\n`), free: isWarned},
		"the whole file, a shell":               {theirs: whole("/etc/passwd", passwd), ours: user("ben", `shell = "/bin/bash"`), free: isWarned},
		"the whole file, the shell in it":       {theirs: whole("/etc/passwd", passwd), ours: shell, free: isFine},
		"the whole file, a new user":            {theirs: whole("/etc/passwd", passwd), ours: user("eve", ""), free: isWarned},
		"the whole file, another group":         {theirs: whole("/etc/group", groups), ours: user("ben", `groups = ["games"]`), free: isWarned},
		"the whole file, no member":             {theirs: whole("/etc/gshadow", members), ours: group("dev", `members = []`), free: isWarned},
		"a user, absent":                        {theirs: shell, ours: `user "ben" { ensure = "absent" }`, free: isWarned},
		"a group, absent":                       {theirs: group("games", ""), ours: `group "games" { ensure = "absent" }`, free: isWarned},
		"a line of a user, a second behind it":  {theirs: replace("/etc/passwd", "^ben:", `ben:x:4004:4004::/home/ben:/bin/sh`), ours: "line \"l\" {\npath = \"/etc/passwd\"\nline = \"ben:x:0:0::/:/bin/bash\"\n}", free: isWarned},
		"a user, a second line behind it":       {theirs: shell, ours: "line \"l\" {\npath = \"/etc/passwd\"\nline = \"ben:x:0:0::/:/bin/bash\"\n}", free: isFine},
		"a second line behind, a user":          {theirs: "line \"l\" {\npath = \"/etc/passwd\"\nline = \"ben:x:0:0::/:/bin/bash\"\nPROTECT\n}", ours: shell, free: isFine},
		"a setting of a line, a user":           {theirs: "setting \"ben\" {\npath = \"/etc/passwd\"\nformat = \"ini\"\nvalue = \"x:4004:4004::/home/ben:/bin/sh\"\nPROTECT\n}", ours: user("ben", `shell = "/bin/bash"`), free: isWarned},
	}
}

// TestProtectedPairsLive: another site's declarations of any kind against protected accounts are refused, and without
// protect the other site gets a warning.
func TestProtectedPairsLive(t *testing.T) {
	if !inWorld(t) {
		return
	}
	for _, pairs := range []map[string]pair{keyPairs(), accountPairs()} {
		for name, p := range pairs {
			t.Run(name, func(t *testing.T) { p.check(t) })
		}
	}
}

// check tries a pair with and without protect, each on a machine without history.
func (p pair) check(t *testing.T) {
	for _, protect := range []string{"protect = true", ""} {
		for _, at := range []string{"/var/lib/converge", "/home", "/srv", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"} {
			if err := os.RemoveAll(at); err != nil {
				t.Fatal(err)
			}
		}
		w := newAccountsWorld(t)
		writeIn(t, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:4003:4003::/home/ann:/bin/sh\nben:x:4004:4004::/home/ben:/bin/sh\n")
		writeIn(t, "/etc/group", "root:x:0:\ngames:x:60:\ndev:x:61:ben\nann:x:4003:\nben:x:4004:\n")
		writeIn(t, "/etc/gshadow", "root:*::\ngames:*::\ndev:*::ben\nann:!::\nben:!::\n")
		writeIn(t, "/etc/shadow", "root:*:19000:0:99999:7:::\nann:!:19000:0:99999:7:::\nben:!:19000:0:99999:7:::\n")
		for _, at := range []string{"/home/ann", "/home/ben"} {
			if err := os.MkdirAll(at, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for at, text := range p.given {
			writeIn(t, at, text)
		}
		put := func(site, block, mark string) string {
			at := filepath.Join("/srv", site, "site.hcl")
			writeIn(t, at, fmt.Sprintf("settings { name = %q }\n%s\n", site, strings.ReplaceAll(block, "PROTECT", mark)))
			return at
		}
		w.run(t, "theirs", 0, "apply", put("theirs", p.theirs, protect))
		before := treesOf(t, "/etc", "/home")
		other := put("ours", p.ours, "")
		if protect == "" || p.free == isFine {
			out, err := w.converge("plan", other).CombinedOutput()
			if isRight := err == nil || p.free != isWarned && p.free != isFine; !isRight || !strings.Contains(string(out), p.free) || p.free == isFine && strings.Contains(string(out), "Warning: ") {
				t.Errorf("without protect, %q is wanted\n%v: %s", p.free, err, out)
			}
			if p.free == isFine {
				w.run(t, "ours", 0, "apply", other)
				if out, err := w.converge("plan", "--detailed-exitcode", filepath.Join("/srv/theirs/site.hcl")).CombinedOutput(); err != nil {
					t.Errorf("the other site has something left to do\n%v: %s", err, out)
				}
			}
			continue
		}
		out, err := w.converge("apply", other).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "protected by ") {
			t.Errorf("protected\n%v: %s", err, out)
		}
		if d := cmp.Diff(before, treesOf(t, "/etc", "/home")); d != "" {
			t.Errorf("changed (-before +after):\n%s", d)
		}
	}
}
