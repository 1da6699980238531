package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// liveCase is a resource that only programs of the machine can make, and what another site declares against it.
type liveCase struct {
	kind, block string
	given       map[string]string // files that are there
	home        string            // a directory among these that belongs to the user ann
	files       []string          // that contain the resource: see [attackFile]
	attacks     []string          // further attacks
	warned      string            // of which another site is warned if nothing is protected; "": see [TestAccountsUndone]
}

func liveCases() []liveCase {
	const answers = "/var/cache/debconf/"
	return []liveCase{
		{
			kind: "user", block: "user \"web\" {\ngroups = [\"games\"]\nuid = 4000\nshell = \"/bin/sh\"\nhome = \"/home/web\"\ncreate_home = true\nPROTECT\n}",
			files: []string{"/etc/passwd", "/etc/shadow"},
			attacks: []string{
				`user "web" { ensure = "absent" }`, "user \"web\" {\nensure = \"absent\"\nremove_home = true\n}", `user "web" { shell = "/bin/bash" }`,
				"directory \"/home/web\" {\nensure = \"absent\"\npurge = true\n}", "directory \"/home\" {\nensure = \"absent\"\npurge = true\n}",
				removeLine("/etc/passwd", "^web:"), removeLine("/etc/shadow", "^web:"), removeLine("/etc/passwd", ":"),
				"line \"l\" {\npath = \"/etc/passwd\"\nmatch = \"^web:\"\nline = \"web:x:0:0::/root:/bin/sh\"\n}",
				"line \"l\" {\npath = \"/etc/shadow\"\nmatch = \"^web:\"\nline = \"web::::::::\"\n}",
				"group \"games\" {\nmembers = []\n}",
				removeLine("/etc/group", "^games:"), removeLine("/etc/gshadow", "^games:"),
				"line \"l\" {\npath = \"/etc/group\"\nmatch = \"^games:\"\nline = \"games:x:60:\"\n}",
				"block \"b\" {\npath = \"/etc/group\"\nbefore = \"^root:\"\ncontent = \"games:x:60:root\\n\"\n}",
				"line \"l\" {\npath = \"/etc/passwd\"\nbefore = \"^root:\"\nline = \"web:x:0:0::/root:/bin/sh\"\n}",
				"block \"b\" {\npath = \"/etc/passwd\"\nbefore = \"^root:\"\ncontent = \"web:x:0:0::/root:/bin/sh\\n\"\n}",
				"block \"b\" {\npath = \"/etc/shadow\"\nbefore = \"^root:\"\ncontent = \"web::19000:0:99999:7:::\\n\"\n}",
				"user \"web\" {\ngroups = []\n}",
			},
			warned: "line \"l\" {\npath = \"/etc/passwd\"\nmatch = \"^web:\"\nline = \"web:x:4000:4000::/home/web:/bin/bash\"\n}",
		},
		{
			kind: "group", block: "group \"ops\" {\ngid = 4001\nmembers = [\"root\"]\nPROTECT\n}",
			files: []string{"/etc/group", "/etc/gshadow"},
			attacks: []string{
				`group "ops" { ensure = "absent" }`, `group "ops" { members = [] }`, `group "ops" { gid = 4002 }`,
				removeLine("/etc/group", "^ops:"), removeLine("/etc/gshadow", "^ops:"), `user "root" { groups = [] }`,
				"line \"l\" {\npath = \"/etc/group\"\nmatch = \"^ops:\"\nline = \"ops:x:4001:\"\n}", `user "root" { ensure = "absent" }`,
				"line \"l\" {\npath = \"/etc/group\"\nbefore = \"^root:\"\nline = \"ops:x:4001:\"\n}",
				"block \"b\" {\npath = \"/etc/gshadow\"\nbefore = \"^root:\"\ncontent = \"ops:::\\n\"\n}",
			},
		},
		{
			kind: "sudoers", block: "sudoers \"ops\" {\nusers = [\"root\"]\ncommands = [\"/bin/true\"]\nverify = [\"true\"]\nPROTECT\n}",
			given: map[string]string{"/etc/sudoers.d/.keep": ""},
			files: []string{"/etc/sudoers.d/ops"},
			attacks: []string{
				`sudoers "ops" { ensure = "absent" }`, "sudoers \"ops\" {\nusers = [\"root\"]\ncommands = [\"/bin/sh\"]\nverify = [\"true\"]\n}",
				`file "/etc/sudoers.d/ops" { content = "" }`, removeLine("/etc/sudoers.d/ops", "root"),
			},
		},
		{
			kind: "locale", block: "locale \"de_DE.UTF-8\" {\ndefault = true\nPROTECT\n}",
			given:   map[string]string{"/etc/locale.gen": "# de_DE.UTF-8 UTF-8\n", "/etc/default/locale": "LANG=C.UTF-8\n"},
			files:   []string{"/etc/locale.gen", "/etc/default/locale"},
			attacks: []string{`locale "C.UTF-8" { default = true }`, removeLine("/etc/locale.gen", "de_DE"), removeLine("/etc/default/locale", "LANG")},
		},
		{
			kind: "debconf", block: "debconf \"demo\" {\nanswers = { \"demo/port\" = { type = \"string\", value = \"80\" } }\nPROTECT\n}",
			given:   map[string]string{"/etc/debconf.conf": "Config: configdb\nTemplates: templatedb\n\nName: configdb\nDriver: File\nFilename: " + answers + "config.dat\n\nName: templatedb\nDriver: File\nFilename: " + answers + "templates.dat\n"},
			files:   []string{answers + "config.dat", answers + "templates.dat"},
			attacks: []string{"debconf \"demo\" {\nanswers = { \"demo/port\" = { type = \"string\", value = \"81\" } }\n}"},
		},
		{
			kind: "line.of.a.user", block: "line \"l\" {\npath = \"/etc/passwd\"\nmatch = \"^ben:\"\nline = \"ben:x:4004:4004:Ben:/home/ben:/bin/sh\"\nPROTECT\n}",
			attacks: []string{
				`user "ben" { shell = "/bin/bash" }`, `user "ben" { ensure = "absent" }`, `user "ben" { comment = "" }`,
			},
			warned: `user "ben" { shell = "/bin/bash" }`,
		},
		{
			kind: "line.of.a.group", block: "line \"l\" {\npath = \"/etc/group\"\nmatch = \"^dev:\"\nline = \"dev:x:4005:root\"\nPROTECT\n}",
			attacks: []string{
				`group "dev" { gid = 4006 }`, `group "dev" { ensure = "absent" }`, `group "dev" { members = [] }`, `user "root" { groups = [] }`,
			},
		},
		{
			kind: "home", block: "file \"/home/ann/notes\" {\ncontent = \"a\"\nPROTECT\n}",
			given:   map[string]string{"/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nann:x:4003:4003::/home/ann:/bin/sh\n", "/home/ann/.keep": ""},
			home:    "/home/ann",
			attacks: []string{"user \"ann\" {\nensure = \"absent\"\nremove_home = true\n}"},
		},
	}
}

