package repository

import (
	"os"
	"slices"
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// TestPasswordsAreForRoot: a password in a URL is in a file that only root can read, and an older readable file becomes
// one.
func TestPasswordsAreForRoot(t *testing.T) {
	const url = "http://ada:pass%2Fword@127.0.0.1:1/deb"
	suite := []any{"suites", []string{"./"}}
	for name, tt := range map[string]struct {
		attrs      []any
		file, want string
		mode       os.FileMode
		note       string
	}{
		"apt":                  {append(suite, "url", url), "/etc/apt/auth.conf.d/acme.conf", "# Written by converge; changes made here do not last.\nmachine http://127.0.0.1:1/deb/ login ada password pass/word\n", 0o600, ""},
		"apt, without it":      {append(suite, "url", url), "/etc/apt/sources.list.d/acme.sources", "URIs: http://127.0.0.1:1/deb\n", 0o644, ""},
		"apt, what no netrc ":  {append(suite, "url", "http://ada:pass%20word@127.0.0.1:1/"), "/etc/apt/sources.list.d/acme.sources", "ada:pass%20word@", 0o600, ""},
		"dnf, with separators": {[]any{"url", "http://ada:token==,a@127.0.0.1:1/deb"}, "/etc/yum.repos.d/acme.repo", "token==,a@", 0o600, ""},
		"dnf, no URL that is":  {[]any{"url", "file:///x", "options", map[string]any{"proxy": "http://ada:to%ken@proxy:3128"}}, "/etc/yum.repos.d/acme.repo", "to%ken@", 0o600, ""},
		"dnf, one of several":  {[]any{"url", "file:///x", "options", map[string]any{"baseurl": "http://x/,http://ada:b=c@y/"}}, "/etc/yum.repos.d/acme.repo", "b=c@", 0o600, ""},
		"dnf, by a field":      {[]any{"url", "file:///x", "options", map[string]any{"username": "ada", "password": "x"}}, "/etc/yum.repos.d/acme.repo", "password=x\n", 0o600, ""},
		"dnf, without one":     {[]any{"url", "https://127.0.0.1:1/a@b/c=d", "options", map[string]any{"password": ""}}, "/etc/yum.repos.d/acme.repo", "/a@b/c=d\n", 0o644, ""},
		"dnf":                  {[]any{"url", url}, "/etc/yum.repos.d/acme.repo", "baseurl=" + url, 0o600, ""},
		"zypper, by an option": {[]any{"url", "file:///x", "options", map[string]any{"proxy": "http://ada:hunter2@proxy:3128"}}, "/etc/zypp/repos.d/acme.repo", "hunter2", 0o600, ""},
		"pacman":               {[]any{"url", url}, "/etc/pacman.conf", "Server = " + url, 0o644, "every user of this machine can read the password"},
	} {
		manager, _, _ := strings.Cut(name, ",")
		m := newMachine(t, nil)
		if manager == "dnf" {
			m.write(tt.file, "# Written by converge; changes made here do not last.\n[acme]\nname=acme\nbaseurl="+url+"\nenabled=1\ngpgcheck=0\nrepo_gpgcheck=0\n")
		}
		res, err := m.resource(append(tt.attrs, "provider", manager, "trusted", true)...)
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(m.Provider.Review(t.Context(), resourcetest.Plan(t, res), resource.Outlook{}).Notes, " "); !strings.Contains(notes, tt.note) || tt.note == "" && notes != "" {
			t.Errorf("%s: the plan says %q", name, notes)
		}
		resourcetest.Converge(t, res)
		info, err := os.Stat(m.root + tt.file)
		if got := m.read(tt.file); err != nil || !strings.Contains(got, tt.want) || info.Mode() != tt.mode {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		m.named("acme", "provider", manager, "ensure", "absent")
		if left := m.dump(false); strings.Contains(left, "ada") {
			t.Errorf("%s: left: %s", name, left)
		}
	}
}

// TestFilesOfAdministratorsStay: an administrator's own passwords and priorities do not belong to a repository that
// declares none, whatever its name. Files that converge wrote are removed with their declaration.
func TestFilesOfAdministratorsStay(t *testing.T) {
	const passwords, priorities = "/etc/apt/auth.conf.d/acme.conf", "/etc/apt/preferences.d/acme.pref"
	apt := []any{"provider", "apt", "suites", []string{"./"}, "trusted", true}
	without := append(apt, "url", "https://127.0.0.1:1/deb")
	with := append(apt, "url", "https://ada:secret@127.0.0.1:1/deb", "priority", 700)
	for name, tt := range map[string]struct {
		before, after []any
		stay          bool
	}{
		"declared":                {nil, without, true},
		"removed":                 {nil, []any{"provider", "apt", "ensure", "absent"}, true},
		"removed, of any manager": {nil, []any{"ensure", "absent"}, true},
		"of converge, without":    {with, without, false},
		"of converge, removed":    {with, []any{"ensure", "absent"}, false},
	} {
		m := newMachine(t, map[string]string{passwords: "machine x login ada password b\n", priorities: "Package: x\nPin: release o=x\nPin-Priority: 1\n"})
		if tt.before != nil {
			m.named("acme", tt.before...)
			if !strings.Contains(m.read(passwords), "password secret") || !strings.Contains(m.read(priorities), "700") {
				t.Errorf("%s: %s %s", name, m.read(passwords), m.read(priorities))
			}
		}
		res, err := m.resource(tt.after...)
		if err != nil {
			t.Fatal(err)
		}
		c := resourcetest.Plan(t, res)
		for file := range m.PlannedFiles(t.Context(), "apt", slices.Values([]resource.Change{c})) {
			if tt.stay && (file == passwords || file == priorities) {
				t.Errorf("%s: %s is planned", name, file)
			}
		}
		resourcetest.Converge(t, res)
		for _, file := range []string{passwords, priorities} {
			if stays := m.read(file) != "(missing)"; stays != tt.stay {
				t.Errorf("%s: %s is %q", name, file, m.read(file))
			}
		}
	}
}
