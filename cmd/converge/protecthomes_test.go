package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// homePairs returns pairs of which one gives a user another home.
func homePairs() map[string]pair {
	const (
		moved, anew = "user \"ann\" { home = \"/home/other\" }", "user \"ann\" {\nhome = \"/home/other\"\ncreate_home = false\n}"
		moves, lost = "moves the home of the user, with all that is in it", "gives the user another home, where the keys in"
	)
	conf := map[string]string{"/home/ann/x.conf": "k=0\n"}
	key := "authorized_key \"k\" {\nuser = \"ann\"\nkey = \"" + keyOne + "\"\nPROTECT\n}"
	keys := `user "ann" {` + "\nssh_keys = [\"" + keyOne + "\"]\nPROTECT\n}"
	file := "file \"/home/ann/notes\" {\ncontent = \"a\"\nPROTECT\n}"
	return map[string]pair{
		"a file, the home moved":              {theirs: file, ours: moved, free: moves},
		"a mode, the home moved":              {theirs: "file \"/home/ann/x.conf\" {\nmode = \"0600\"\nPROTECT\n}", ours: moved, given: conf, free: moves},
		"a folder, the home moved":            {theirs: "directory \"/home/ann/d\" { PROTECT }", ours: moved, free: moves},
		"the home as a folder, moved":         {theirs: "directory \"/home/ann\" {\nmode = \"0700\"\nPROTECT\n}", ours: moved, free: moves},
		"a link, the home moved":              {theirs: "link \"/home/ann/l\" {\ntarget = \"/etc\"\nPROTECT\n}", ours: moved, free: moves},
		"a line, the home moved":              {theirs: "line \"l\" {\npath = \"/home/ann/x.conf\"\nline = \"k=1\"\nPROTECT\n}", ours: moved, given: conf, free: moves},
		"a setting, the home moved":           {theirs: "setting \"k\" {\npath = \"/home/ann/x.conf\"\nvalue = 1\nformat = \"keyvalue\"\nPROTECT\n}", ours: moved, given: conf, free: moves},
		"a key, the home moved":               {theirs: key, ours: moved, free: moves},
		"keys of a user, the home moved":      {theirs: keys, ours: moved, free: moves},
		"a key, another home":                 {theirs: key, ours: anew, free: lost},
		"keys of a user, another home":        {theirs: keys, ours: anew, free: lost},
		"a file, another home":                {theirs: file, ours: anew, free: isFine},
		"a file, the home of another":         {theirs: file, ours: `user "ben" { home = "/home/other" }`, free: isFine},
		"a file, the same home":               {theirs: file, ours: `user "ann" { home = "/home/ann" }`, free: isFine},
		"a file beside it, the home":          {theirs: "file \"/home/anna\" {\ncontent = \"a\"\nPROTECT\n}", ours: moved, free: isFine},
		"a file, the home is there already":   {theirs: file, ours: moved, given: map[string]string{"/home/other/.keep": ""}, free: isFine},
		"a key, the home is there already":    {theirs: key, ours: moved, given: map[string]string{"/home/other/.keep": ""}, free: lost},
		"a user in the home, the home moved":  {theirs: "user \"web\" {\nhome = \"/home/ann/web\"\nPROTECT\n}", ours: moved, free: moves},
		"a mode of a found file, moved":       {theirs: "file \"/home/ann/x.conf\" {\nmode = \"0644\"\nPROTECT\n}", ours: moved, given: conf, free: moves},
		"a block of a found file, home moved": {theirs: "block \"b\" {\npath = \"/home/ann/x.conf\"\ncontent = \"k=1\\n\"\nPROTECT\n}", ours: moved, given: map[string]string{"/home/ann/x.conf": "# BEGIN b\nk=1\n# END b\n"}, free: moves},
	}
}

// TestProtectedFromMovedHomes: a protected resource stays where it is if another site gives a user another home, also
// during a rollback of that. Without protect, the other site gets a warning.
func TestProtectedFromMovedHomes(t *testing.T) {
	if !inWorld(t) {
		return
	}
	for name, p := range homePairs() {
		t.Run(name, func(t *testing.T) {
			p.check(t)
		})
	}
	t.Run("rollback", checkMovedBack)
}

// checkMovedBack tries the rollback of a move after another site has protected something in the new home.
func checkMovedBack(t *testing.T) {
	for _, at := range []string{"/var/lib/converge", "/home", "/srv"} {
		if err := os.RemoveAll(at); err != nil {
			t.Fatal(err)
		}
	}
	w := newAccountsWorld(t)
	writeIn(t, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:4003:4003::/home/ann:/bin/sh\n")
	writeIn(t, "/etc/group", "root:x:0:\nann:x:4003:\n")
	writeIn(t, "/home/ann/.keep", "")
	writeIn(t, "/srv/a.hcl", "settings { name = \"a\" }\nuser \"ann\" { home = \"/home/other\" }\n")
	writeIn(t, "/srv/b.hcl", "settings { name = \"b\" }\nfile \"/home/other/notes\" {\ncontent = \"a\"\nprotect = true\n}\n")
	w.run(t, "the move", 0, "apply", "/srv/a.hcl")
	runs, err := os.ReadDir("/var/lib/converge/runs")
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	w.run(t, "the file", 0, "apply", "/srv/b.hcl")
	before := treesOf(t, "/home")
	for _, args := range [][]string{{"rollback"}, {"rollback", "--force"}} {
		out, err := w.converge(append(args, strings.TrimSuffix(runs[0].Name(), ".jsonl"))...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "protected by ") {
			t.Errorf("%v: %v: %s", args, err, out)
		}
		if d := cmp.Diff(before, treesOf(t, "/home")); d != "" {
			t.Errorf("changed (-before +after):\n%s", d)
		}
	}
}