// TestProtectedFromOthersLive is TestProtectedFromOthers for resources that only programs of the machine can make, in a
// world of its own.
func TestProtectedFromOthersLive(t *testing.T) {
	if !inWorld(t) {
		return
	}
	w := newAccountsWorld(t)
	for i, c := range liveCases() {
		t.Run(c.kind, func(t *testing.T) { c.check(t, w, "/srv/"+strconv.Itoa(i)) })
	}
}

// newAccountsWorld makes the files that account tools need.
func newAccountsWorld(t *testing.T) *world {
	t.Helper()
	for name, text := range map[string]string{
		"passwd": "root:x:0:0:root:/root:/bin/sh\n", "group": "root:x:0:\ngames:x:60:\n", "shadow": "root:*:19000:0:99999:7:::\n", "gshadow": "root:*::\ngames:*::\n",
		"os-release": "ID=debian\nVERSION_ID=\"12\"\n", "debian_version": "12\n", "login.defs": "UID_MIN 1000\n",
	} {
		writeIn(t, "/etc/"+name, text)
	}
	for _, dir := range []string{"/home", "/var/cache/debconf", "/var/lib/dpkg"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return &world{}
}

// TestDroppedKeysAreTold: a user without a declaration of ssh_keys any more keeps the keys, and the plan reports that
// once.
func TestDroppedKeysAreTold(t *testing.T) {
	if !inWorld(t) {
		return
	}
	w := newAccountsWorld(t)
	const site, note = "/srv/site.hcl", "note: ssh_keys is not declared any more: the keys stay"
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsABgH5C9okWi0dh2l9GKJl"
	plan := func() string {
		t.Helper()
		out, err := w.converge("plan", site).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return string(out)
	}
	declare := func(attrs string) {
		writeIn(t, site, "settings { name = \"s\" }\nuser \"web\" {\ncreate_home = true\n"+attrs+"\n}\n")
	}
	declare("ssh_keys = [\"" + key + "\"]")
	w.run(t, "with keys", 0, "apply", site)
	if out := plan(); strings.Contains(out, note) {
		t.Errorf("the keys are declared: %s", out)
	}
	declare("")
	if out := plan(); !strings.Contains(out, note) {
		t.Errorf("the plan does not say that the keys stay: %s", out)
	}
	w.run(t, "without keys", 0, "apply", site)
	if out := plan(); strings.Contains(out, note) {
		t.Errorf("the plan says it again: %s", out)
	}
	if text, err := os.ReadFile("/home/web/.ssh/authorized_keys"); !strings.Contains(string(text), key) {
		t.Errorf("the keys are %q: %v", text, err)
	}
}

func (c liveCase) check(t *testing.T, w *world, dir string) {
	for name, text := range c.given {
		writeIn(t, name, text)
	}
	if c.home != "" { // of a home that is not the user's nothing is removed in any case
		if err := os.Chown(c.home, 4003, 4003); err != nil {
			t.Fatal(err)
		}
	}
	put := func(name, site, block string) string {
		at := filepath.Join(dir, name, "site.hcl")
		writeIn(t, at, fmt.Sprintf("settings { name = %q }\n%s\n", site, block))
		return at
	}
	w.run(t, c.kind, 0, "apply", put("own", c.kind, strings.ReplaceAll(c.block, "PROTECT", "protect = true")))
	before := treesOf(t, "/etc", "/home", "/var/cache/debconf")
	attacks := slices.Clone(c.attacks)
	for _, file := range c.files {
		for _, a := range attackFile(file) {
			if a.beside == "" {
				attacks = append(attacks, a.block)
			}
		}
	}
	for i, a := range attacks {
		out, err := w.converge("apply", put(strconv.Itoa(i), "other", a)).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "protected by ") {
			t.Errorf("%s\n%v: %s", a, err, out)
		}
		if d := cmp.Diff(before, treesOf(t, "/etc", "/home", "/var/cache/debconf")); d != "" {
			t.Fatalf("%s\nchanged (-before +after):\n%s", a, d)
		}
	}
	c.checkWarned(t, w, put("own", c.kind, strings.ReplaceAll(c.block, "PROTECT", "")), put("warned", "other", c.warned))
}

// checkWarned requires that another site gets a warning about the unprotected resources that it undoes.
func (c liveCase) checkWarned(t *testing.T, w *world, own, other string) {
	if c.warned == "" {
		return
	}
	w.run(t, c.kind, 0, "apply", own)
	out, err := w.converge("plan", other).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Warning: ") || !strings.Contains(string(out), "each undoes the other") {
		t.Errorf("%s\n%v: %s", c.warned, err, out)
	}
}

// treesOf returns everything below folders, by path.
func treesOf(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				out[at], err = describeEntry(at, d)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}
